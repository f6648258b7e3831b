"""What a session did for each listener, by how they truly felt: never by what the box believed.

Counted from the end of the match on, through shift and hold: what comes before is measuring and following.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hardware.simulation.closed_loop import Step

Floats = npt.NDArray[np.float64]
COUNTED = ("shift", "hold")
ARRIVED_S = 30.0
"""Who was in the zone for so long has arrived there."""


class Outcomes(NamedTuple):
    """One value for each listener of a session, shape (listeners,)."""

    time_in_zone: Floats
    """Share of shift and hold, 0 to 1."""
    time_to_target_s: Floats
    """From the beginning of the shift until in the zone for `ARRIVED_S`; to the end of the hold where never."""
    distance: Floats
    """Mean distance from the goal's allowed side over shift and hold, on the plane."""
    distance_at_end: Floats
    """The same over the hold alone."""
    arousal_rise: Floats
    """Mean arousal over shift and hold less that of the match: above 0, it rose."""
    rests: Floats
    """Share of shift and hold in which nothing sounded."""


def outcomes(steps: Iterable[Step]) -> Outcomes:
    """Live through a session and say what it did."""
    inside, distances, arousal, matched, held, rests = [], [], [], [], [], []
    lasted_s = 0.0
    for moment, music, state, lasted_s in steps:  # noqa: B007 - the last one counts below
        if moment.phase == "match":
            matched.append(state.arousal)
        if moment.phase in COUNTED:
            in_the_end = moment._replace(setpoint=moment.goal)
            inside.append(in_the_end.in_zone(state))
            distances.append(np.hypot(*in_the_end.gap(state)))
            arousal.append(state.arousal)
            held.append(moment.phase == "hold")
            rests.append(np.broadcast_to(music.silent, np.shape(state.arousal)))
    return Outcomes(
        time_in_zone=np.mean(inside, axis=0),
        time_to_target_s=_arrival_s(np.array(inside), lasted_s),
        distance=np.mean(distances, axis=0),
        distance_at_end=np.array(distances)[held].mean(axis=0),
        arousal_rise=np.mean(arousal, axis=0) - np.mean(matched, axis=0),
        rests=np.mean(rests, axis=0),
    )


def _arrival_s(inside: npt.NDArray[np.bool_], lasted_s: float) -> Floats:
    """When each listener began to be inside for `ARRIVED_S`; the whole length where that never was."""
    needed = round(ARRIVED_S / lasted_s)
    counts = np.cumsum(np.vstack([np.zeros((1, inside.shape[1])), inside]), axis=0)
    has_arrived = counts[needed:] - counts[:-needed] == needed
    first = np.where(has_arrived.any(axis=0), has_arrived.argmax(axis=0), len(inside))
    return first * lasted_s
