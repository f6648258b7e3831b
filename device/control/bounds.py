"""Bounds what is taken of a proposal and how far the cues go in one bar: the last word, whatever a policy answers.

A move is at most what a listener notices well, and goes there about as fast as the cues may. The figures are ours.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from device.config import Limits
from device.control.cues import Cues, within
from device.control.real import Real, clip, where
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
SLOPES = Cues(
    tempo_bpm=0.0075, density=0.0125, register_midi=0.375, loudness_db=0.375, brightness=0.015, articulation=0.015
)
"""The most a cue changes in a second: a share of itself for tempo, its own unit for the others."""
ELAPSED_MAX_S = 12.0
"""After a longer pause the cues go no further than after this: what stood still does not jump."""
LOCKED: dict[CueName, tuple[str, str]] = {
    "tempo": ("tempo_bpm", "tempo_octaves"),
    "density": ("density", "density"),
    "register": ("register_midi", "register_semitones"),
    "loudness": ("loudness_db", "loudness_db"),
    "brightness": ("brightness", "brightness"),
    "articulation": ("articulation", "articulation"),
}
"""The fields of `Cues` and of `Moves` that stand still while a cue is locked; mode and instruments have none."""


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
    asked = proposed(proposal)
    moves = slowed(asked, before, since_s, locks)
    still = {LOCKED[lock][1] for lock in locks if lock in LOCKED}
    limited = list(broken)
    for name in BOUNDS:
        if not broken and getattr(asked, name) != getattr(proposal, name):
            limited.append(f"{name} bounded")
        if getattr(moves, name) != getattr(asked, name):
            limited.append(f"{name} {'locked' if name in still else 'slowed'}")
    return Taken(_as_numbers(moves), asked, tuple(limited), bool(broken))


def proposed(proposal: Moves) -> Moves:
    """A proposal inside its bounds, as plain numbers; none where a part of it is no number."""
    is_whole = all(math.isfinite(getattr(proposal, name)) for name in BOUNDS)
    return _as_numbers(bounded(proposal)) if is_whole else Moves()


def withdrawn(taken: Taken, before: Moves, since_s: float, locks: Collection[CueName]) -> Taken:
    """The same where nothing may be taken: the moves go back to the plan at their slopes."""
    moves = _as_numbers(slowed(Moves(), before, since_s, locks))
    return taken._replace(moves=moves, limited=(*taken.limited, "withdrawn by the shield"))


def bounded(proposal: Moves) -> Moves:
    """A proposal inside its bounds."""
    return Moves(**{name: clip(getattr(proposal, name), -bound.most, bound.most) for name, bound in BOUNDS.items()})


def slowed(proposed: Moves, before: Moves, since_s: Real, locks: Collection[CueName]) -> Moves:
    """How far the moves get `since_s` after `before` was in force; those of locked cues stand still."""
    still = {LOCKED[lock][1] for lock in locks if lock in LOCKED}
    moves = {}
    for name, bound in BOUNDS.items():
        last, reach = getattr(before, name), bound.per_s * np.maximum(0.0, since_s)
        asked = getattr(proposed, name)
        # A move within reach is taken to the bit, so that nothing is called slowed that was not.
        slow = where(abs(asked - last) <= reach, asked, last + np.sign(asked - last) * reach)
        moves[name] = last if name in still else slow
    return Moves(**moves)


def _as_numbers(moves: Moves) -> Moves:
    """The same as plain floats, as a message carries them: a model answers in its own kind of number."""
    return Moves(**{name: float(getattr(moves, name)) for name in BOUNDS})


def settle(
    before: Cues, wanted: Cues, limits: Limits, locks: Collection[CueName], since_s: Real, haste: Real = 1.0
) -> Cues:
    """The cues `since_s` after `before`: inside the prescription and its slopes, locked ones as they were.

    `haste` is how many times faster than usual they go where a person wished it.
    """
    elapsed_s = clip(since_s, 0.0, ELAPSED_MAX_S)

    def towards(last: Real, asked: Real, slope: Real) -> Real:
        return last + clip(asked - last, -slope * elapsed_s, slope * elapsed_s)

    cues = Cues(*map(towards, before, within(wanted, limits), _slopes(before, limits, haste)))
    return cues._replace(
        **{field: getattr(before, field) for field in (LOCKED[lock][0] for lock in locks if lock in LOCKED)}
    )


def _slopes(before: Cues, limits: Limits, haste: Real) -> Cues:
    """The most each cue changes in a second; tempo and loudness never faster than is prescribed."""
    usual = Cues(*(haste * slope for slope in SLOPES))
    tempo = np.minimum(usual.tempo_bpm, limits.tempo_slope_percent_s / 100.0) * before.tempo_bpm
    return usual._replace(tempo_bpm=tempo, loudness_db=np.minimum(usual.loudness_db, limits.loudness_slope_db_s))
