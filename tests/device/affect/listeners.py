"""Listeners whose true side is known: what a source reads of them, and what they say, once a minute."""

from __future__ import annotations

import numpy as np

from device.affect.taps import Tap, Taps
from device.dsp.windows import FloatArray

MINUTE_NS = 60_000_000_000


def sides(rng: np.random.Generator, n: int, state_min: int) -> FloatArray:
    """-1 or 1, the same for some minutes each."""
    return np.repeat(rng.choice([-1.0, 1.0], n // state_min + 1), state_min)[:n]


def read(rng: np.random.Generator, side: FloatArray, *, slope: float = 1.0, shift: float = 0.0) -> FloatArray:
    """A source that is right four times of five; calibrated with slope 1 and shift 0, else that far off."""
    true = side * 1.5 + rng.normal(0, np.sqrt(3.0), len(side))
    return (np.clip(true, -3.0, 3.0) - shift) / slope


def say(rng: np.random.Generator, side: FloatArray) -> FloatArray:
    """Words of some strength, now and then on the wrong side."""
    return np.clip(side * rng.uniform(0.3, 1.0, len(side)) + rng.normal(0, 0.3, len(side)), -1.0, 1.0)


def taken(log_odds: FloatArray, words: FloatArray, *, is_aligned: bool = True) -> Taps:
    taps = Taps(is_aligned=is_aligned)
    for minute, (odds, word) in enumerate(zip(log_odds.tolist(), words.tolist(), strict=True)):
        taps.take(Tap(minute * MINUTE_NS, odds, word))
    return taps
