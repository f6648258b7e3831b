"""The notes and bars of a song as a reader finds them, before they lie on the grid."""

from __future__ import annotations

from typing import NamedTuple


class RawNote(NamedTuple):
    start: float
    """Its onset in beats since the song began."""
    length: float
    pitch: int
    velocity: int
    part: str
    """`melody` or `accompaniment`."""


class Measure(NamedTuple):
    """A bar's place: `start` and `beats` in beats; `scale` turns beats of the file into beats of the grid."""

    start: float
    beats: int
    scale: float
    tempo_bpm: float
