"""Level, spread and slope of a minute of something: what the signals of a wrist have in common.

A frame is a few dozen numbers of a hundred values each, so what numpy's own mean and std do besides adding would be a
third of its cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

SLOW_HZ = 4.0
"""Nothing in these signals is faster than 2 Hz."""

KNOWN_SHARE_MIN = 0.5
"""Share of a window that has to be known; less tells neither level nor slope."""


class SlowWindow(NamedTuple):
    values: tuple[float, ...]
    """Values in the order of the module's `FEATURES`; NaN: not known."""
    good: NDArray[np.bool_]
    """Which samples can be used, shape (n,), thinned."""
    reasons: tuple[str, ...]


def mean(values: FloatArray | NDArray[np.intp]) -> float:
    """The mean, equal to `values.mean()` to the last bit."""
    return float(np.add.reduce(values)) / len(values)


def sd(values: FloatArray, *, lost_freedom: int = 0) -> float:
    """The standard deviation, equal to `values.std(ddof=lost_freedom)` to the last bit."""
    centred = values - mean(values)
    return float(np.sqrt(np.add.reduce(centred * centred) / (len(values) - lost_freedom)))


def share(good: NDArray[np.bool_]) -> float:
    """Share of what is true, 0 to 1."""
    return float(np.count_nonzero(good)) / len(good)


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
    present, offset = values[known], known - mean(known)
    return mean(present), float(offset @ present / (offset @ offset)) * sfreq_hz * 60
