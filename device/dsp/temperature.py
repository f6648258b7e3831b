"""Measures level and slope of skin temperature in a window: fingers and wrists cool under stress within two minutes."""

from __future__ import annotations

import numpy as np

from device.dsp.trend import KNOWN_SHARE_MIN, SlowWindow, fit, share, thin
from device.dsp.windows import FloatArray

FEATURES = ("temperature_c.mean", "temperature_c.slope")
"""Degrees Celsius, and degrees per minute."""
WORN_C = (22.0, 42.0)
"""Colder is the room, warmer is no skin: the open recordings of worn bands lie between 22 and 36."""


def measure(temperature_c: FloatArray, sfreq_hz: float) -> SlowWindow:
    """Features of a window (n,) in degrees Celsius, NaN for lost samples."""
    slow_c, slow_hz = thin(temperature_c, sfreq_hz)
    worn = (slow_c >= WORN_C[0]) & (slow_c <= WORN_C[1])
    known = np.isfinite(slow_c)
    values = (np.nan, np.nan)
    if share(worn) >= KNOWN_SHARE_MIN:
        values = fit(np.where(worn, slow_c, np.nan), slow_hz)
    reasons = ("temperature is not that of skin (band worn?)",) if (known & ~worn).any() else ()
    return SlowWindow(values, worn, reasons)
