"""What happens where the sections of a long piece join: whether pads go on, what leads over, how far voices move."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from device.commands.piece import Piece
from device.messages import TICKS_PER_BEAT, MusicIntent, PlayedBar
from device.music.form import SECTION_BARS
from device.music.theory import degree_triad
from export.music.features.told import mean
from hardware.bench.figures import Figure

PAD_MOVES = 3.0
"""Semitones that a pad may move over a change of key, on average: a step or two."""


class Join(NamedTuple):
    """Two bars between which a section begins."""

    asked: MusicIntent
    """What the first was asked for."""
    before: PlayedBar
    after: PlayedBar

    @property
    def pads(self) -> tuple[list[int], list[int]]:
        """Pads that sound up to it, and from it on, low to high."""
        return _pads(self.before, (self.before.beats - 1) * TICKS_PER_BEAT), _pads(self.after, 0)


def joins_of(piece: Piece) -> list[Join]:
    """All joins of a piece."""
    pairs = zip(piece.intents, itertools.pairwise(piece.played), strict=False)
    return [Join(asked, a, b) for asked, (a, b) in pairs if b.bar_index % SECTION_BARS == 0]


def _pads(bar: PlayedBar, tick: int) -> list[int]:
    pads = (note for note in bar.notes if note.voice == "pad")
    return sorted({note.pitch for note in pads if note.onset_tick <= tick < note.onset_tick + note.duration_tick})


def is_led(join: Join) -> bool:
    """Whether the bar before a new key ends with a chord that belongs to it as well."""
    asked, to = join.asked, join.asked.leads_to
    if to is None:
        return False
    old = {degree_triad(asked.tonic_pc, asked.mode, degree) for degree in range(7)}
    both = old & {degree_triad(to.tonic_pc, to.mode, degree) for degree in range(7)}
    late = {pitch % 12 for pitch in join.pads[0]}
    return any(late <= set(chord.pitch_classes) for chord in both)


def pad_move(join: Join) -> float:
    """Semitones that each pad moves over a join, on average; NaN where there are not as many after it."""
    before, after = join.pads
    return float(np.abs(np.subtract(before, after)).mean()) if len(before) == len(after) > 0 else float("nan")


def figures(name: str, piece: Piece) -> list[Figure]:
    """How a piece gets over its joins, and its bars of silence."""
    joins = joins_of(piece)
    changes = [join for join in joins if join.asked.leads_to]
    led = [float(is_led(join)) for join in changes]
    moves = [pad_move(join) for join in changes]
    silent = float(sum(bar.silent for bar in piece.played))
    return [
        Figure(f"{name}: joins that pads go over", mean([float(all(join.pads)) for join in joins]), 1.0),
        Figure(f"{name}: changes of key led by a chord of both", mean(led), 1.0),
        Figure(f"{name}: move of a pad over them", mean(moves), PAD_MOVES, "at most", "semitones"),
        Figure(f"{name}: bars of silence", silent, 1.0, note="none in lively music"),
    ]
