"""Training examples: windows of the corpus, with what each bar is told drawn anew every time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from device.music import tokens as t
from device.music.controls import CONTROL_SIZES
from device.music.reference import CHORD_SLOTS, NO_SLOT, OFFSETS, UNTOLD

Ints = npt.NDArray[np.int64]
LIKENESS_FIELD = len(CONTROL_SIZES) - 1
N_SLOTS = NO_SLOT
"""Slots that give a hint, before those of the chords."""


class Told(NamedTuple):
    """How often what is told, as shares of windows (controls) or bars (references)."""

    controls_all: float = 0.35
    controls_none: float = 0.1
    """Each control of each bar is told with a chance, drawn for the window between these two."""
    references: float = 0.8
    """Windows with references at all; of their bars:"""
    alike: float = 0.55
    """the bar most like it, if any, and how much;"""
    expected: float = 0.25
    """the one to be expected, not how much;"""
    unlike: float = 0.08
    """any earlier bar, told that nothing returns."""


EVERYTHING = Told(1.0, 0.0, 1.0, 1.0, 0.0, 0.0)
CONTROLS_ONLY = Told(1.0, 0.0, 0.0)
"""All that describes a bar by itself, and nothing of earlier bars but what the context holds."""
NOTHING = Told(0.0, 1.0, 1.0, 0.0, 1.0, 0.0)
"""What is known before a bar is written, and nothing else."""


class Windows:
    """Windows of one part of what `export.music.data` wrote, each beginning at a bar."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], part: str, length: int) -> None:
        self.tokens = arrays[part].astype(np.int64)
        self._steps, self._slots = arrays[f"{part}_steps"], arrays[f"{part}_slots"]
        self.bars = arrays[f"{part}_bars"]
        self._controls = arrays[f"{part}_controls"].astype(np.int64)
        self._back = arrays[f"{part}_back"]
        self._events = arrays[f"{part}_events"]
        self.songs = arrays[f"{part}_songs"]
        self.length = length
        self._starts = self.bars[self.bars < len(self.tokens) - length - 1]
        self._bar_of = np.searchsorted(self.bars, np.arange(len(self.tokens)), side="right") - 1

    @classmethod
    def read(cls, path: Path, part: str, length: int) -> Windows:
        """The windows of a file that `export.music.data` wrote."""
        with np.load(path) as arrays:
            return cls(arrays, part, length)

    def draw(self, count: int, rng: np.random.Generator, told: Told) -> tuple[Ints, Ints, Ints]:
        """Ids (count, length), conditions (count, length, conditions), targets (count, length; -1: never predicted)."""
        rows = [self.at(int(start), rng, told) for start in rng.choice(self._starts, count)]
        ids, conditions, targets = (np.stack(column) for column in zip(*rows, strict=True))
        return ids, conditions, targets

    def at(self, start: int, rng: np.random.Generator, told: Told) -> tuple[Ints, Ints, Ints]:
        """The window that begins at token `start`."""
        stop = start + self.length
        return self.tokens[start:stop], self.conditions(start, stop, rng, told), self.targets(start, stop)

    def targets(self, start: int, stop: int) -> Ints:
        """What follows each token; -1 for beginnings, which are never predicted."""
        following = self.tokens[start + 1 : stop + 1]
        return np.where((following == t.BAR) | (following == t.START), -1, following)

    def conditions(self, start: int, stop: int, rng: np.random.Generator, told: Told) -> Ints:
        """Rows of the condition table, shape (stop - start, conditions)."""
        bar_of = self._bar_of[start:stop]
        first, last = int(bar_of[0]), int(bar_of[-1]) + 1
        back, likeness = self._references(first, last, rng, told)
        controls = self._tell(self._controls[first:last].copy(), rng, told)
        controls[:, LIKENESS_FIELD] = likeness
        steps = self._steps[start:stop].astype(np.int64)
        hints = self._hints(back[bar_of - first], self._slots[start:stop].astype(np.int64))
        values = np.concatenate([controls[bar_of - first], np.where(steps == t.N_STEPS, -1, steps)[:, None], hints], 1)
        rows: Ints = np.where(values < 0, np.array(UNTOLD), np.array(OFFSETS) + values)
        return rows

    def _tell(self, controls: Ints, rng: np.random.Generator, told: Told) -> Ints:
        kind = rng.random()
        if kind < told.controls_all:
            return controls
        share = 0.0 if kind > 1.0 - told.controls_none else rng.random()
        kept = rng.random(controls.shape) < share
        kept[:, 0] = True  # the metre is always told
        return np.where(kept, controls, -1)

    def _references(self, first: int, last: int, rng: np.random.Generator, told: Told) -> tuple[Ints, Ints]:
        """Which bar each bar refers to (-1: none), and the class of likeness it is told (-1: none)."""
        alike, likeness, expected = self._back[first:last].T
        none = np.full(last - first, -1)
        if rng.random() >= told.references:
            return none, none
        kind = rng.random(last - first)
        song = self.songs[np.searchsorted(self.songs, np.arange(first, last), side="right") - 1]
        other = song + (rng.random(last - first) * (np.arange(first, last) - song)).astype(np.int64)
        other = np.where((other < np.arange(first, last)) & (likeness == 0), other, -1)
        edges = np.cumsum([told.alike, told.expected, told.unlike])
        chosen = [kind < edges[0], kind < edges[1], kind < edges[2]]
        back = np.select(chosen, [alike, expected, other], -1)
        how = np.select(chosen, [likeness, none, np.where(other >= 0, 0, -1)], -1)
        return back, how

    def _hints(self, back: Ints, slots: Ints) -> Ints:
        """What the bars referred to have at the slots; -1: nothing."""
        place = np.where(slots >= CHORD_SLOTS[0], slots - 1, np.minimum(slots, N_SLOTS - 1))
        hints = self._events[np.maximum(back, 0), place].astype(np.int64)
        nothing = (hints == 255) | (back < 0)[:, None] | (slots == NO_SLOT)[:, None]
        return np.where(nothing, -1, hints)

    @property
    def vocabulary(self) -> int:
        return len(t.VOCABULARY)

    @staticmethod
    def count_notes(targets: Ints) -> int:
        """How many notes are among predicted tokens."""
        return int(((targets >= t.FIRST_NOTE) & (targets < t.FIRST_LENGTH)).sum())


def shapes() -> dict[str, Any]:
    """What the tables of a model are sized by."""
    return {"vocabulary": len(t.VOCABULARY), "condition_rows": UNTOLD[-1] + 1}
