"""The Cyton's stream, pure: bytes with their arrival time in, SampleChunks out. The transport is in cyton.py.

A packet is 0xA0, counter, 8 x int24 big endian, 6 auxiliary bytes, 0xC0..0xC6, without a checksum, at 250/s. So a
packet is believed only with its neighbours: see `PacketDecoder`. (OpenBCI Cyton firmware 3.1; sensors notes, 1.1)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.acquisition.chunks import Chunker
from device.acquisition.sample_clock import SampleClock
from device.messages import SampleChunk

HEAD = 0xA0
FOOTER_FIRST, FOOTER_LAST = 0xC0, 0xC6
PACKET_BYTES = 33
LOOK_BYTES = PACKET_BYTES + 2
"""A packet whose counter does not follow is decided once the head and the counter behind it are there."""
PACKETS_PER_S = 250.0
BOARD_CHANNELS = 8
RESTART_PACKETS = 64
"""A counter this far ahead of the host's time (0.26 s) did not lose packets, it began anew."""


class Packets(NamedTuple):
    counter: NDArray[np.uint8]
    raw: NDArray[np.int32]
    """Shape (n, 8)."""


NO_PACKETS = Packets(np.empty(0, np.uint8), np.empty((0, BOARD_CHANNELS), np.int32))


def scale_uv(gain: float = 24.0) -> float:
    """Microvolts of one count at an amplifier gain (ADS1299, reference 4.5 V)."""
    return 4.5 / (2**23 - 1) / gain * 1e6


class PacketDecoder:
    """Incremental decoder; the same packets come out however the bytes were split.

    A candidate with right head and footer counts as a packet if its counter follows the last one, or the next packet
    follows with the next counter, or it stands right behind a packet and a head follows. Anything else was payload
    that looked like a packet, and the search goes on one byte further, so a damaged packet costs only itself.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._chained = False
        self._last_counter = -1

    def decode(self, data: bytes) -> Packets:
        """Packets completed by `data`, in order."""
        self._bytes += data
        runs: list[NDArray[np.uint8]] = []
        position = 0
        while (head := self._bytes.find(HEAD, position)) >= 0 and len(self._bytes) - head >= PACKET_BYTES:
            self._chained &= head == position
            run = self._run_at(head)
            if len(run):
                runs.append(run)
                self._last_counter, self._chained = int(run[-1, 1]), True
                position = head + run.size
            elif len(self._bytes) - head >= LOOK_BYTES:
                position, self._chained = head + 1, False
            else:
                break
        self._keep(position, head)
        return _unpack(np.concatenate(runs)) if runs else NO_PACKETS

    def _keep(self, position: int, head: int) -> None:
        """Keep what is undecided: from the head on, or nothing without one."""
        begin = head if head >= 0 else len(self._bytes)
        self._chained &= begin == position
        self._bytes = self._bytes[begin:]

    def _run_at(self, position: int) -> NDArray[np.uint8]:
        """The unbroken run of packets that begins at `position`, shape (n, 33)."""
        n_rows = (len(self._bytes) - position) // PACKET_BYTES
        window = np.frombuffer(self._bytes[position:] + bytes(2), np.uint8)
        rows = window[: n_rows * PACKET_BYTES].reshape(n_rows, PACKET_BYTES)
        counter, footer = rows[:, 1], rows[:, -1]
        headed = window[PACKET_BYTES::PACKET_BYTES][:n_rows] == HEAD
        before = np.concatenate(([self._last_counter & 0xFF], counter[:-1])).astype(np.uint8)
        follows = counter == before + np.uint8(1)
        follows[0] &= self._last_counter >= 0
        believed = follows | headed
        if not self._chained:
            followed = window[PACKET_BYTES + 1] == counter[0] + np.uint8(1)
            believed[0] = follows[0] | (headed[0] & followed)
        good = (rows[:, 0] == HEAD) & (footer >= FOOTER_FIRST) & (footer <= FOOTER_LAST) & believed
        return rows if good.all() else rows[: int(np.argmin(good))]


def _unpack(rows: NDArray[np.uint8]) -> Packets:
    wide = np.zeros((len(rows), BOARD_CHANNELS, 4), np.uint8)
    wide[:, :, :3] = rows[:, 2:26].reshape(-1, BOARD_CHANNELS, 3)
    raw = (wide.view(">i4")[:, :, 0] >> 8).astype(np.int32)
    return Packets(rows[:, 1].copy(), raw)


class CounterUnwrapper:
    """Gives packets a running number from the 8-bit counter, with the host's time for outages beyond one turn (1.02 s).

    A number has the parity of its counter, which tells the two boards of a Daisy apart.
    """

    def __init__(self) -> None:
        self._last: tuple[int, int, int] | None = None

    def unwrap(self, counter: NDArray[np.uint8], now_ns: int) -> NDArray[np.int64]:
        """Numbers of the packets that were read together at `now_ns`; the first ever is 0 or 1."""
        if self._last is None:
            first = int(counter[0])
            self._last = ((first - 1) & 0xFF, (first & 1) - 1, now_ns - round(len(counter) * 1e9 / PACKETS_PER_S))
        last_counter, last_number, last_ns = self._last
        steps = np.diff(counter, prepend=np.uint8(last_counter)).astype(np.int64)
        steps[steps == 0] = 256
        self._reconcile(steps, (now_ns - last_ns) * PACKETS_PER_S / 1e9)
        numbers = last_number + np.cumsum(steps)
        self._last = (int(counter[-1]), int(numbers[-1]), now_ns)
        return numbers

    @staticmethod
    def _reconcile(steps: NDArray[np.int64], expected: float) -> None:
        """Make the widest step wider by the turns the clock saw, or narrow where the counter began anew."""
        surplus = int(steps.sum() - expected)
        widest = int(np.argmax(steps))
        if surplus > RESTART_PACKETS:
            step = int(steps[widest])
            steps[widest] = max(step - (surplus & ~1), 2 - (step & 1))
        elif surplus < 0:
            steps[widest] += 256 * round(-surplus / 256)


class DaisyPairer:
    """Joins the halves of a 16-channel sample: an odd packet (channels 1-8) and the even one after it (9-16)."""

    def __init__(self) -> None:
        self._number: NDArray[np.int64] = np.empty(0, np.int64)
        self._raw = NO_PACKETS.raw

    def pair(self, number: NDArray[np.int64], raw: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Sample indices at 125 Hz and their 16 channels; a sample with a lost half is lost."""
        number = np.concatenate((self._number, number))
        raw = np.concatenate((self._raw, raw))
        first = np.flatnonzero((number[:-1] & 1 == 1) & (np.diff(number) == 1))
        tail = slice(-1, None) if number[-1] & 1 else slice(0, 0)
        self._number, self._raw = number[tail], raw[tail]
        return number[first] >> 1, np.hstack((raw[first], raw[first + 1]))


