"""Level and slope of a slow signal with gaps: what skin conductance and temperature have in common."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.dsp.windows import FloatArray

SLOW_HZ = 4.0
"""Nothing in these signals is faster than 2 Hz."""

KNOWN_SHARE_MIN = 0.5
"""Of a window; less tells neither level nor slope."""


class SlowWindow(NamedTuple):
    values: tuple[float, ...]
    """In the order of the module's `FEATURES`; NaN: not known."""
    good: FloatArray
    """1 where the signal can be used, else 0; shape (n,), thinned."""
    reasons: tuple[str, ...]


def thin(values: FloatArray, sfreq_hz: float) -> tuple[FloatArray, float]:
    """Means of as many neighbours as leave at least `SLOW_HZ`, and their rate; a mean over a gap or infinity is NaN."""
    finite = np.where(np.isfinite(values), values, np.nan)
    factor = min(int(sfreq_hz // SLOW_HZ), len(values))
    if factor < 2:
        return finite, sfreq_hz
    n_means = len(values) // factor
    return finite[len(values) - n_means * factor :].reshape(n_means, factor).mean(axis=1), sfreq_hz / factor


def fit(values: FloatArray, sfreq_hz: float) -> tuple[float, float]:
    """Mean and slope per minute of a straight line through what is not NaN; NaN for fewer than two values."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2:
        return np.nan, np.nan
    present, offset = values[known], known - known.mean()
    return float(present.mean()), float(offset @ present / (offset @ offset)) * sfreq_hz * 60
