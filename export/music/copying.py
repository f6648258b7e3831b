"""How much of a training melody a piece repeats: the longest run of (interval, rhythm) that it shares with any of them.

An event is the step from one melody note to the next: semitones, and sixteenths from onset to onset, so that neither
key nor tempo nor playing hides a copy. Runs are looked up as 64-bit hashes of all runs of one length in the training
melodies, and the longest is found by halving: a shared run contains shared runs of every smaller length. Thousands of
pieces take about a minute; a run found by accident is expected once in 10^10 pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.music.metrics import STEPS_PER_BEAT
from export.music.midi import Piece

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
COPIED = 16
"""Events from which on a shared run counts as copied."""
LONGEST = 128
"""Longer runs are not told apart."""
REST_STEPS = 63
"""A pause of this many sixteenths or more is only a pause."""
MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""Constants of splitmix64."""


class Copying(NamedTuple):
    longest: tuple[int, ...]
    """The longest run of each piece, in events; 0 to LONGEST."""

    @property
    def share(self) -> float:
        """Share of the pieces that have a run of COPIED events or more; NaN without pieces."""
        return float(np.mean([run >= COPIED for run in self.longest])) if self.longest else float("nan")


def events_of(piece: Piece) -> Ints:
    """The steps of the melody as numbers, one per pair of neighbouring notes; the same number is the same event."""
    tune = piece.melody()
    onset = np.round(piece.onset[tune] * STEPS_PER_BEAT).astype(np.int64)
    gap = np.clip(np.diff(onset), 0, REST_STEPS)
    interval = np.diff(piece.pitch[tune]) + 128
    return np.asarray(interval * (REST_STEPS + 1) + gap)


class Known:
    """The runs of all training melodies, by length; tables are made when a length is first asked for."""

    def __init__(self, melodies: Sequence[Ints]) -> None:
        self._melodies = melodies
        self._tables: dict[int, Hashes] = {}

    def has(self, runs: Hashes, length: int) -> bool:
        """Whether any of these runs stands in a training melody."""
        table = self._table(length)
        if not len(table) or not len(runs):
            return False
        place = np.minimum(np.searchsorted(table, runs), len(table) - 1)
        return bool((table[place] == runs).any())

    def longest_run(self, melody: Ints) -> int:
        """Events of the longest run of `melody` that stands in a training melody, at most LONGEST."""
        low, high = 0, min(LONGEST, len(melody))
        while low < high:
            length = (low + high + 1) // 2
            low, high = (length, high) if self.has(hashes(melody, length), length) else (low, length - 1)
        return low

    def _table(self, length: int) -> Hashes:
        if length not in self._tables:
            runs = [hashes(melody, length) for melody in self._melodies]
            self._tables[length] = np.unique(np.concatenate(runs)) if runs else np.empty(0, np.uint64)
        return self._tables[length]


def compare(pieces: Sequence[Piece], training: Sequence[Piece]) -> Copying:
    """The longest run each piece shares with the training pieces."""
    known = Known([events_of(piece) for piece in training])
    return Copying(tuple(known.longest_run(events_of(piece)) for piece in pieces))


def hashes(melody: Ints, length: int) -> Hashes:
    """One number per run of `length` events, shape (max(0, events - length + 1),)."""
    if len(melody) < length:
        return np.empty(0, np.uint64)
    scrambled = scramble(melody.astype(np.uint64))
    runs = np.lib.stride_tricks.sliding_window_view(scrambled, length)
    powers = np.cumprod(np.full(length, MIX[2], np.uint64))
    return scramble((runs * powers).sum(axis=1, dtype=np.uint64))


def scramble(numbers: Hashes) -> Hashes:
    """splitmix64: neighbouring numbers become unlike ones."""
    mixed = numbers * MIX[0] + MIX[1]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * MIX[1]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * MIX[2]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
