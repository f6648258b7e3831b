"""Times of samples from the device's own counter, because arrival times lie by up to a batch and a stalled reader.

A sample can arrive late but never early, so the true line through (sample index, arrival) is the lower envelope of what
is observed: the minima of short blocks, a slope fitted through them within what a crystal may drift, and an anchor
that touches the lowest. Jitter and 16 ms batches only ever lie above that line. (reference: sensors notes, section 4)
"""

from __future__ import annotations

from collections import deque

import numpy as np

DRIFT_MAX = 200e-6
"""A crystal that drifts more is broken; more than that is noise of the fit."""
BLOCK_S = 5.0
N_BLOCKS = 24
BLOCKS_TO_FIT = 4
STEP_NS = 200_000_000
"""A whole block this far off the line is a new line (the counter or the host jumped), not jitter."""


class SampleClock:
    """Counter of a device to monotonic nanoseconds, for one connection.

    `not_before_ns` keeps the times of a new connection behind those of the one before.
    """

    def __init__(self, sfreq_hz: float, not_before_ns: int = 0) -> None:
        self._period_ns = 1e9 / sfreq_hz
        self._block_samples = BLOCK_S * sfreq_hz
        self._origin: tuple[int, int] | None = None
        self._blocks: deque[tuple[float, float]] = deque(maxlen=N_BLOCKS)
        self._block: tuple[float, float] = (0.0, np.inf)
        self._block_number = 0
        self._slope_ns = 0.0
        self._anchor_ns = np.inf
        self._newest: tuple[int, int] = (0, 0)
        self._last_index: int | None = None
        self._last_ns = not_before_ns

    def observe(self, index: int, arrival_ns: int) -> None:
        """Take note that sample `index`, the newest of a batch, had arrived at `arrival_ns`."""
        if self._origin is None:
            self._origin = (index, arrival_ns)
        self._newest = (index, arrival_ns)
        x = float(index - self._origin[0])
        late_ns = arrival_ns - self._origin[1] - x * self._period_ns
        number = int(x // self._block_samples)
        if number != self._block_number:
            self._close_block(number)
        if late_ns < self._block[1]:
            self._block = (x, late_ns)
        above_line_ns = late_ns - self._slope_ns * x
        if above_line_ns < self._anchor_ns - STEP_NS:
            self._blocks.clear()
        self._anchor_ns = min(self._anchor_ns, above_line_ns)

    def _close_block(self, number: int) -> None:
        x, late_ns = self._block
        if late_ns - self._slope_ns * x > self._anchor_ns + STEP_NS:
            self._blocks.clear()
        self._blocks.append(self._block)
        self._block, self._block_number = (0.0, np.inf), number
        self._fit()

    def _fit(self) -> None:
        x, late_ns = np.array(self._blocks).T
        if len(x) >= BLOCKS_TO_FIT:
            limit_ns = DRIFT_MAX * self._period_ns
            self._slope_ns = float(np.clip(np.polyfit(x, late_ns, 1)[0], -limit_ns, limit_ns))
        self._anchor_ns = float(np.min(late_ns - self._slope_ns * x))

    def time_ns(self, index: int) -> int:
        """Time of sample `index`; ask for rising indices, and the times rise too.

        Raises:
            ValueError: nothing was observed yet.
        """
        if self._origin is None:
            raise ValueError("no sample observed yet")
        x = index - self._origin[0]
        line_ns = self._origin[1] + round(x * (self._period_ns + self._slope_ns) + self._anchor_ns)
        return self._rise(index, line_ns)

    def _rise(self, index: int, line_ns: int) -> int:
        """Let a correction backwards squeeze the samples, to half their distance if they then keep behind the clock."""
        if self._last_index is None:
            line_ns = max(line_ns, self._last_ns + 1)
        elif index > self._last_index:
            line_ns = max(line_ns, self._last_ns + round((index - self._last_index) * self._period_ns / 2))
            newest, newest_ns = self._newest
            latest_ns = newest_ns - round((newest - index) * self._period_ns)
            line_ns = max(min(line_ns, latest_ns), self._last_ns + 1)
        self._last_index, self._last_ns = index, line_ns
        return line_ns
