"""The OpenBCI Cyton without a transport: command bytes in, replies and stream bytes out, time given by the caller.

Speaks what firmware 3.1 and its radio dongle speak (sensors notes, 1.1), so the same core serves a pseudo-terminal
and a virtual machine's USB port. Faults are plain methods; what they do happens where it would happen in life: in the
radio (`drop`, `outage`), on the wire (`insert`, `truncate`), in the board (`switch_off`, `silence`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Feed = Callable[[int, int], NDArray[np.float64]]
"""`feed(first_sample, n)` -> (n, 8 or 16) in uV at 250 Hz."""

SFREQ_HZ = 250.0
PACKET_BYTES = 33
CHANNELS_ON, CHANNELS_OFF = b"!@#$%^&*QWERTYUI", b"12345678qwertyui"
GAINS = (1, 2, 4, 6, 8, 12, 24)
RATES_HZ = (16000, 8000, 4000, 2000, 1000, 500, 250)
MODES = ("default", "debug", "analog", "digital", "marker", "BLE")
TEST_SIGNALS = {b"0": (0, 0), b"-": (1, 1), b"=": (1, 2), b"p": (1, 0), b"[": (2, 1), b"]": (2, 2)}
"""Command -> (amplitude in 1.875 mV, half-waves per 0.512 s)."""
COMMAND_LENGTH = {b"x": 9, b"z": 5, b"~": 2, b"/": 2, b"`": 2, b"\xf0": 2}
COMMAND_TIMEOUT_S = 1.0
RESET_S = 0.5
ACCEL_EVERY = 10
ACCEL_COUNTS = (160, -320, 8000)
"""x, y, z of a head held still: 0.02, -0.04, 1.0 g."""
BOARD_OFF = b"Failure: Communications timeout - Device failed to poll Host$$$"
TIMED_OUT = b"Timeout processing multi byte message - please send all commands at once as of v2$$$"


class Due(NamedTuple):
    at_s: float
    data: bytes


class CytonBoard:
    """Board and dongle. `rate_hz` other than 250 is a crystal that drifts; `daisy` adds channels 9 to 16."""

    def __init__(self, feed: Feed, *, daisy: bool = False, rate_hz: float = SFREQ_HZ) -> None:
        self._feed, self._has_daisy, self._rate_hz = feed, daisy, rate_hz
        self._now_s = 0.0
        self._command, self._command_s = b"", 0.0
        self._replies: list[Due] = []
        self._sample = 0
        self._began_s: float | None = None
        self.streaming = False
        self.powered = True
        self.answering = True
        self.radio_channel = 7
        self.n_sent = 0
        """Packets that left the dongle."""
        self.n_dropped = 0
        """Packets that were lost in the radio."""
        self._drop_left, self._outage_until_s = 0, 0.0
        self._inserted, self._truncate_to = b"", PACKET_BYTES
        self._reset()

    def _reset(self) -> None:
        self.streaming = False
        self._daisy = self._has_daisy
        self._mode, self._rate_code, self._marker = 0, 6, 0
        self._timestamps = False
        self._default_channels()

    def _default_channels(self) -> None:
        self.gain = np.full(16, 24.0)
        self.on = np.ones(16, bool)
        self._test_signal: tuple[int, int] | None = None
        self._counter = 0
        self._previous: NDArray[np.float64] | None = None

    # --- faults

    def drop(self, n_packets: int) -> None:
        """Lose the next packets in the radio."""
        self._drop_left += n_packets

    def outage(self, seconds: float) -> None:
        """Lose every packet of the next while."""
        self._outage_until_s = self._now_s + seconds

    def insert(self, garbage: bytes) -> None:
        """Put bytes that belong to nothing between two packets."""
        self._inserted += garbage

    def truncate(self, n_bytes: int = 17) -> None:
        """Cut the next packet short."""
        self._truncate_to = n_bytes

    def switch_off(self) -> None:
        """The board loses power: the stream ends and the dongle answers for it."""
        self.powered = False
        self._reset()

    def switch_on(self) -> None:
        self.powered = True

    def silence(self, *, silent: bool = True) -> None:
        """Neither stream nor answer, as a hung dongle."""
        self.answering = not silent

    def restart_counter(self) -> None:
        """What a channel command in mid-stream does."""
        self._counter = 0

    # --- commands

    def receive(self, data: bytes, now_s: float) -> None:
        """Take command bytes; replies come with `advance`."""
        self._now_s = now_s
        for value in data:
            if self._command and now_s - self._command_s > COMMAND_TIMEOUT_S:
                self._time_out()
            self._command += bytes((value,))
            self._command_s = now_s
            if self._command[-2:] in {b"\xf0\x01", b"\xf0\x02"}:
                continue
            ended = self._command[:1] + self._command[-1:] in {b"xX", b"zZ"}
            if ended or len(self._command) >= COMMAND_LENGTH.get(self._command[:1], 1):
                command, self._command = self._command, b""
                self._obey(command)

    def _time_out(self) -> None:
        self._command = b""
        self._reply(TIMED_OUT)

    def _reply(self, text: str | bytes, after_s: float = 0.0) -> None:
        if self.answering:
            data = text.encode() + b"$$$" if isinstance(text, str) else text
            self._replies.append(Due(self._now_s + after_s, data))

    def _obey(self, command: bytes) -> None:
        if command[:1] == b"\xf0":
            self._obey_dongle(command)
        elif not self.powered:
            self._reply(BOARD_OFF)
        elif command in {b"b", b"s"}:
            self.streaming = command == b"b"
            self._counter, self._previous = 0, None
        elif command == b"v":
            self._reset()
            self._reply(self._banner(), RESET_S)
        else:
            reply = self._configure(command)
            if self.streaming:
                self._counter = 0
            elif reply:
                self._reply(reply)

    def _banner(self) -> str:
        daisy = "On Daisy ADS1299 Device ID: 0x3E\n" if self._has_daisy else ""
        head = "OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\n"
        return f"{head}{daisy}LIS3DH Device ID: 0x33\nFirmware: v3.1.2\n"

    def _configure(self, command: bytes) -> str:
        first = command[:1]
        if first in {b"x", b"z", b"~", b"/", b"`"}:
            return self._configure_long(first, command)
        if command in TEST_SIGNALS:
            self._test_signal = TEST_SIGNALS[command]
            return "Success: Configured internal test signal."
        if command in CHANNELS_ON + CHANNELS_OFF:
            self.on[(CHANNELS_ON + CHANNELS_OFF).index(command) % 16] = command in CHANNELS_ON
            return ""
        return self._configure_board(command)

    def _configure_board(self, command: bytes) -> str:
        if command == b"d":
            self._default_channels()
            return "updating channel settings to default"
        if command in {b"<", b">"}:
            self._timestamps = command == b"<"
            return "Time stamp ON" if self._timestamps else "Time stamp OFF"
        if command == b"C":
            reply = "16" if self._daisy else "daisy attached16" if self._has_daisy else "no daisy to attach!8"
            self._daisy = self._has_daisy
            return reply
        if command == b"c":
            self._daisy = False
            return "daisy removed"
        registers = (
            "Board ADS Registers\n" + "\n".join(f"CH{n + 1}SET, {g:.0f}" for n, g in enumerate(self.gain)) + "\n"
        )
        return {b"V": "v3.1.2", b"D": "060110", b"?": registers}.get(command, "")

    def _configure_long(self, first: bytes, command: bytes) -> str:
        digit = command[1] - ord("0")
        if first == b"`":
            self._marker = command[1]
            return ""
        if first == b"~":
            self._rate_code = digit if 0 <= digit < len(RATES_HZ) else self._rate_code
            ok = command == b"~~" or 0 <= digit < len(RATES_HZ)
            rate = f"Success: Sample rate is {RATES_HZ[self._rate_code]}Hz"
            return rate if ok else "Failure: sample value out of bounds"
        if first == b"/":
            self._mode = digit if 0 <= digit < len(MODES) else self._mode
            ok = command == b"//" or 0 <= digit < len(MODES)
            return f"Success: {MODES[self._mode]}" if ok else "Failure: board mode value out of bounds"
        return self._configure_channel(first, command)

    def _configure_channel(self, first: bytes, command: bytes) -> str:
        channel = (CHANNELS_OFF + CHANNELS_ON).find(command[1:2]) % 16
        last, place, done = (b"X", "9th", "Channel set") if first == b"x" else (b"Z", "5th", "Lead off set")
        if len(command) < COMMAND_LENGTH[first]:
            return "Failure: too few chars"
        if command[-1:] != last:
            return f"Failure: Err: {place} char not {last.decode()}"
        if first == b"x":
            self.on[channel] = command[2:3] == b"0"
            self.gain[channel] = GAINS[min(6, max(0, command[3] - ord("0")))]
        return f"Success: {done} for {channel + 1}"

    def _obey_dongle(self, command: bytes) -> None:
        code = command[1]
        channel = command[2] if len(command) > 2 else self.radio_channel
        if channel >= 25:
            self._reply("Failure: Verify channel number is less than 25")
            return
        self.radio_channel = channel
        number = str(channel).encode() + bytes((channel,)) + b"$$$"
        if code in {0, 1}:
            verdict = b"Success: Host and Device on" if self.powered else b"Failure: Host on"
            self._reply(verdict + b" Channel number: " + number)
        elif code == 2:
            self._reply(b"Success: Host override - Channel number: " + number)
        elif code == 7:
            self._reply("Success: System is Up" if self.powered else "Failure: System is Down")
        else:
            self._reply("Success: Poll time or baud rate")

    # --- stream

    def advance(self, now_s: float) -> bytes:
        """Everything the dongle sends between the last call and `now_s`."""
        self._now_s = now_s
        if self._command and now_s - self._command_s > COMMAND_TIMEOUT_S:
            self._time_out()
        if self._began_s is None:
            self._began_s = now_s
        first, self._sample = self._sample, int((now_s - self._began_s) * self._rate_hz)
        stream = self._packets(first, self._sample - first) if self.streaming and self._sample > first else b""
        due = [reply for reply in self._replies if reply.at_s <= now_s]
        self._replies = [reply for reply in self._replies if reply.at_s > now_s]
        return stream + b"".join(reply.data for reply in due)

    def _packets(self, first: int, n: int) -> bytes:
        counter = (self._counter + np.arange(n)).astype(np.uint8)
        self._counter = int(counter[-1]) + 1
        raw = self._measure(first, n, counter)
        rows = np.empty((n, PACKET_BYTES), np.uint8)
        rows[:, 0], rows[:, 1] = 0xA0, counter
        rows[:, 2:26] = raw.astype(">i4")[:, :, None].view(np.uint8)[:, :, 1:].reshape(n, 24)
        rows[:, 26:32], rows[:, 32] = self._auxiliary(first, counter)
        return self._send(rows)

    def _measure(self, first: int, n: int, counter: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Counts of the eight channels that are in each packet."""
        data_uv = np.asarray(self._feed(first, n), np.float64)
        if self._test_signal is not None:
            amplitude, speed = self._test_signal
            wave = 1 - 2 * ((np.arange(first, first + n) * speed // 128) % 2)
            data_uv = np.broadcast_to((1875.0 * amplitude * wave)[:, None], (n, data_uv.shape[1]))
        counts = data_uv * self.on[: data_uv.shape[1]] * self.gain[: data_uv.shape[1]] * ((2**23 - 1) / 4.5e6)
        if self._daisy:
            before = counts[:1] if self._previous is None else self._previous
            self._previous = counts[-1:]
            counts = (counts + np.concatenate((before, counts[:-1]))) / 2
            counts = np.where((counter % 2 == 0)[:, None], counts[:, 8:16], counts[:, :8])
        raw: NDArray[np.int32] = np.clip(np.rint(counts[:, :8]), -(2**23), 2**23 - 1).astype(np.int32)
        return raw

    def _auxiliary(self, first: int, counter: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Six auxiliary bytes and the footer of each packet."""
        n = len(counter)
        words = np.zeros((n, 3), ">i2")
        raw_aux = 1 <= self._mode <= 4
        if raw_aux and self._mode == 4:
            words[0, 0], self._marker = self._marker, 0
        elif not raw_aux and self._timestamps:
            axis = counter % 10
            words[:, 0] = np.select([axis == 7, axis == 8, axis == 9], ACCEL_COUNTS, 0)
        elif not raw_aux:
            words[(first + np.arange(n)) % ACCEL_EVERY == 0] = ACCEL_COUNTS
        auxiliary = words.view(np.uint8).reshape(n, 6).copy()
        if self._timestamps:
            millis = ((first + np.arange(n)) * 1000 / SFREQ_HZ).astype(">u4")
            auxiliary[:, 2:] = millis[:, None].view(np.uint8)
        footer = np.full(n, 0xC0 + (4 if self._timestamps else 0) + int(raw_aux) * (2 if self._timestamps else 1))
        return auxiliary, footer.astype(np.uint8)

    def _send(self, rows: NDArray[np.uint8]) -> bytes:
        """What is left of the packets after radio and wire."""
        n_lost = min(len(rows), self._drop_left)
        self._drop_left -= n_lost
        if self._now_s < self._outage_until_s or not (self.powered and self.answering):
            n_lost = len(rows)
        self.n_dropped += n_lost
        self.n_sent += len(rows) - n_lost
        sent: bytes = rows[n_lost:].tobytes()
        if not sent:
            return b""
        garbage, n_head = self._inserted, self._truncate_to
        self._inserted, self._truncate_to = b"", PACKET_BYTES
        return garbage + sent[:n_head] + sent[PACKET_BYTES:]
