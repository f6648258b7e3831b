"""How a piece is played: how notes are struck, how level and tempo swell, how far notes lie from the grid."""

from __future__ import annotations

import numpy as np

from device.messages import TICKS_PER_BEAT
from device.music.tokens import BEAT_STEPS
from export.music.features.told import Floats, known, mean, windows
from export.music.metrics import bar_of
from export.music.midi import Piece

SMOOTH_BARS = 2
EVEN = 1e-6
"""Velocities that vary less are nominal ones, which nobody played."""
GRID = np.array([*BEAT_STEPS, TICKS_PER_BEAT]) / TICKS_PER_BEAT
"""Places of a beat at which the composer writes: sixteenths and triplets."""


def _level_db(velocity: Floats) -> Floats:
    """Level of struck notes: a synthesiser's gain falls with the square of velocity and expression."""
    return np.asarray(40.0 * np.log10(np.maximum(velocity, 1.0) / 127.0))


def bar_levels(piece: Piece) -> Floats:
    """Mean power, in dB, with which the notes of each bar are struck; NaN where none is."""
    power, bar = 10.0 ** (_level_db(piece.velocity) / 10.0), bar_of(piece)
    inside = (bar >= 0) & (bar < len(piece.bars) - 1)
    struck = np.bincount(bar[inside], minlength=len(piece.bars) - 1)
    total = np.bincount(bar[inside], power[inside], minlength=len(piece.bars) - 1)
    return np.where(struck > 0, 10.0 * np.log10(np.maximum(total, 1e-12) / np.maximum(struck, 1)), np.nan)


def velocity_sd(piece: Piece) -> float:
    """Deviation of velocity among the melody's notes of a bar, where there are three or more: mean."""
    tune = piece.melody()
    bar, velocity = bar_of(piece)[tune], piece.velocity[tune]
    if np.ptp(piece.velocity) < EVEN:
        return float("nan")
    return mean([velocity[bar == number].std() for number in np.unique(bar) if (bar == number).sum() > 2])


def arc_db(piece: Piece) -> float:
    """Range of the level of neighbouring bars (two averaged) within eight bars: median, in dB."""
    levels = bar_levels(piece)
    if np.ptp(piece.velocity) < EVEN:
        return float("nan")
    smooth = np.convolve(levels, np.full(SMOOTH_BARS, 1 / SMOOTH_BARS), "valid")
    ranges = [np.ptp(told) for first, end in windows(piece) if len(told := known(smooth[first : end - 1])) > 2]
    return float(np.median(ranges)) if ranges else float("nan")


def tempo_sd(piece: Piece) -> float:
    """Deviation of the bars' tempo within eight bars, in percent: median."""
    tempo = np.diff(piece.bars) / np.maximum(1e-6, np.diff(piece.seconds(piece.bars)))
    found = [100.0 * tempo[first:end].std() / tempo[first:end].mean() for first, end in windows(piece)]
    return float(np.median(found)) if found else float("nan")


def timing_ms(piece: Piece) -> float:
    """Milliseconds from an onset to the nearest sixteenth or triplet: mean."""
    beat = np.floor(piece.onset + GRID[1] / 2)
    nearest = beat + GRID[np.argmin(np.abs(piece.onset[:, None] - beat[:, None] - GRID), axis=1)]
    return float(1000.0 * np.abs(piece.seconds(piece.onset) - piece.seconds(nearest)).mean())
