"""What each policy would do for the people of the bank: the same people, days and noise under each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import ControlConfig
from device.control import POLICIES
from device.control.policies.loading import choose_policy, load_policy
from device.control.real import Real
from device.errors import IsotoneError
from device.files.models import MODELS_DIR
from hardware.refinement.bank import patients_of
from hardware.simulation.closed_loop import Terms, live
from hardware.simulation.outcomes import outcomes
from hardware.twin.people import People

Floats = NDArray[np.float64]
SESSIONS = 4
"""Sessions that each of the people lives through: a policy that learns is given the time."""


class Value(NamedTuple):
    """What a policy does for people."""

    control: ControlConfig
    distance: Floats
    """How far from the goal's allowed side they are over shift and hold, on the plane; shape (people,)."""


def candidates(today: ControlConfig) -> list[ControlConfig]:
    """Today's policy first, then each other one that this box can play."""
    others = [ControlConfig(policy=name) for name in POLICIES if name != today.policy]
    return [today, *(control for control in others if _can_play(control))]


def _can_play(control: ControlConfig) -> bool:
    try:
        choose_policy(control)
    except IsotoneError:
        return False
    return True


def value_of(control: ControlConfig, people: People, terms: Terms, seed: int, sessions: int = SESSIONS) -> Value:
    """Let the people live under a policy, session after session, with what it remembers of them."""
    kept = patients_of(people, seed)
    remembered: Mapping[str, Real] = {}
    found: list[Floats] = []
    for number in range(sessions):
        if number:
            kept.next_session()
        policy = load_policy(control, MODELS_DIR, remembered)
        found.append(outcomes(live(terms, policy, kept, chance(seed, number))).distance)
        remembered = policy.memory()
    return Value(control, np.mean(found, axis=0))


def values_of(
    controls: Sequence[ControlConfig], people: People, terms: Terms, seed: int, sessions: int = SESSIONS
) -> list[Value]:
    """All of them on the same people."""
    return [value_of(control, people, terms, seed, sessions) for control in controls]


def chance(seed: int, session: int) -> Callable[[int], np.random.Generator]:
    """The policy's randomness, by the number of the decision."""
    return lambda number: np.random.default_rng([seed, session, number])
