"""The Cyton's stream, pure: bytes with their arrival time in, SampleChunks out. The transport is in cyton.py.

A packet is 0xA0, counter, 8 x int24 big endian, 6 auxiliary bytes, 0xC0..0xC6, without a checksum, at 250/s. So a
packet is believed only with its neighbours: see `PacketDecoder`. What its counter means is `cyton_counter`'s to say.
(OpenBCI Cyton firmware 3.1; sensors notes, 1.1)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.acquisition.chunks import Chunker
from device.acquisition.cyton_counter import PACKETS_PER_S, CounterUnwrapper, HalfCounter
from device.acquisition.sample_clock import SampleClock
from device.messages import SampleChunk

HEAD = 0xA0
FOOTER_FIRST, FOOTER_LAST = 0xC0, 0xC6
PACKET_BYTES = 33
LOOK_BYTES = PACKET_BYTES + 2
"""A packet is decided once the head and the counter behind it are there."""
BOARD_CHANNELS = 8
FULL_SCALE_COUNTS = 2**23 - 1
"""What a loose electrode reads as."""
PAIRS_KNOWN = 8
"""Number of packets of a Daisy that tell how its halves are counted."""


class Packets(NamedTuple):
    counter: NDArray[np.uint8]
    following: NDArray[np.uint8]
    """The byte in the place of the next packet's counter."""
    raw: NDArray[np.int32]
    """Shape (n, 8)."""

    def part(self, which: slice) -> Packets:
        """Some of the packets."""
        return Packets(self.counter[which], self.following[which], self.raw[which])

    def join(self, later: Packets) -> Packets:
        """These packets and later ones."""
        return Packets(
            np.concatenate((self.counter, later.counter)),
            np.concatenate((self.following, later.following)),
            np.concatenate((self.raw, later.raw)),
        )


NO_PACKETS = Packets(np.empty(0, np.uint8), np.empty(0, np.uint8), np.empty((0, BOARD_CHANNELS), np.int32))


def scale_uv(gain: float = 24.0) -> float:
    """Microvolts of one count at an amplifier gain (ADS1299, reference 4.5 V)."""
    return 4.5 / (2**23 - 1) / gain * 1e6


