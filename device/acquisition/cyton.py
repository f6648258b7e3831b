"""The OpenBCI Cyton (and Daisy) at a serial port: start-up, watchdog and reconnection around the pure stream.

Bytes are collected every 30 ms, since wake-ups and not parsing cost processor time (1.1 % against 6 % of a core for
reading as they come); the sample clock restores the times. (sensors notes, 1.3 and 4)
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from functools import partial
from pathlib import Path
from typing import Literal

from device.acquisition import cyton_trouble
from device.acquisition.cyton_packets import BOARD_CHANNELS, CytonStream
from device.acquisition.serial_line import PortMissingError, SerialLine, may_open
from device.acquisition.source import Backoff, Check, Emit, InterruptionError, StatusReporter, own_keys
from device.clock import Clock
from device.config import BluetoothConfig, Config, EntryError, SourceConfig
from device.errors import SensorError
from device.recordings.electrodes import OPENBCI_MONTAGE

BAUD = 115_200
COLLECT_S = 0.03
SILENCE_NS = 2_000_000_000
QUIET_S = 0.1
DRAIN_TRIES = 20
ANSWER_S = 4.0
"""Banners take 0.5 s with today's firmware, 1.2 s with the first one, and up to 2.6 s of a board that just wakes."""
GREETINGS = 3
GREET_AGAIN_S = 0.3
"""A board that was just switched on misses the radio's first poll."""
END = b"$$$"
DAISY = re.compile(rb"Daisy ADS1299 Device ID: 0x([0-9A-Fa-f]{2})")
DEAD_CHIPS = (b"00", b"FF")
"""What a chip that does not answer reads as."""
WHAT = "EEG headset"


class CytonConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a Cyton in device.toml."""

    port: str = ""
    """Serial port; empty: the first dongle."""
    ch_names: tuple[str, ...] = ()
    """Electrodes in channel order, fewer than the board has leave the others out; empty: OpenBCI's usual places."""
    mains_hz: Literal[50, 60] = 50
    """Frequency of the mains, kept with the session for readers of its EEG; hum is looked for at both frequencies."""


