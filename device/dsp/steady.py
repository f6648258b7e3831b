"""Tells a sensor that hangs from a body that rests: a body never gives the same number for long, nor two in turn.

How long real sensors have held one value stands with each channel in `modalities`; one that holds it longer is stuck,
and what it told meanwhile is no measurement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray
from device.modalities import Channel

PAUSE_NS = 5_000_000_000
"""Nobody knows what the sensor did during a longer silence."""


class Steady:
    """Tells since when the channels of one signal, taken together, have told the same, or two rows in turn."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = channels
        self._rows: FloatArray | None = None
        """The last two rows."""
        self._since_ns = self._last_ns = 0

    def take(self, times_ns: NDArray[np.int64], rows: NDArray[np.floating]) -> None:
        """Rows (n, channels) in the order of their times; lost ones (NaN) tell nothing."""
        known = np.isfinite(rows).all(axis=1)
        rows, times_ns = rows[known].astype(np.float64), times_ns[known]
        if not len(rows):
            return
        if self._rows is None or times_ns[0] - self._last_ns > PAUSE_NS or times_ns[0] < self._last_ns:
            self._rows, self._since_ns = np.stack((rows[0], rows[0])), int(times_ns[0])
        told = np.concatenate((self._rows, rows))
        changed = np.flatnonzero((rows != told[1:-1]).any(axis=1) & (rows != told[:-2]).any(axis=1))
        if len(changed):
            self._since_ns = int(times_ns[changed[-1]])
        self._rows = told[-2:]
        self._last_ns = int(times_ns[-1])

    @property
    def held_s(self) -> float:
        return (self._last_ns - self._since_ns) / 1e9

    @property
    def stuck_since_ns(self) -> int | None:
        """The time at which the sensor last moved; None while it may well be the body that rests."""
        if self._rows is None:
            return None
        columns = zip(self._channels, self._rows.T.tolist(), strict=True)
        limits_s = [channel.held_longest_s(value) for channel, values in columns for value in values]
        return self._since_ns if self.held_s > max(limits_s) else None

    def reason(self, name: str) -> str:
        """Why nothing is told of the signal that a sentence calls `name`; empty while it is not stuck."""
        if self._rows is None or self.stuck_since_ns is None:
            return ""
        before, values = (", ".join(f"{value:.4g}" for value in row) for row in self._rows.tolist())
        told = f"exactly {values}" if before == values else f"{before} and {values} in turn"
        return f"{name} has told {told} for {self.held_s:.0f} s: its sensor is stuck"
