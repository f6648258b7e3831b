"""Cuts numbered samples into SampleChunks of one size, at 10 a second, and never across a gap."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from device.messages import SampleChunk, SignalKind

CHUNKS_PER_S = 10


class Chunker:
    """Collects the samples of one signal of a source; what is lost between chunks is counted in `n_lost`."""

    def __init__(
        self,
        source: str,
        ch_names: tuple[str, ...],
        sfreq_hz: float,
        kind: SignalKind = "eeg",
        full_scale: float = 0.0,
    ) -> None:
        self._full_scale = full_scale
        self._source, self._kind, self._ch_names, self._sfreq_hz = source, kind, ch_names, sfreq_hz
        self._size = max(1, round(sfreq_hz / CHUNKS_PER_S))
        self._index: NDArray[np.int64] = np.empty(0, np.int64)
        self._data: NDArray[np.float32] = np.empty((0, len(ch_names)), np.float32)
        self.next_index = 0
        """Index of the sample expected next in a chunk."""

    def push(
        self, index: NDArray[np.int64], data: NDArray[np.float32], time_ns: Callable[[int], int]
    ) -> list[SampleChunk]:
        """Add samples with rising indices, data of shape (n, channels); returns the chunks that are full."""
        self._index = np.concatenate((self._index, index))
        self._data = np.concatenate((self._data, data))
        return self._cut(time_ns, keep_tail=True)

    def flush(self, time_ns: Callable[[int], int]) -> list[SampleChunk]:
        """Give what is left as a last short chunk."""
        return self._cut(time_ns, keep_tail=False)

    def _cut(self, time_ns: Callable[[int], int], *, keep_tail: bool) -> list[SampleChunk]:
        chunks: list[SampleChunk] = []
        n_samples = len(self._index)
        gaps = np.flatnonzero(np.diff(self._index) != 1) + 1
        begin = 0
        for _, run_end in pairwise([0, *gaps.tolist(), n_samples]):
            shortest = self._size if keep_tail and run_end == n_samples else 1
            while run_end - begin >= shortest:
                end = min(begin + self._size, run_end)
                chunks.append(self._chunk(int(self._index[begin]), self._data[begin:end], time_ns))
                begin = end
        self._index, self._data = self._index[begin:], self._data[begin:]
        return chunks

    def _chunk(self, first: int, data: NDArray[np.float32], time_ns: Callable[[int], int]) -> SampleChunk:
        n_lost, self.next_index = first - self.next_index, first + len(data)
        return SampleChunk(
            t_ns=time_ns(first),
            source=self._source,
            kind=self._kind,
            sfreq_hz=self._sfreq_hz,
            ch_names=self._ch_names,
            first_sample=first,
            n_lost=n_lost,
            data=np.ascontiguousarray(data, "<f4").tobytes(),
            full_scale=self._full_scale,
        )
