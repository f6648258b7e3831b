"""Tells whether the end of a sound clicks: whether it has an edge that the same fade of the music before it has not.

An edge lies within a sample or two, so above `CORNER_HZ` it stands alone: far above what is heard a few milliseconds
before and after it. A struck note has sharp sound, too, but for longer; and a fade of 40 ms adds nothing up there. The
music of the last seconds, faded in the same way at many places, says how sharp such an end usually is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

SFREQ_HZ = 48_000
CORNER_HZ = 8_000.0
FLOOR = 12.0
"""What is below (steps of 16 bits, -68 dBFS) nobody hears."""
FADE_S, AFTER_S = 0.04, 0.01
"""The fade of a stop, and how long its end is looked at beyond the last sound."""
LOOKED_S = FADE_S + 0.02
BEFORE_S, STRIDE_S = 3.0, 0.03
"""How much of the music before says what is usual, and how far apart it is faded for that."""
RATIO = 2.0
"""An edge is so much above the sharpest that is usual there."""
ALONE = 7.0
"""An edge is so much above the sharp sound (rms) around it; the crest of a struck note is 2 to 5 (measured)."""
PEAK_S, AROUND_S = 0.0007, 0.006
"""The filter spreads an edge over the first; the second is looked at on both sides of it."""
Samples = npt.NDArray[np.float64]

_SHARP = signal.butter(4, CORNER_HZ, "high", fs=SFREQ_HZ, output="sos")


def has_click(steps: Samples, last: int) -> bool:
    """Whether sound of shape (frames, channels), in steps of 16 bits, clicks as it ends at the frame `last`."""
    return any(_clicks(steps[:, channel], last) for channel in range(steps.shape[1]))


def _clicks(wave: Samples, last: int) -> bool:
    n_looked, n_after = _frames(LOOKED_S), _frames(AFTER_S)
    begin = max(0, last + 1 - n_looked)
    whole = np.concatenate((wave[: last + 1 + n_after], np.zeros(max(0, last + 1 + n_after - len(wave)))))
    sharp = np.abs(signal.sosfilt(_SHARP, whole))[begin:]
    bound = np.maximum(FLOOR, RATIO * _usual(wave[max(0, begin - _frames(BEFORE_S)) : begin], len(sharp)))
    return any(_stands_alone(sharp, int(at)) for at in np.flatnonzero(sharp > bound))


def _usual(before: Samples, length: int) -> Samples:
    """The sharpest sound at each frame of an end that fades what came before, wherever it had been stopped."""
    shape = np.ones(length)
    n_fade, n_after = _frames(FADE_S), _frames(AFTER_S)
    fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, n_fade + 1) / n_fade)
    shape[max(0, length - n_after - n_fade) :] = np.concatenate((fade, np.zeros(n_after)))[-length:]
    n_lead = _frames(AROUND_S)
    firsts = range(n_lead, len(before) - length, _frames(STRIDE_S))
    if not firsts:
        return np.zeros(length)
    ends = np.stack([before[first - n_lead : first + length] for first in firsts])
    ends[:, n_lead:] *= shape
    sharp = np.abs(signal.sosfilt(_SHARP, ends, axis=1))[:, n_lead:].max(axis=0)
    widened: Samples = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(sharp, n_lead), 2 * n_lead + 1), axis=1)
    return widened


def _stands_alone(sharp: Samples, at: int) -> bool:
    """Whether the peak at `at` is an edge: the sound around it is far less sharp on either side."""
    n_peak, n_around = _frames(PEAK_S), _frames(AROUND_S)
    before = sharp[max(0, at - n_around) : max(0, at - n_peak)]
    after = sharp[at + n_peak : at + n_around]
    around = max((float(np.sqrt(np.mean(side**2))) for side in (before, after) if len(side)), default=0.0)
    return bool(sharp[at] > ALONE * around)


def _frames(seconds: float) -> int:
    return round(seconds * SFREQ_HZ)
