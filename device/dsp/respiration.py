"""Tells breathing rate from beat intervals: the heart speeds up with every breath in (respiratory sinus arrhythmia).

A rate is told only where one peak stands out of a minute's spectrum; how far is its certainty. The spectrum is that of
the change from beat to beat, since the slow waves of the heart grow as 1/f: on an ECG with a breathing belt (the task
recording of the package systole, 99 windows) 8 % of the clearer half of the rates were off by more than 2 breaths a
minute, and 23 % without. Slower than 7 breaths is not told: there the blood pressure's waves (0.1 Hz) look the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.trend import mean
from device.dsp.windows import FloatArray

FEATURES = ("respiration.rate_bpm", "respiration.rsa_ms", "respiration.certainty")
"""Units: breaths per minute; size (rms) of the arrhythmia in ms; 0 to 1."""
BAND_HZ = (0.117, 0.5)
GRID_HZ = 4.0
BINS = 1024
PEAK_HZ = 0.034
"""Half width of a peak: the window function's over a minute."""
SHARE = (0.4, 0.95)
"""Share of the band's power in the peak: by chance, and of pure breathing."""
CERTAINTY_MIN = 0.35
COVERED_MIN = 0.75
SPAN_MIN_S = 30.0


class Breathing(NamedTuple):
    rate_bpm: float
    rsa_ms: float
    certainty: float


UNKNOWN = Breathing(np.nan, np.nan, 0.0)


def measure(ends_s: FloatArray, rr_ms: FloatArray) -> Breathing:
    """Breathing of a window of clean intervals (n,) that end at `ends_s`, rising; all but the certainty may be NaN."""
    span_s = float(ends_s[-1] - ends_s[0]) if len(ends_s) > 1 else 0.0
    if span_s < SPAN_MIN_S or float(rr_ms[1:].sum()) < 1000 * COVERED_MIN * span_s:
        return UNKNOWN
    n_grid = int(span_s * GRID_HZ)
    even = np.interp(ends_s[-1] - np.arange(n_grid)[::-1] / GRID_HZ, ends_s, rr_ms)
    ramp, taper = _shapes(n_grid)
    even = even - mean(even)
    power = np.abs(np.fft.rfft((even - (even @ ramp) * ramp) * taper, BINS)) ** 2
    return _peak(power * 2 / (BINS * float(taper @ taper)), mean(rr_ms) / 1000)


def _peak(power: FloatArray, beat_s: float) -> Breathing:
    """The peak of a power spectrum in ms^2; the heart samples the breath once a beat, so half its rate is the limit."""
    hz_per_bin = GRID_HZ / BINS
    low, high = round(BAND_HZ[0] / hz_per_bin), round(min(BAND_HZ[1], 0.5 / beat_s) / hz_per_bin)
    change = power[: high + 1] * np.arange(high + 1.0) ** 2
    top = low + int(change[low:].argmax())
    total = float(np.add.reduce(change[low:]))
    if top in (low, high) or total <= 0:
        return UNKNOWN
    reach = round(PEAK_HZ / hz_per_bin)
    peak = slice(max(low, top - reach), min(high, top + reach) + 1)
    certainty = (float(np.add.reduce(change[peak])) / total - SHARE[0]) / (SHARE[1] - SHARE[0])
    if certainty < CERTAINTY_MIN:
        return Breathing(np.nan, np.nan, max(0.0, certainty))
    flattened = float(np.sinc(hz_per_bin * top * beat_s)) ** 2  # by the straight lines between beats
    rsa_ms = float(np.sqrt(np.add.reduce(power[peak]))) / flattened
    return Breathing(60 * hz_per_bin * top, rsa_ms, min(1.0, certainty))


@lru_cache(maxsize=256)
def _shapes(n_samples: int) -> tuple[FloatArray, NDArray[np.float64]]:
    """A straight line of unit length and the Hann window."""
    ramp = np.linspace(-1.0, 1.0, n_samples)
    return ramp / np.sqrt(ramp @ ramp), np.hanning(n_samples)
