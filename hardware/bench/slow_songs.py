"""People's slow songs, out of the open corpora: what ours are held against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from device.config import WishedMetre
from device.messages import Metre
from device.music.metre import LAYOUTS
from export.music import metrics, midi

CORPORA = {"pop": "music_pop909", "lieder": "music_openscore_lieder"}
BARS, BARS_MIN = 32, 16
SLOW_BPM = 90.0
GOLDEN = 0.6180339887
"""Multiples of it, taken without their whole part, lie evenly, however many there are."""


def whole_songs(folder: Path) -> Iterator[midi.Piece]:
    """The songs of a corpus, in an order in which the first few are taken evenly from all of it."""
    paths = midi.find(folder)
    for place in sorted(range(len(paths)), key=lambda place: place * GOLDEN % 1.0):
        pieces, _ = midi.read_all([paths[place]])
        yield from pieces


def people(folder: Path, count: int, metre: WishedMetre = "any") -> list[midi.Piece]:
    """Up to `count` slow songs of a corpus, in bars of as many beats: 32 from where the melody begins."""
    slow = (cut for song in whole_songs(folder) if (cut := _slow(song)))
    return list(itertools.islice((cut for cut in slow if metre == "any" or _has_beats(cut, metre)), count))


def _has_beats(piece: midi.Piece, metre: Metre) -> bool:
    return bool(np.allclose(np.diff(piece.bars), LAYOUTS[metre].beats))


def _slow(song: midi.Piece) -> midi.Piece | None:
    first = max(0, int(metrics.bar_of(song)[song.melody()].min()))
    piece = song.between_bars(first, first + BARS)
    if piece is None or len(piece.bars) <= BARS_MIN:
        return None
    length_s = float(np.diff(piece.seconds(piece.bars[[0, -1]]))[0])
    tempo_bpm = 60.0 * float(piece.bars[-1] - piece.bars[0]) / max(1.0, length_s)
    return piece if tempo_bpm <= SLOW_BPM else None
