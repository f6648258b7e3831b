"""Bounds what is taken of a proposal and how far the cues go in one bar: the last word, whatever a policy answers.

A move is at most what a listener notices well, and goes there about as fast as the cues may. The figures are ours.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

from device.config import Limits
from device.control.cues import Cues, approach, within
from device.messages import CueName, Moves


class Bound(NamedTuple):
    most: float
    """The greatest move either way."""
    per_s: float
    """The fastest change of it."""


BOUNDS: dict[str, Bound] = {
    "valence": Bound(0.5, 0.03),
    "arousal": Bound(0.5, 0.03),
    "tempo_octaves": Bound(0.25, 0.01),
    "density": Bound(0.2, 0.0125),
    "register_semitones": Bound(5.0, 0.375),
    "loudness_db": Bound(4.0, 0.375),
    "brightness": Bound(0.2, 0.015),
    "articulation": Bound(0.15, 0.015),
}
LOCKED: dict[CueName, tuple[str, str]] = {
    "tempo": ("tempo_bpm", "tempo_octaves"),
    "density": ("density", "density"),
    "register": ("register_midi", "register_semitones"),
    "loudness": ("loudness_db", "loudness_db"),
    "brightness": ("brightness", "brightness"),
    "articulation": ("articulation", "articulation"),
}
"""The fields of `Cues` and of `Moves` that stand still while a cue is locked."""


class Taken(NamedTuple):
    moves: Moves
    proposed: Moves
    """The proposal inside its bounds, before slopes and locks; none where it was refused."""
    limited: tuple[str, ...] = ()
    """What was not taken as it was proposed, in words."""
    refused: bool = False
    """Whether a part of the proposal was no number, for which nothing at all was taken."""


def take(proposal: Moves, before: Moves, since_s: float, locks: Collection[CueName]) -> Taken:
    """What is left of a proposal `since_s` after `before` was in force.

    One that is no number in any part is refused whole, and the moves go back to the plan at their slopes.
    """
    broken = tuple(f"{name} is no number" for name in BOUNDS if not math.isfinite(getattr(proposal, name)))
    wanted = Moves() if broken else proposal
    still = {LOCKED[lock][1] for lock in locks}
    proposed, moves, limited = {}, {}, list(broken)
    for name, bound in BOUNDS.items():
        asked, last = float(getattr(wanted, name)), getattr(before, name)  # a model answers in its own kind of number
        proposed[name] = bounded = min(max(asked, -bound.most), bound.most)
        reach = 0.0 if name in still else bound.per_s * max(0.0, since_s)
        moves[name] = last + min(max(bounded - last, -reach), reach)
        if bounded != asked:
            limited.append(f"{name} bounded")
        if abs(bounded - last) > reach:
            limited.append(f"{name} {'locked' if name in still else 'slowed'}")
    return Taken(Moves(**moves), Moves(**proposed), tuple(limited), bool(broken))


def settle(before: Cues, wanted: Cues, limits: Limits, locks: Collection[CueName], n_steps: int = 1) -> Cues:
    """The cues of a bar: inside the prescription, at most `n_steps` from the bar before, locked ones as they were."""
    cues = approach(before, within(wanted, limits), n_steps)
    return cues._replace(**{field: getattr(before, field) for field in (LOCKED[lock][0] for lock in locks)})
