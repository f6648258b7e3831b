"""The signals of a session, each put together again from its chunks, with its holes left open.

A sensor counts its samples, and lost ones too: its counter is the time of a signal's own file. The box's clock is
fitted to it anew as it is learnt better, by a few milliseconds, so what happened at a time of the box's clock is placed
at the sample that was being taken then (`Signal.seconds_at`); whoever wants the box's time of a sample asks `times_ns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.messages import SampleChunk, SignalKind
from device.modalities import MODALITIES

Floats = npt.NDArray[np.float32]
JUMP_S = 1.0
"""A counter that is further from the clock than this began anew, and what follows is placed by the clock."""
VALUES_MAX = 2**26
"""Values of all signals together; nine hours of eight channels at 250 Hz, and 256 MB."""
SIGNALS_MAX = 64


class Gap(NamedTuple):
    """Samples that are missing: from the first to just before `end`."""

    begin: int
    end: int


class Signal:
    """One signal of one sensor at one rate; an irregular one has a time for each of its rows, and no rate."""

    def __init__(self, name: str, first: SampleChunk) -> None:
        self.name = name
        self.source, self.kind = first.source, first.kind
        self.sfreq_hz, self.ch_names, self.full_scale = first.sfreq_hz, first.ch_names, first.full_scale
        self._chunks: list[Floats] = []
        self._begins: list[int] = []
        self._begins_ns: list[int] = []
        self._times_ns: list[int] = []
        self._offset = -first.first_sample
        self.end = 0
        """Samples with the missing ones counted in."""

    @property
    def is_regular(self) -> bool:
        return self.sfreq_hz > 0

    @property
    def first_ns(self) -> int:
        return self._begins_ns[0]

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each channel; empty where it has none or is not known, as in a damaged message."""
        channels = MODALITIES[self.kind].channels
        found = (channels.get(name, channels.get("*")) for name in self.ch_names)
        return tuple(channel.unit if channel else "" for channel in found)

    def place(self, chunk: SampleChunk) -> int:
        """Where a chunk begins: by the sensor's counter, or by the clock where that began anew."""
        if not self._begins or not self.is_regular:
            return self.end
        since_s = (chunk.t_ns - self._begins_ns[-1]) / 1e9
        by_clock = self._begins[-1] + round(since_s * self.sfreq_hz)
        by_counter = chunk.first_sample + self._offset
        if by_counter >= self.end and abs(by_counter - by_clock) <= JUMP_S * self.sfreq_hz:
            return by_counter
        return max(by_clock, self.end)

    def take(self, chunk: SampleChunk, begin: int) -> None:
        data = np.frombuffer(chunk.data, "<f4").reshape(-1, len(self.ch_names))
        self._offset = begin - chunk.first_sample
        self._chunks.append(data)
        self._begins.append(begin)
        self._begins_ns.append(chunk.t_ns)
        self._times_ns += chunk.times_ns
        self.end = begin + len(data)

    def data(self) -> Floats:
        """Samples by channel, shape (end, channels); what is missing or no number is NaN."""
        whole = np.full((self.end, len(self.ch_names)), np.nan, np.float32)
        for begin, data in zip(self._begins, self._chunks, strict=True):
            whole[begin : begin + len(data)] = data
        whole[~np.isfinite(whole)] = np.nan
        return whole

    def times_ns(self) -> npt.NDArray[np.int64]:
        """The time of each sample on the box's clock; that of a missing one goes on from those before it."""
        if not self.is_regular:
            return np.array(self._times_ns, np.int64)
        index = np.arange(self.end)
        chunk = np.searchsorted(self._begins, index, side="right") - 1
        since = (index - np.array(self._begins)[chunk]) * (1e9 / self.sfreq_hz)
        return np.asarray(np.array(self._begins_ns, np.int64)[chunk] + np.rint(since).astype(np.int64))

    def seconds_at(self, t_ns: int) -> float:
        """Seconds of the signal's own time at a time of the box's clock; below 0 before its first sample."""
        chunk = max(0, int(np.searchsorted(self._begins_ns, t_ns, side="right")) - 1)
        position = self._begins[chunk] + (t_ns - self._begins_ns[chunk]) / 1e9 * self.sfreq_hz
        after = self._begins[chunk + 1] if chunk + 1 < len(self._begins) else position
        return float(min(position, after) / self.sfreq_hz)

    def gaps(self) -> list[Gap]:
        """The spans that no chunk filled."""
        ends = [begin + len(data) for begin, data in zip(self._begins, self._chunks, strict=True)]
        return [Gap(end, begin) for end, begin in zip(ends, self._begins[1:], strict=False) if begin > end]


class Signals:
    """Gathers the signals of a session; one that comes at another rate or with other channels is another signal."""

    def __init__(self, chunks: Iterable[SampleChunk]) -> None:
        self.problems: list[str] = []
        self._signals: dict[tuple[str, SignalKind, float, tuple[str, ...]], Signal] = {}
        self._values = 0
        for chunk in chunks:
            if self.problems:
                return
            self._take(chunk)

    def __iter__(self) -> Iterator[Signal]:
        return iter(self._signals.values())

    def _take(self, chunk: SampleChunk) -> None:
        key = (chunk.source, chunk.kind, chunk.sfreq_hz, chunk.ch_names)
        signal = self._signals.get(key) or Signal(self._name(chunk), chunk)
        begin = signal.place(chunk)
        rows = len(chunk.data) // (4 * len(chunk.ch_names))
        self._values += (begin + rows - signal.end) * len(chunk.ch_names)
        if self._values > VALUES_MAX or (key not in self._signals and len(self._signals) >= SIGNALS_MAX):
            limit = f"{VALUES_MAX // 2**20} million values of {SIGNALS_MAX} signals"
            self.problems.append(f"Of its samples only the first {limit} are exported, which is the limit.")
            return
        if rows:
            self._signals[key] = signal
            signal.take(chunk, begin)

    def _name(self, chunk: SampleChunk) -> str:
        """`cyton-eeg`, as a file may be called; a second one of the same source and kind is `cyton-eeg-2`."""
        name = f"{''.join(letter if letter.isascii() and letter.isalnum() else '_' for letter in chunk.source[:40])}"
        taken = {signal.name for signal in self}
        names = [f"{name}-{chunk.kind}", *(f"{name}-{chunk.kind}-{n}" for n in range(2, SIGNALS_MAX + 2))]
        return next(candidate for candidate in names if candidate not in taken)
