"""Every policy on the same virtual people, several sessions each, with what the policy remembers of them.

A shard's people and the noise of their lives are drawn from (seed, family, quality, losses, number): not from the
policy, so that policies are compared on the same listeners, and not from who simulates it, so that any number of
workers agrees to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.config import ControlConfig
from device.control.policies.loading import load_policy
from device.control.policies.view import Policy
from device.control.real import Real
from device.files.models import MODELS_DIR
from hardware.simulation.closed_loop import Step, Terms, live
from hardware.simulation.outcomes import Outcomes, outcomes
from hardware.simulation.patients import Patients
from hardware.twin.cohort import Cohort
from hardware.twin.reading import Quality

SHARD = 1000
"""Listeners that are simulated in one array."""
Remembered = Mapping[str, Real]
Chance = Callable[[int], np.random.Generator]
"""The policy's randomness in a session, by the number of the decision."""


class Kind(NamedTuple):
    """What the people of a shard have in common."""

    family: str
    quality: Quality
    loses_sensors: bool

    def __str__(self) -> str:
        return f"{self.family}, {self.quality}{', losses' if self.loses_sensors else ''}"


class Shard(NamedTuple):
    """Some people of a kind."""

    kind: Kind
    number: int
    n_listeners: int
    seed: int


class Trial(NamedTuple):
    """One policy with the people of one shard, from their first session on."""

    control: ControlConfig
    shard: Shard
    terms: Terms
    sessions: int


class Course(NamedTuple):
    """What came of a trial."""

    outcomes: Outcomes
    """Each of shape (sessions, listeners)."""
    memories: tuple[Remembered, ...]
    """What the policy remembered after each session."""
    is_blind: npt.NDArray[np.bool_]
    """Whose readings say nothing of them, shape (listeners,)."""


def shards(kinds: Sequence[Kind], n_each: int, seed: int) -> list[Shard]:
    """`n_each` people of each kind."""
    sizes = [min(SHARD, n_each - begin) for begin in range(0, n_each, SHARD)]
    return [Shard(kind, number, size, seed) for kind in kinds for number, size in enumerate(sizes)]


def run(trial: Trial) -> Course:
    """All sessions of a trial."""

    def policy_of(remembered: Remembered) -> Policy:
        return load_policy(trial.control, MODELS_DIR, remembered)

    return follow(policy_of, people_of(trial.shard), trial.shard, trial.terms, trial.sessions)


def people_of(shard: Shard) -> Patients:
    """The people of a shard before their first session."""
    kind = shard.kind
    return Patients(
        Cohort(kind.family, shard.n_listeners, shard.seed, kind.quality, kind.loses_sensors, shard=shard.number)
    )


def follow(
    policy_of: Callable[[Remembered], Policy], patients: Patients, shard: Shard, terms: Terms, sessions: int
) -> Course:
    """People through their sessions; `policy_of` builds a session's policy from what is remembered.

    `shard` keys what the policy leaves to chance.
    """
    found: list[Outcomes] = []
    memories: list[Remembered] = []
    for policy, steps in sessions_of(policy_of, patients, terms, lambda number: _chance(shard, number), sessions):
        found.append(outcomes(steps))
        memories.append(policy.memory())
    together = Outcomes(*(np.array(rows) for rows in zip(*found, strict=True)))
    return Course(together, tuple(memories), patients.is_blind)


def sessions_of(
    policy_of: Callable[[Remembered], Policy],
    patients: Patients,
    terms: Terms,
    chance_of: Callable[[int], Chance],
    n_sessions: int,
) -> Iterator[tuple[Policy, Iterator[Step]]]:
    """Each session's policy, built from what was remembered before, and its steps, to be lived through before the next.

    `patients` are those of their first session.
    """
    remembered: Remembered = {}
    for session in range(n_sessions):
        if session:
            patients.next_session()
        policy = policy_of(remembered)
        yield policy, live(terms, policy, patients, chance_of(session))
        remembered = policy.memory()


def _chance(shard: Shard, session: int) -> Chance:
    """The policy's randomness in a session, by the number of the decision."""
    key = list(f"{shard.seed}/{shard.kind}/{shard.number}/{session}".encode())
    return lambda number: np.random.default_rng([*key, number])
