"""Measures the movement of the wrist over a window: how much, how still, and the cadence of a gait.

Movement explains a fast heart that is no feeling, and tells whom to distrust. Gravity is left out by a high-pass, so
the way the arm hangs does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray
from device.modalities import MODALITIES

FEATURES = ("motion.mean_g", "motion.still_share", "motion.cadence_hz", "motion.cadence_strength")
"""Mean dynamic magnitude in g; share of seconds without movement, 0 to 1; steps or swings a second, NaN where there is
no rhythm; share of the movement's power in that rhythm and its harmonics, 0 to 1."""
SPAN_MIN_S = 4.0
BAND_HZ = (0.4, 8.0)
"""A slower change is gravity turning."""
CADENCE_HZ = (0.6, 3.2)
STILL_G = 0.02
"""Mean dynamic magnitude of a second at rest; the noise of wrist accelerometers is 0.005 to 0.015."""
STRENGTH_MIN = 0.35
PEAK_HZ = 0.12
"""Half width of a line of a gait, whose steps differ by some percent."""
LOST_MAX = 0.5
HUGE_G = MODALITIES["motion"].channels["acc_x"].possible[1]
"""A greater number is a broken one and no acceleration."""
CHANCE_MIN = 0.1
"""Windows of seconds have so few lines that all are near a harmonic."""
PLAUSIBLE_G = (0.5, 2.0)
"""Median magnitude with gravity, whatever the arm does; outside, the unit is wrong."""


class Motion(NamedTuple):
    values: tuple[float, ...]
    """Values in the order of `FEATURES`; NaN: not known."""
    quality: float
    """0 to 1."""
    reasons: tuple[str, ...]


def measure(motion_g: FloatArray, sfreq_hz: float) -> Motion:
    """Features of a window, shape (n, 3), in g with gravity, NaN for lost samples."""
    samples = np.asarray(motion_g, np.float64).reshape(-1, 3)
    heard = np.all(np.abs(samples) < HUGE_G, axis=1)
    reason = _trouble(samples, heard, sfreq_hz)
    if reason:
        return Motion((np.nan,) * len(FEATURES), 0.0, (reason,))
    dynamic, power, freqs_hz = _dynamic(fill(samples, heard), sfreq_hz)
    magnitude_g = np.sqrt((dynamic**2).sum(axis=1))
    second = max(1, round(sfreq_hz))
    full = len(samples) // second * second
    still = magnitude_g[:full].reshape(-1, second).mean(axis=1) < STILL_G
    values = (float(magnitude_g[heard].mean()), float(still.mean()), *_cadence(power, freqs_hz, float(still.mean())))
    lost = 1 - float(heard.mean())
    return Motion(values, 1 - lost, (f"{lost:.0%} of the movement was lost",) if lost > 0.1 else ())


def fill(samples: FloatArray, heard: NDArray[np.bool_]) -> FloatArray:
    """Straight lines over what was lost, per column; some must have been heard."""
    if heard.all():
        return samples
    known, lost = np.flatnonzero(heard), np.flatnonzero(~heard)
    filled = samples.copy()
    for column in range(samples.shape[1]):
        filled[lost, column] = np.interp(lost, known, samples[known, column])
    return filled


def _trouble(samples: FloatArray, heard: NDArray[np.bool_], sfreq_hz: float) -> str:
    """Why nothing can be told; empty where something can."""
    if not sfreq_hz > 2 * CADENCE_HZ[1] or len(samples) < SPAN_MIN_S * sfreq_hz:
        return "too little movement data: 4 s above 6.4 samples a second are needed"
    if heard.mean() < 1 - LOST_MAX:
        return f"{1 - heard.mean():.0%} of the movement was lost"
    median_g = float(np.median(np.sqrt((samples[heard] ** 2).sum(axis=1))))
    if not PLAUSIBLE_G[0] <= median_g <= PLAUSIBLE_G[1]:
        return f"acceleration of {median_g:.3g} g at the median is not in g"
    return ""


def _dynamic(samples: FloatArray, sfreq_hz: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Acceleration without gravity, shape (n, 3), and the power of all axes over frequency."""
    n = len(samples)
    ramp = np.linspace(0, 1, n)[:, None]
    level = samples - (samples[:1] + (samples[-1:] - samples[:1]) * ramp)
    spectrum = np.fft.rfft(level, axis=0)
    freqs_hz = np.arange(float(len(spectrum))) * (sfreq_hz / n)
    spectrum[(freqs_hz < BAND_HZ[0]) | (freqs_hz > BAND_HZ[1])] = 0
    dynamic: FloatArray = np.fft.irfft(spectrum, n, axis=0)
    power: FloatArray = (np.abs(spectrum) ** 2).sum(axis=1)
    return dynamic, power, freqs_hz


def _cadence(power: FloatArray, freqs_hz: FloatArray, still: float) -> tuple[float, float]:
    """The strongest line, and its share of the power with its harmonics and its half (an arm swings every two)."""
    total = float(power.sum())
    inside = (freqs_hz >= CADENCE_HZ[0]) & (freqs_hz <= CADENCE_HZ[1])
    if total <= 0 or still == 1 or not inside.any():
        return np.nan, 0.0
    width = max(1, round(PEAK_HZ / freqs_hz[1]))
    smooth = np.convolve(power, np.hanning(2 * width + 3), "same")
    cadence_hz = float(freqs_hz[int(np.where(inside, smooth, 0).argmax())])
    order = np.maximum(1, np.round(2 * freqs_hz / cadence_hz)) / 2
    near = np.abs(freqs_hz - order * cadence_hz) <= PEAK_HZ
    by_chance = float(near[(freqs_hz >= BAND_HZ[0]) & (freqs_hz <= BAND_HZ[1])].mean())
    strength = max(0.0, (float(power[near].sum()) / total - by_chance) / max(1 - by_chance, CHANCE_MIN))
    return (cadence_hz if strength >= STRENGTH_MIN else np.nan), strength