class CytonStream:
    """One board's stream over all its connections: decoder, counter, pairing, clock and chunks in a row."""

    def __init__(self, source: str, ch_names: tuple[str, ...]) -> None:
        self.ch_names = ch_names
        self._daisy = len(ch_names) > BOARD_CHANNELS
        self._sfreq_hz = PACKETS_PER_S / 2 if self._daisy else PACKETS_PER_S
        self._chunker = Chunker(source, ch_names, self._sfreq_hz)
        self._end_ns = 0
        self.connect()

    def connect(self) -> None:
        """Begin a new connection: the counter starts anew, the sample index goes on."""
        self._decoder, self._unwrapper, self._pairer = PacketDecoder(), CounterUnwrapper(), DaisyPairer()
        self._clock = SampleClock(self._sfreq_hz, not_before_ns=self._end_ns)
        self._base: int | None = None

    def push(self, data: bytes, now_ns: int) -> list[SampleChunk]:
        """Chunks completed by bytes that were read at `now_ns`."""
        packets = self._decoder.decode(data)
        if not len(packets.counter):
            return []
        index, raw = self._unwrapper.unwrap(packets.counter, now_ns), packets.raw
        if self._daisy:
            index, raw = self._pairer.pair(index, raw)
        if not len(index):
            return []
        if self._base is None:
            self._base = self._resume_at(index, now_ns) - int(index[0])
        index = index + self._base
        self._clock.observe(int(index[-1]), now_ns)
        data_uv = (raw[:, : len(self.ch_names)] * scale_uv()).astype(np.float32)
        return self._chunker.push(index, data_uv, self._clock.time_ns)

    def _resume_at(self, index: NDArray[np.int64], now_ns: int) -> int:
        """Index for the first sample of a connection: the time between the connections tells how many were lost."""
        if not self._end_ns:
            return 0
        first_ns = now_ns - int(index[-1] - index[0]) * 1e9 / self._sfreq_hz
        return self._chunker.next_index + max(0, round((first_ns - self._end_ns) * self._sfreq_hz / 1e9))

    def disconnect(self) -> list[SampleChunk]:
        """The last, short chunk of a connection that has ended."""
        chunks = self._chunker.flush(self._clock.time_ns)
        if self._base is not None:
            self._end_ns = self._clock.time_ns(self._chunker.next_index)
        return chunks