class PacketDecoder:
    """Incremental decoder; the same packets come out however the bytes were split.

    A candidate with right head and footer counts as a packet if a head stands behind it, and, where the chain was
    broken, its counter follows the last one or the next counter follows its own. Anything else was damaged, or payload
    that looked like a packet, and the search goes on one byte further. So damage costs the damaged packet, and the
    whole one before inserted bytes, but never makes a sample up.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._chained = False
        self._last_counter = -1

    @property
    def holds_packet(self) -> bool:
        """Whether a whole packet has come in that still waits for the head behind it."""
        return len(self._bytes) >= PACKET_BYTES

    def decode(self, data: bytes) -> Packets:
        """Packets completed by `data`, in order."""
        self._bytes += data
        runs: list[NDArray[np.uint8]] = []
        position = 0
        while (position := self._bytes.find(HEAD, position)) >= 0 and len(self._bytes) - position >= LOOK_BYTES:
            run = self._run_at(position)
            self._chained = len(run) > 0
            if self._chained:
                runs.append(run)
                self._last_counter = int(run[-1, 1])
            position += len(run) * PACKET_BYTES or 1
        self._bytes = self._bytes[position:] if position >= 0 else b""
        return _unpack(np.concatenate(runs)) if runs else NO_PACKETS

    def _run_at(self, position: int) -> NDArray[np.uint8]:
        """The unbroken run of packets that begins at `position`, each with the counter behind it, shape (n, 34)."""
        n_rows = (len(self._bytes) - position - 2) // PACKET_BYTES
        window = np.frombuffer(self._bytes, np.uint8, n_rows * PACKET_BYTES + 2, position)
        rows = np.column_stack((window[:-2].reshape(n_rows, PACKET_BYTES), window[PACKET_BYTES + 1 :: PACKET_BYTES]))
        footer = rows[:, PACKET_BYTES - 1]
        headed = window[PACKET_BYTES::PACKET_BYTES] == HEAD
        good = (rows[:, 0] == HEAD) & (footer >= FOOTER_FIRST) & (footer <= FOOTER_LAST) & headed
        good[0] &= self._chained or self._is_plausible(int(rows[0, 1]), int(window[PACKET_BYTES + 1]))
        return rows if good.all() else rows[: int(np.argmin(good))]

    def _is_plausible(self, counter: int, next_counter: int) -> bool:
        follows = self._last_counter >= 0 and counter == (self._last_counter + 1) & 0xFF
        return follows or next_counter == (counter + 1) & 0xFF


def _unpack(rows: NDArray[np.uint8]) -> Packets:
    wide = np.zeros((len(rows), BOARD_CHANNELS, 4), np.uint8)
    wide[:, :, :3] = rows[:, 2:26].reshape(-1, BOARD_CHANNELS, 3)
    raw = (wide.view(">i4")[:, :, 0] >> 8).astype(np.int32)
    return Packets(rows[:, 1].copy(), rows[:, PACKET_BYTES].copy(), raw)


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
        self._chunker = Chunker(source, ch_names, self._sfreq_hz, full_scale=FULL_SCALE_COUNTS * scale_uv())
        self._end_ns = 0
        self.connect()

    def connect(self) -> None:
        """Begin a new connection: the counter starts anew, the sample index goes on."""
        self._decoder, self._unwrapper, self._pairer = PacketDecoder(), CounterUnwrapper(), DaisyPairer()
        self._halves: HalfCounter | None = None
        self._undecided: Packets | None = NO_PACKETS if self._daisy else None
        """The first packets of a Daisy, until they tell how its halves are counted."""
        self._clock = SampleClock(self._sfreq_hz, not_before_ns=self._end_ns)
        self._base: int | None = None
        self._read_ns = 0

    def push(self, data: bytes, now_ns: int) -> list[SampleChunk]:
        """Chunks completed by bytes that were read at `now_ns`."""
        n_held = int(self._decoder.holds_packet)
        packets = self._decoder.decode(data)
        # A packet that only waited for the head behind it came with the read before.
        came = [(packets.part(slice(n_held)), self._read_ns), (packets.part(slice(n_held, None)), now_ns)]
        self._read_ns = now_ns if data else self._read_ns
        return [chunk for part, came_ns in came if len(part.counter) for chunk in self._take(part, came_ns)]

    @property
    def n_repeats(self) -> int:
        """Packets of this connection that came before and were left out."""
        return self._unwrapper.n_repeats

    def _take(self, packets: Packets, came_ns: int) -> list[SampleChunk]:
        """Number packets that came together and give them their place."""
        if self._undecided is not None:
            packets = self._undecided.join(packets)
            self._undecided = packets if len(packets.counter) < PAIRS_KNOWN else None
            if self._undecided is not None:
                return []
            if HalfCounter.is_needed(packets.counter, packets.raw):
                self._halves, self._unwrapper = HalfCounter(), CounterUnwrapper(HalfCounter.TURN)
        counter, following = packets.counter.tolist(), packets.following.tolist()
        if self._halves:
            counter = self._halves.apply(packets.counter, packets.raw)
            following = [*counter[1:], -1]
        index, kept = self._unwrapper.unwrap(counter, following, packets.raw, came_ns)
        return self._place(index, packets.raw[kept], came_ns) if len(index) else []

    def _place(self, index: NDArray[np.int64], raw: NDArray[np.int32], came_ns: int) -> list[SampleChunk]:
        """Give numbered packets, the last of which came at `came_ns`, their place among all samples of the source."""
        if self._daisy:
            index, raw = self._pairer.pair(index, raw)
        if not len(index):
            return []
        if self._base is None:
            self._base = self._resume_at(index, came_ns) - int(index[0])
        index = index + self._base
        self._clock.observe(int(index[-1]), came_ns)
        data_uv = (raw[:, : len(self.ch_names)] * scale_uv()).astype(np.float32)
        return self._chunker.push(index, data_uv, self._clock.time_ns)

    def _resume_at(self, index: NDArray[np.int64], came_ns: int) -> int:
        """Index for the first sample of a connection: the time between the connections tells how many were lost."""
        if not self._end_ns:
            return 0
        first_ns = came_ns - int(index[-1] - index[0]) * 1e9 / self._sfreq_hz
        return self._chunker.next_index + max(0, round((first_ns - self._end_ns) * self._sfreq_hz / 1e9))

    def disconnect(self) -> list[SampleChunk]:
        """The last, short chunk of a connection that has ended."""
        chunks = self._chunker.flush(self._clock.time_ns)
        if self._base is not None:
            self._end_ns = self._clock.time_ns(self._chunker.next_index)
        return chunks