class CytonSource:
    """EEG from a Cyton: 8 channels at 250 Hz, or 16 at 125 Hz with a Daisy."""

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        del bluetooth
        own = own_keys(name, config, CytonConfig)
        if len(own.ch_names) > len(OPENBCI_MONTAGE):
            raise EntryError(
                ["sources", name],
                "ch_names",
                f"names {len(own.ch_names)} electrodes, and a Cyton with Daisy has 16",
                "Shorten it.",
            )
        self._name, self._config, self._clock = name, own, clock
        self._stream: CytonStream | None = None
        self._remarks: dict[str, None] = {}
        """Sentences that say what is to be known of the stream beside that it comes."""

    def checks(self) -> list[Check]:
        """Whether this user may open the port, where one is named."""
        port = Path(self._config.port)
        return [Check(f"port of {self._name}", partial(may_open, port), is_needed=False)] if self._config.port else []

    async def probe(self) -> None:
        """Open the port and ask the board who it is. Raises SensorError."""
        with self._open() as line:
            await self._greet(line)

    async def run(self, emit: Emit) -> None:
        status = StatusReporter(self._name, self._clock, emit)
        status.tell("connecting", f"Connecting to the {WHAT}.")
        backoff = Backoff(longest_s=2.0)
        while True:
            try:
                await self._connect(emit, status, backoff)
            except PortMissingError as error:
                if status.state != "lost":
                    status.tell("failed", str(error))
            except InterruptionError as error:
                status.tell(error.state, str(error))
            except SensorError as error:
                status.tell("failed", str(error))
            await asyncio.sleep(backoff.next_s())

    def _open(self) -> SerialLine:
        return SerialLine(WHAT, self._config.port, BAUD)

    async def _connect(self, emit: Emit, status: StatusReporter, backoff: Backoff) -> None:
        """One connection from opening to its end, which is always an error."""
        self._remarks.clear()
        with self._open() as line:
            ch_names = await self._greet(line)
            if self._stream is None or self._stream.ch_names != ch_names:
                self._stream = CytonStream(self._name, ch_names)
            self._stream.connect()
            line.write(b"b")
            try:
                await self._deliver(line, self._stream, emit, status, backoff)
            finally:
                # A board that is left streaming greets the next program with half a packet.
                with contextlib.suppress(SensorError):
                    line.write(b"s")
                for chunk in self._stream.disconnect():
                    emit(chunk)

    async def _deliver(
        self, line: SerialLine, stream: CytonStream, emit: Emit, status: StatusReporter, backoff: Backoff
    ) -> None:
        heard_ns, recent = self._clock.now_ns(), b""
        while True:
            await asyncio.sleep(COLLECT_S)
            data, now_ns = line.read(), self._clock.now_ns()
            recent = (recent + data)[-cyton_trouble.LOOKED_AT_BYTES :]
            chunks = stream.push(data, now_ns)
            for chunk in chunks:
                emit(chunk)
            if chunks:
                heard_ns = now_ns
                backoff.reset()
                status.tell("streaming", self._describe(stream))
            elif now_ns - heard_ns > SILENCE_NS:
                raise _explain_silence(recent)
            if said := cyton_trouble.find_text(recent):
                raise InterruptionError("silent", f"The {WHAT} stopped and said `{said}`; starting it anew.")

    def _describe(self, stream: CytonStream) -> str:
        if stream.n_repeats:
            self._remarks["Its radio sends some packets again; they are left out."] = None
        return " ".join((f"The {WHAT} is streaming {len(stream.ch_names)} channels.", *self._remarks))

    async def _greet(self, line: SerialLine) -> tuple[str, ...]:
        """Quieten a board that may still be streaming, reset it, and settle its channels; returns their names.

        `v` resets gains and channels to the factory's; any answer that ends in `$$$` will do, as firmwares differ.
        """
        banner = await self._ask_who(line)
        attached, has_daisy = b"Daisy" in banner, _has_daisy(banner)
        if attached and not has_daisy:
            self._remarks["Its Daisy board does not answer: push it firmly onto the Cyton for 16 channels."] = None
        names = self._config.ch_names or (OPENBCI_MONTAGE if has_daisy else OPENBCI_MONTAGE[:BOARD_CHANNELS])
        if len(names) > BOARD_CHANNELS and not has_daisy:
            raise SensorError(
                f"Source `{self._name}` names {len(names)} electrodes, but the {WHAT} has no Daisy board.",
                "Shorten `ch_names` in device.toml, or attach the Daisy.",
            )
        if len(names) <= BOARD_CHANNELS and attached:
            await self._ask(line, b"c")
        return names

    async def _ask_who(self, line: SerialLine) -> bytes:
        """The board's banner; its radio is given time to be heard."""
        for _ in range(GREETINGS):
            await self._quieten(line)
            banner = await self._ask(line, b"v")
            if b"Failure" not in banner:
                return banner
            await asyncio.sleep(GREET_AGAIN_S)
        raise InterruptionError(
            "silent",
            f"The dongle on {line.port} answers, but the {WHAT} is off or out of range.",
            "Switch it to PC and check its battery.",
        )

    async def _quieten(self, line: SerialLine) -> None:
        """Send `s` until the line has been still for a moment; a dongle without its board answers each with Failure."""
        for _ in range(DRAIN_TRIES):
            line.write(b"s")
            await asyncio.sleep(QUIET_S)
            data = line.read()
            if not data or b"Failure" in data:
                return

    async def _ask(self, line: SerialLine, command: bytes) -> bytes:
        line.write(command)
        answer = b""
        deadline_ns = self._clock.now_ns() + round(ANSWER_S * 1e9)
        while END not in answer:
            if self._clock.now_ns() > deadline_ns:
                raise _no_answer(line.port, answer)
            await asyncio.sleep(COLLECT_S)
            answer += line.read()
        return answer


def _has_daisy(banner: bytes) -> bool:
    """Whether a Daisy board is attached and its chip answers."""
    chip = DAISY.search(banner)
    return b"Daisy" in banner and (chip is None or chip[1].upper() not in DEAD_CHIPS)


def _no_answer(port: str, answer: bytes) -> InterruptionError:
    if not answer:
        return InterruptionError(
            "silent",
            f"The {WHAT} on {port} does not answer.",
            "Check that it is switched on and that this is its port.",
        )
    said = cyton_trouble.printable(answer[:64]) if answer.isascii() else "no text"
    return InterruptionError(
        "silent",
        f"What answers on {port} is no {WHAT}: it said `{said}`.",
        "Set `port` in device.toml to the dongle's.",
    )


def _explain_silence(recent: bytes) -> InterruptionError:
    """Why no sample came for a while, though perhaps bytes did."""
    trouble = cyton_trouble.explain(recent, WHAT)
    if trouble is None:
        return InterruptionError("silent", f"The {WHAT} has stopped sending; trying to wake it.")
    return InterruptionError("failed", trouble.sentence, trouble.action)
