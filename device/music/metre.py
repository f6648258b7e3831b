"""The metres in which music is composed, how their bars are laid out, and which of them a movement has.

A beat is what is counted, and tempo counts beats: quarters, and in 6/8 dotted quarters. A bar of the plan in 6/8 holds
two written ones, four beats of three eighths: as long as a bar of 4/4, with a chord for each written bar, and the form
in which the composer learnt it (`export.music.corpus`). Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

from typing import NamedTuple

from device.config import SessionConfig
from device.messages import TICKS_PER_BEAT, Bar, Metre, PlayedBar
from device.music.form import MOVEMENT_BARS
from device.stage import keyed_random

HALF = 2 * TICKS_PER_BEAT
"""The harmony of a bar may move on its third beat, in every metre: that is where the second written bar of 6/8 begins.
In 3/4 it is the beat that leads on."""
EIGHTH = TICKS_PER_BEAT // 2
THREES = {"calm": (0.20, 0.20), "lively": (0.12, 0.04)}
"""How often a movement is in 3/4 and in 6/8 at the arousal of -1 and of 1. Of 322 slow Lieder (OpenScore) 31 % are in
three and 27 % in six or nine, of pop songs (POP909) hardly any; a lullaby may swing, what is lively rather walks."""


class Layout(NamedTuple):
    """How a bar of one metre is laid out."""

    beats: int
    numerator: int
    denominator: int
    written_bars: int = 1
    """Written bars of that signature in a bar of the plan."""

    @property
    def ticks(self) -> int:
        return self.beats * TICKS_PER_BEAT

    @property
    def swings(self) -> bool:
        """Whether a beat is of three eighths."""
        return self.denominator == 8

    @property
    def part_ticks(self) -> int:
        """An eighth: half a beat, or a third where it swings."""
        return TICKS_PER_BEAT // (3 if self.swings else 2)

    @property
    def quarters_per_beat(self) -> float:
        return 1.5 if self.swings else 1.0

    def weight(self, onset_tick: int) -> int:
        """4 at the bar's beginning, 3 in the middle of four beats, 2 on any other, 1 on an eighth, 0 beside them."""
        if onset_tick == 0:
            return 4
        if onset_tick == HALF and self.beats == 4:
            return 3
        if onset_tick % TICKS_PER_BEAT == 0:
            return 2
        return int(onset_tick % self.part_ticks == 0)


LAYOUTS: dict[Metre, Layout] = {"4/4": Layout(4, 4, 4), "3/4": Layout(3, 3, 4), "6/8": Layout(4, 6, 8, 2)}


def layout_of(bar: Bar | PlayedBar) -> Layout:
    """The layout of a bar that was composed; one with other beats than its metre has counts them as quarters."""
    named = LAYOUTS[bar.metre]
    return named if named.beats == bar.beats else Layout(bar.beats, bar.beats, 4)


def metre_at(config: SessionConfig, bar_index: int, arousal: float) -> Metre:
    """The metre of the movement that begins at a bar: the theme's, the one prescribed, or one that suits the mood."""
    wished = config.prescription.preference.metre
    if config.theme is not None:
        return config.theme.metre
    if wished != "any":
        return wished
    chance = keyed_random(config.seed, "metre", bar_index // MOVEMENT_BARS).random()
    lively = (1.0 + min(max(arousal, -1.0), 1.0)) / 2.0
    triple, swinging = (a + (b - a) * lively for a, b in zip(THREES["calm"], THREES["lively"], strict=True))
    if chance < triple:
        return "3/4"
    return "6/8" if chance > 1.0 - swinging else "4/4"
