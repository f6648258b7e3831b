"""The last minute of one regularly sampled signal, to be had for any moment.

`SampleWindows` hands out windows on its own beat; the signals of one wristband have to share one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

LATE_S = 2.0
"""Chunks of one source do not come at one moment: one that is this much later than the others is not lost yet."""


class SampleRing:
    """Samples are kept twice, one ring apart, so that any window lies in one piece."""

    def __init__(self, n_channels: int, sfreq_hz: float, window_s: float) -> None:
        self.sfreq_hz = sfreq_hz
        self._size = max(1, round(window_s * sfreq_hz))
        self._spare = round(LATE_S * sfreq_hz)
        self._ring = np.full((n_channels, 2 * (self._size + self._spare)), np.nan)
        self._next = -1
        self._begin_ns = self._end_ns = 0

    def push(self, first_sample: int, t_ns: int, samples: NDArray[np.floating]) -> None:
        """Take samples (n, channels), the first of which is the `first_sample`-th of the source and was at `t_ns`.

        Samples missing before it become NaN. The ring starts anew when a whole window is lost or the count goes back.
        """
        if self._next < 0 or not 0 <= first_sample - self._next < self._size:
            self._ring.fill(np.nan)
            self._next, self._begin_ns = first_sample, t_ns
        self._write(np.full((len(self._ring), first_sample - self._next), np.nan))
        self._write(samples.T)
        self._end_ns = t_ns + round(len(samples) * 1e9 / self.sfreq_hz)

    def forget(self, since_ns: int) -> None:
        """Make everything that came since then a lost sample."""
        length = self._size + self._spare
        n_samples = min(length, max(0, round((self._end_ns - since_ns) / 1e9 * self.sfreq_hz)))
        columns = np.arange(self._next - n_samples, self._next) % length
        self._ring[:, columns] = self._ring[:, columns + length] = np.nan

    def window(self, t_ns: int) -> FloatArray:
        """The window that ends at `t_ns`, shape (channels, n), oldest first, NaN where there is no sample.

        It is a view that the next chunk overwrites. `t_ns` may lie at most `LATE_S` before the newest sample.
        """
        shift = round((self._end_ns - t_ns) / 1e9 * self.sfreq_hz)
        begin = (self._next - min(max(shift, 0), self._spare) - self._size) % (self._size + self._spare)
        newest = self._ring[:, begin : begin + self._size]
        if shift >= 0:
            return newest
        missing = min(self._size, -shift)
        return np.concatenate((newest[:, missing:], np.full((len(newest), missing), np.nan)), axis=1)

    def lived(self, t_ns: int) -> FloatArray:
        """That part of the window in which the signal was already there."""
        n_lived = min(self._size, max(1, round((t_ns - self._begin_ns) / 1e9 * self.sfreq_hz)))
        return self.window(t_ns)[:, self._size - n_lived :]

    def lived_s(self, t_ns: int) -> float:
        """Seconds since the ring started, at most its length."""
        return float(min((t_ns - self._begin_ns) / 1e9, self._size / self.sfreq_hz))

    def settled_ns(self, t_ns: int) -> int:
        """The moment up to which samples have come, or `t_ns` where they have come or are overdue."""
        return self._end_ns if 0 < t_ns - self._end_ns <= LATE_S * 1e9 else t_ns

    def _write(self, samples: NDArray[np.floating]) -> None:
        """Append at most a ring's worth: the newest samples win."""
        length = self._size + self._spare
        newest = samples[:, -length:]
        self._next += samples.shape[1]
        columns = np.arange(self._next - newest.shape[1], self._next) % length
        self._ring[:, columns] = self._ring[:, columns + length] = newest
