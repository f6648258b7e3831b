"""Measures the skin conductance of a window: its level and slope, the fast part, and the responses in it.

The fast part is what NeuroKit2's `eda_phasic(method="highpass")` gives (Butterworth of second order at 0.05 Hz, forward
and backward, odd extension at the ends), to rounding. Over windows of one length that is a linear map: its matrix is
made once, and a window costs one product. Responses are counted above an absolute size: NeuroKit2's threshold relative
to the largest one finds responses in pure noise.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from device.dsp.trend import KNOWN_SHARE_MIN, SlowWindow, fit, sd, share, thin
from device.dsp.windows import FloatArray

FEATURES = (
    "eda_us.mean",
    "eda_us.log_mean",
    "eda_us.slope",
    "eda_us.phasic_sd",
    "eda_us.scr_per_min",
    "eda_us.scr_us",
)
"""Units: uS, its natural logarithm, uS per minute, uS, responses per minute, mean size in uS (0 if there is none)."""
PHASIC_HZ = 0.05
PAD = 9
"""Samples by which scipy's sosfiltfilt extends a signal for one section."""
CONTACT_US = 0.05
"""A lower value is an electrode in the air; one above `SHORT_US` is a short (Kleckner 2018)."""
SHORT_US = 60.0
JUMP_US_S = 1.0
"""A change faster than this plus the window's own median per second is an electrode that moved, not sweat."""
JUMP_S = 1.0
"""Time that is left out on either side of a jump."""
RESPONSE_US = 0.02
"""Least rise that is counted (Braithwaite 2013: 0.01 to 0.05); wrists have a tenth of the fingers' conductance."""
RATE_MIN_HZ = 1.0
"""Slower samples have no responses in them."""


def measure(eda_us: FloatArray, sfreq_hz: float) -> SlowWindow:
    """Features of a window (n,) in uS, NaN for lost samples; 2 Hz or more."""
    slow_us, slow_hz = thin(eda_us, sfreq_hz)
    touching = (slow_us >= CONTACT_US) & (slow_us <= SHORT_US)
    jumped = _find_jumps(slow_us, touching, slow_hz)
    good = touching & ~jumped
    reasons = []
    if (np.isfinite(slow_us) & ~touching).any():
        reasons.append("skin conductance without skin contact")
    if jumped.any():
        reasons.append("skin conductance jumps (movement?)")
    enough = share(good) >= KNOWN_SHARE_MIN and slow_hz >= RATE_MIN_HZ
    values = _values(slow_us, good, slow_hz) if enough else (np.nan,) * len(FEATURES)
    return SlowWindow(values, good, tuple(reasons))


def _find_jumps(eda_us: FloatArray, touching: NDArray[np.bool_], sfreq_hz: float) -> NDArray[np.bool_]:
    """Samples within `JUMP_S` of a change that no sweat gland makes."""
    known = eda_us[touching]
    limit_us = (
        JUMP_US_S + float(np.partition(known, len(known) // 2)[len(known) // 2]) if len(known) else np.inf
    ) / sfreq_hz
    near = np.zeros(len(eda_us), np.bool_)
    reach = round(JUMP_S * sfreq_hz)
    for at in np.flatnonzero(touching[1:] & touching[:-1] & (np.abs(np.diff(eda_us)) > limit_us)).tolist():
        near[max(0, at + 1 - reach) : at + 1 + reach] = True
    return near


def _values(eda_us: FloatArray, good: NDArray[np.bool_], sfreq_hz: float) -> tuple[float, ...]:
    mean_us, slope = fit(np.where(good, eda_us, np.nan), sfreq_hz)
    known = np.flatnonzero(good)
    filled = eda_us if len(known) == len(good) else np.interp(np.arange(len(good)), known, eda_us[known])
    fast_us = phasic(filled, sfreq_hz)
    sizes_us = find_responses(fast_us)
    minutes = len(known) / sfreq_hz / 60
    return (
        mean_us,
        float(np.log(mean_us)),
        slope,
        sd(fast_us[known]),
        len(sizes_us) / minutes,
        sum(sizes_us) / max(1, len(sizes_us)),
    )


def phasic(eda_us: FloatArray, sfreq_hz: float) -> FloatArray:
    """The part of a gapless window (n,) that is faster than `PHASIC_HZ`; the rest is tonic."""
    fast: FloatArray = _phasic_map(len(eda_us), sfreq_hz) @ eda_us
    return fast


def find_responses(phasic_us: FloatArray) -> list[float]:
    """Sizes of the rises from a trough to the next peak; turns smaller than `RESPONSE_US` are noise on the way."""
    rising = np.diff(phasic_us) > 0
    turns = np.flatnonzero(rising[1:] != rising[:-1]) + 1
    sizes_us: list[float] = []
    low = high = np.inf
    for value in phasic_us[turns].tolist():
        high = max(high, value)
        if high - low >= RESPONSE_US and high - value >= RESPONSE_US:
            sizes_us.append(high - low)
            low = high = value
        elif value < low:
            low = high = value
    return sizes_us


@lru_cache(maxsize=8)
def _phasic_map(n_samples: int, sfreq_hz: float) -> FloatArray:
    """Matrix (n, n) of the filter run forward and backward."""
    pad = min(PAD, n_samples - 1)
    eye = np.eye(n_samples)
    extended = np.concatenate((2 * eye[:1] - eye[pad:0:-1], eye, 2 * eye[-1:] - eye[-2 : -pad - 2 : -1]))
    forward = _high_pass(extended, sfreq_hz)
    both = _high_pass(forward[::-1], sfreq_hz)[::-1]
    return np.ascontiguousarray(both[pad : pad + n_samples])


def _high_pass(columns: FloatArray, sfreq_hz: float) -> FloatArray:
    """Butterworth of second order along the first axis, begun at rest at the first row."""
    warped = np.tan(np.pi * PHASIC_HZ / sfreq_hz)
    scale = 1 / (1 + np.sqrt(2) * warped + warped**2)
    a1, a2 = 2 * (warped**2 - 1) * scale, (1 - np.sqrt(2) * warped + warped**2) * scale
    one, two = -scale * columns[0], scale * columns[0]
    out = np.empty_like(columns)
    for index, row in enumerate(columns):
        out[index] = scale * row + one
        one = -2 * scale * row - a1 * out[index] + two
        two = scale * row - a2 * out[index]
    return out
