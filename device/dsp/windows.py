"""Sliding windows over SampleChunks, kept apart from features so that gaps are marked in one place."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.messages import SampleChunk

FloatArray = NDArray[np.float64]


def samples_of(chunk: SampleChunk) -> NDArray[np.float32]:
    """The chunk's data, shape (n, channels)."""
    return np.frombuffer(chunk.data, "<f4").reshape(-1, len(chunk.ch_names))


class Window(NamedTuple):
    t_ns: int
    """Time of the end: one sample after the last."""
    data: NDArray[np.float32]
    """Shape (channels, n), oldest first; a lost sample is NaN."""


class SampleWindows:
    """Windows of `window_s` every `hop_s` over one regularly sampled source.

    The ring starts anew, and is silent until full, when samples are missing for a whole window or the count goes back.
    """

    def __init__(self, n_channels: int, sfreq_hz: float, window_s: float, hop_s: float) -> None:
        self._ns_per_sample = 1e9 / sfreq_hz
        self._size = round(window_s * sfreq_hz)
        self._hop = hop_s * sfreq_hz
        self._ring = np.full((n_channels, self._size), np.nan, np.float32)
        self._begin = self._next = -1
        self._n_hops = 0

    def push(self, chunk: SampleChunk) -> Iterator[Window]:
        """Take a chunk and yield the windows that end within it."""
        first = chunk.first_sample
        samples = samples_of(chunk).T
        if self._begin < 0 or not 0 <= first - self._next < self._size:
            self._begin = self._next = first
            self._n_hops = 0
        if first > self._next:
            self._write(np.full((len(self._ring), first - self._next), np.nan, np.float32))
        done = 0
        while done < samples.shape[1]:
            end = min(samples.shape[1], max(done + 1, self._window_end() - first))
            self._write(samples[:, done:end])
            done = end
            if self._next >= self._window_end():
                self._n_hops += 1
                unrolled = np.roll(self._ring, -(self._next % self._size), axis=1)
                yield Window(chunk.t_ns + round(done * self._ns_per_sample), unrolled)

    def _window_end(self) -> int:
        """Sample count at which the next window is complete; rounded so that hops of 62.5 samples do not drift."""
        return self._begin + self._size + round(self._n_hops * self._hop)

    def _write(self, samples: NDArray[np.float32]) -> None:
        """Append at most a ring's worth: the newest samples win."""
        newest = samples[:, -self._size :]
        self._next += samples.shape[1]
        columns = np.arange(self._next - newest.shape[1], self._next) % self._size
        self._ring[:, columns] = newest


class EventWindow:
    """The rows of the last `window_s` of an irregular source, such as heartbeats."""

    def __init__(self, window_s: float) -> None:
        self._window_ns = round(window_s * 1e9)
        self._rows: deque[tuple[int, NDArray[np.float32]]] = deque()
        self._begin_ns = -1

    def push(self, t_ns: int, row: NDArray[np.float32]) -> None:
        """Add a row, which then belongs to the window; one that is older than the newest restarts it."""
        if self._begin_ns < 0 or t_ns < self._rows[-1][0] or t_ns - self._rows[-1][0] > self._window_ns:
            self._rows.clear()
            self._begin_ns = t_ns
        self._rows.append((t_ns, row))
        while self._rows[0][0] <= t_ns - self._window_ns:
            self._rows.popleft()

    def forget(self, since_ns: int, column: int) -> None:
        """Make the values of one column since then unknown."""
        for t_ns, row in reversed(self._rows):
            if t_ns < since_ns:
                break
            row[column] = np.nan

    def rows(self, now_ns: int | None = None) -> tuple[FloatArray, FloatArray]:
        """Ages of the rows in seconds (older ones negative) and their values, shape (n, columns).

        They count from `now_ns`, which may have outrun the source, or else from the newest row.
        """
        end_ns = self._rows[-1][0] if now_ns is None else now_ns
        ages_s = np.array([(t_ns - end_ns) / 1e9 for t_ns, _ in self._rows])
        rows = np.array([row for _, row in self._rows], np.float64)
        begin = int(np.searchsorted(ages_s, -self._window_ns / 1e9, "right"))
        return ages_s[begin:], rows[begin:]

    @property
    def span_s(self) -> float:
        """How much of the window has been lived through since the source (re)started."""
        return float(min(self._rows[-1][0] - self._begin_ns, self._window_ns)) / 1e9
