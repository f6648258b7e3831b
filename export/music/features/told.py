"""What all features share: eight bars at a time, and means of what could be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from export.music.midi import Piece

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Feature = Callable[[Piece], float]

WINDOW_BARS = 8
STEP = 2
"""Semitones; a larger melodic step is none."""


def known(values: Floats) -> Floats:
    """Those that could be told."""
    return values[np.isfinite(values)]


def mean(values: npt.ArrayLike) -> float:
    """Mean of those that could be told; NaN where none could."""
    told = known(np.asarray(values, float))
    return float(told.mean()) if len(told) else float("nan")


def share(found: npt.NDArray[np.bool_]) -> float:
    """Share that is true; NaN of nothing."""
    return float(found.mean()) if len(found) else float("nan")


def windows(piece: Piece) -> Iterator[tuple[int, int]]:
    """First bar and end of every eight whole bars."""
    n_bars = len(piece.bars) - 1
    return ((first, first + WINDOW_BARS) for first in range(0, n_bars - WINDOW_BARS + 1, WINDOW_BARS))
