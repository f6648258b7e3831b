"""What a session did for each listener, by how they truly felt: never by what the box believed.

Counted from the end of the match on, through shift and hold: what comes before is measuring and following.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.control.session_plan import Sides, State, gap
from hardware.simulation.closed_loop import DECISION_S, Step

Floats = npt.NDArray[np.float64]
COUNTED = ("shift", "hold")
ARRIVED_S = 30.0
"""Who was in the zone for so long has arrived there."""


class Zone(NamedTuple):
    """Where a session is to bring its listeners."""

    goal: State
    sides: Sides
    half_width: float

    def distance(self, state: State) -> Floats:
        """How far it is to the goal's allowed side, on the plane; shape (listeners,)."""
        valence = gap(self.goal.valence, state.valence, self.sides.valence)
        arousal = gap(self.goal.arousal, state.arousal, self.sides.arousal)
        away: Floats = np.hypot(valence, arousal)
        return away


class Outcomes(NamedTuple):
    """One value for each listener of a session, shape (listeners,)."""

    time_in_zone: Floats
    """Share of shift and hold, 0 to 1."""
    time_to_target_s: Floats
    """From the beginning of the shift until in the zone for `ARRIVED_S`; to the end of the hold where never."""
    distance: Floats
    """Mean distance from the goal over shift and hold."""
    distance_at_end: Floats
    """The same over the hold alone."""
    arousal_rise: Floats
    """Mean arousal over shift and hold less that of the match: above 0, it rose."""


def outcomes(steps: Iterable[Step], zone: Zone) -> Outcomes:
    """Live through a session and say what it did."""
    distances, arousal, matched, held = [], [], [], []
    for step in steps:
        if step.moment.phase == "match":
            matched.append(step.state.arousal)
        if step.moment.phase in COUNTED:
            distances.append(zone.distance(step.state))
            arousal.append(step.state.arousal)
            held.append(step.moment.phase == "hold")
    away = np.array(distances)
    return Outcomes(
        time_in_zone=np.mean(away <= zone.half_width, axis=0),
        time_to_target_s=_arrival_s(away <= zone.half_width),
        distance=away.mean(axis=0),
        distance_at_end=away[np.array(held)].mean(axis=0),
        arousal_rise=np.mean(arousal, axis=0) - np.mean(matched, axis=0),
    )


def _arrival_s(inside: npt.NDArray[np.bool_]) -> Floats:
    """When each listener began to be inside for `ARRIVED_S`; the whole length where that never was."""
    needed = round(ARRIVED_S / DECISION_S)
    counts = np.cumsum(np.vstack([np.zeros((1, inside.shape[1])), inside]), axis=0)
    has_arrived = counts[needed:] - counts[:-needed] == needed
    first = np.where(has_arrived.any(axis=0), has_arrived.argmax(axis=0), len(inside))
    return first * DECISION_S
