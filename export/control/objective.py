"""What training seeks: more time in the zone, sooner, for most, without harm to those who fare worst."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.config import ControlConfig, Prescription
from device.control.policies.plan import Plan
from device.control.policies.silence import Silence
from device.control.policies.view import Policy
from export.control.copies import Copies
from hardware.simulation.closed_loop import Terms
from hardware.simulation.outcomes import Outcomes
from hardware.simulation.patients import Patients
from hardware.simulation.trials import Kind, Remembered, Shard, follow
from hardware.twin.reading import Quality

Floats = npt.NDArray[np.float64]
PolicyOf = Callable[[Remembered], Policy]
COUNTED_S = 864.0
"""Shift and hold of a session of twenty minutes."""
DECISION_S = 8.0
"""Training decides half as often as the box, and so meets twice as many people; it is tested as it ships."""
WORST_SHARE = 0.05
HARM, HARM_OF_FAMILY, BLIND = 5.0, 1.0, 5.0
"""What a share of harm costs, beside a share of time in the zone: to the worst of all, of one family, to the blind."""
REST = 0.2
"""What a share of rest costs, likewise: a listener at home takes it for a box that broke."""
MARGIN = 0.01
"""Harm is weighed from so far below what is allowed."""


class Batch(NamedTuple):
    """People on whom candidates are compared, and towards which goal (valence, arousal)."""

    families: tuple[str, ...]
    n_each: int
    quality: Quality
    loses_sensors: bool
    seed: int
    number: int
    goal: tuple[float, float]
    sessions: int = 2
    decision_s: float = DECISION_S

    @property
    def terms(self) -> Terms:
        valence, arousal = self.goal
        return Terms(Prescription(goal_valence=valence, goal_arousal=arousal), decision_s=self.decision_s)

    def copies(self, copies: int) -> Patients:
        return Patients(
            Copies(self.families, self.n_each, self.seed, self.quality, self.loses_sensors, self.number, copies)
        )


class Piece(NamedTuple):
    """Some candidates on a batch."""

    build: Callable[[Floats], PolicyOf]
    """From candidates (k, n) to their policies in one."""
    candidates: Floats
    batch: Batch


class Came(NamedTuple):
    """What came of candidates; people by family along the last axis."""

    outcomes: Outcomes
    """Sessions averaged, shape (candidates, families, people)."""
    is_blind: npt.NDArray[np.bool_]
    """Shape (families, people)."""


def costs(piece: Piece) -> Floats:
    """What each candidate costs, the less the better, shape (candidates,)."""
    came = came_of(piece.build(piece.candidates), piece.batch, len(piece.candidates))
    silent, planned = references(piece.batch)
    zone, late, far = (getattr(came.outcomes, name) for name in ("time_in_zone", "time_to_target_s", "distance"))
    cost = (far - zone + 0.5 * late / COUNTED_S + REST * came.outcomes.rests).mean(axis=(1, 2))
    quiet = silent.outcomes.distance
    for_all = over(worst_of(far.reshape(len(far), -1)), worst_of(quiet.reshape(1, -1)))
    for_families = over(worst_of(far), worst_of(quiet)).mean(axis=1)
    total: Floats = cost + HARM * for_all + HARM_OF_FAMILY * for_families + BLIND * _blind(came, planned)
    return total


@cache
def references(batch: Batch) -> tuple[Came, Came]:
    """The same people in silence, and with the plan alone."""
    return came_of(_silence, batch, 1), came_of(_plan, batch, 1)


def came_of(policy_of: PolicyOf, batch: Batch, copies: int) -> Came:
    """Candidates' sessions, all in one array."""
    key = Shard(Kind("+".join(batch.families), batch.quality, batch.loses_sensors), batch.number, 0, batch.seed)
    course = follow(policy_of, batch.copies(copies), key, batch.terms, batch.sessions)
    shape = (copies, len(batch.families), batch.n_each)
    outcomes = Outcomes(*(part.mean(axis=0).reshape(shape) for part in course.outcomes))
    return Came(outcomes, course.is_blind.reshape(shape)[0])


def over(value: Floats, reference: Floats) -> Floats:
    """By which share a value is greater than it may be."""
    return np.maximum(0.0, value / np.maximum(reference, 1e-9) - 1.0 + MARGIN)


def _silence(remembered: Remembered) -> Policy:
    return Silence(ControlConfig(), None, remembered)


def _plan(remembered: Remembered) -> Policy:
    return Plan(ControlConfig(), None, remembered)


def worst_of(far: Floats) -> Floats:
    """Mean of the 5 % who are furthest off, along the last axis."""
    count = max(1, round(WORST_SHARE * far.shape[-1]))
    worst: Floats = np.partition(far, -count, axis=-1)[..., -count:].mean(axis=-1)
    return worst


def _blind(came: Came, planned: Came) -> Floats:
    """How much further off those are whose readings say nothing than with the plan."""
    ours, theirs = (part.outcomes.distance[:, came.is_blind] for part in (came, planned))
    return over(ours.mean(axis=1), theirs.mean(axis=1)) if came.is_blind.any() else np.zeros(len(ours))
