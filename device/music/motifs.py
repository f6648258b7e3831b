"""Motifs: a bar of melody as rhythm and shape, which may be laid on any scale, thinned, turned and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.config import Theme
from device.messages import Metre, Note
from device.music.form import SECTION_BARS
from device.music.metre import LAYOUTS
from device.music.theory import SCALES
from device.stage import Random

PLACES: dict[Metre, tuple[int, ...]] = {
    "4/4": (0, 12, 24, 36, 48, 60, 72, 84),
    "3/4": (0, 12, 24, 36, 48, 60),
    "6/8": (0, 16, 24, 40, 48, 64, 72, 88),
}
"""Ticks at which a motif may have notes: the eighths, of which swinging beats have the first and the last."""
REGULAR = ((0, 3, 4, 7, 6, 2, 5, 1), (0, 5, 3, 7, 4, 2, 6, 1), (0, 4, 7, 5, 3, 6, 2, 1), (0, 7, 3, 6, 4, 2, 1, 5))
IRREGULAR = ((0, 3, 5, 7, 6, 1, 2, 4), (0, 5, 3, 7, 2, 6, 1, 4), (1, 4, 3, 7, 5, 0, 6, 2), (0, 3, 7, 5, 4, 1, 6, 2))
REGULAR_IN_THREE = ((0, 4, 2, 5, 3, 1), (0, 2, 4, 5, 3, 1), (0, 4, 5, 2, 3, 1), (0, 3, 4, 2, 5, 1))
SWINGING = ((0, 4, 3, 7, 2, 6, 1, 5), (0, 4, 7, 2, 3, 6, 1, 5), (0, 3, 4, 7, 6, 2, 1, 5), (0, 4, 3, 2, 7, 6, 5, 1))
IRREGULAR_IN_THREE = ((0, 3, 5, 2, 1, 4), (0, 5, 3, 2, 1, 4), (1, 4, 3, 0, 5, 2), (0, 1, 3, 4, 5, 2))
"""Places of a bar in the order in which they get a note as it becomes denser, so that a denser motif is the same one:
on the beats, or beside them."""
SHAPES = (
    (0.0, 0.3, 0.7, 1.0, 0.7, 0.3, 0.0, -0.3),
    (0.0, -0.4, -0.7, -0.4, 0.0, 0.4, 0.7, 0.4),
    (1.0, 0.7, 0.4, 0.7, 0.4, 0.0, -0.3, 0.0),
    (0.0, 0.7, 0.3, 1.0, 0.5, 0.2, -0.3, -0.6),
    (0.0, 0.4, 0.0, -0.4, -0.7, -0.3, 0.0, 0.4),
    (-0.5, 0.0, 0.4, 0.0, 0.6, 1.0, 0.5, 0.0),
)
"""Height at each eighth of four beats."""


class Placed(NamedTuple):
    """One note of a motif: `step` counts the scale from wherever the motif is laid."""

    onset_tick: int
    length_tick: int
    step: int


class Motif(NamedTuple):
    """What a phrase is made of."""

    shape: tuple[float, ...]
    order: int
    """Which row of the two rhythms."""


def new_motif(rng: Random) -> Motif:
    return Motif(rng.choice(SHAPES), rng.randrange(len(REGULAR)))


def lay_motif(
    motif: Motif, metre: Metre, count: int, span: float, *, regular: bool, turned: bool
) -> tuple[Placed, ...]:
    """The motif with `count` notes (1 to 8, in three to 6) over `span` scale steps; `turned` upside down.

    Each note lasts until the next.
    """
    ticks = PLACES[metre]
    places = sorted(_order(motif, metre, regular=regular)[:count])
    onsets = [ticks[place] for place in places]
    ends = [*onsets[1:], LAYOUTS[metre].ticks]
    sign = -1.0 if turned else 1.0
    heights = [motif.shape[place * len(motif.shape) // len(ticks)] for place in places]
    return tuple(
        Placed(onset, end - onset, round(sign * span * height))
        for onset, end, height in zip(onsets, ends, heights, strict=True)
    )


def _order(motif: Motif, metre: Metre, *, regular: bool) -> tuple[int, ...]:
    if metre == "3/4":
        return (REGULAR_IN_THREE if regular else IRREGULAR_IN_THREE)[motif.order]
    even = SWINGING if metre == "6/8" else REGULAR
    return (even if regular else IRREGULAR)[motif.order]


def window(theme: Theme, number: int) -> tuple[tuple[Note, ...], ...]:
    """Eight bars of the theme, the next eight with the next number, and from the start again after the last."""
    first = number * SECTION_BARS % (-(-len(theme.bars) // SECTION_BARS) * SECTION_BARS)
    return tuple(theme.bars[(first + bar) % len(theme.bars)] for bar in range(SECTION_BARS))


def lay_theme(theme: Theme, bar: Sequence[Note], count: int) -> tuple[Placed, ...]:
    """A bar of a theme with its `count` most telling notes; steps count from the tonic at or below middle C.

    The theme's mode is left behind: its steps may be laid on the scale of any other.
    """
    layout = LAYOUTS[theme.metre]
    telling = sorted(bar, key=lambda note: (layout.weight(note.onset_tick) < 3, -note.duration_tick))[:count]
    kept = sorted(telling, key=lambda note: note.onset_tick)
    ends = [*(note.onset_tick for note in kept[1:]), layout.ticks]
    thinned = len(kept) < len(bar)
    return tuple(
        Placed(note.onset_tick, end - note.onset_tick if thinned else note.duration_tick, step_of(theme, note.pitch))
        for note, end in zip(kept, ends, strict=True)
    )


def step_of(theme: Theme, pitch: int) -> int:
    """Scale steps from the theme's tonic (C4, or A3) to a pitch; one foreign to the scale counts as the next below."""
    octave, semitones = divmod(pitch - (60 if theme.mode == "major" else 57), 12)
    return 7 * octave + max(index for index, step in enumerate(SCALES[theme.mode]) if step <= semitones)
