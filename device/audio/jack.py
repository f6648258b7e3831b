"""Whether the headphones are in their jack, as Linux tells by a switch of an input device (SW_HEADPHONE_INSERT).

A card whose headphones are pulled often goes on by its loudspeaker, at the same gain. The state of the switch is asked
for, not its events, so nobody else who hears the device takes anything from us, nor we from them. The numbers are from
the kernel's linux/input.h and linux/input-event-codes.h.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from device.clock import Clock

EV_SW, HEADPHONE_INSERT = 5, 2
SWITCH_BYTES = 2
EVIOCGSW = 2 << 30 | SWITCH_BYTES << 16 | ord("E") << 8 | 0x1B
EVIOCGBIT_SW = 2 << 30 | SWITCH_BYTES << 16 | ord("E") << 8 | 0x20 + EV_SW
LOOK_NS = 1_000_000_000
"""A jack that comes with its card is heard within this time."""
JACKS_MAX = 8


class Jacks:
    """All jacks that `folder` tells of. Call `look` often; it never waits.

    A jack that nothing was ever in says nothing: these headphones may be at another card.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._heard: dict[tuple[str, int], int] = {}
        """By name and number of the node, its descriptor."""
        self._passed_over: set[tuple[str, int]] = set()
        self._used: set[tuple[str, int]] = set()
        """Jacks that something was in since the session began."""
        self._looked_ns: int | None = None
        self.are_out = False
        """Whether headphones were pulled, and none are in since."""

    def look(self) -> bool:
        """Ask each jack; whether that changed anything."""
        self._find()
        states = {place: self._is_in(place) for place in list(self._heard)}
        self._used |= {place for place, is_in in states.items() if is_in}
        before, self.are_out = self.are_out, bool(self._used) and not any(states.values())
        return self.are_out != before

    def _is_in(self, place: tuple[str, int]) -> bool:
        try:
            return _has(ask(self._heard[place], EVIOCGSW), HEADPHONE_INSERT)
        except OSError:
            # The card went, and its jack with it: that is the card's matter.
            os.close(self._heard.pop(place))
            self._used.discard(place)
            return False

    def _find(self) -> None:
        now_ns = self._clock.now_ns()
        if self._looked_ns is not None and now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        places: set[tuple[str, int]] = set()
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            places = {(entry.name, entry.inode()) for entry in entries if entry.name.startswith("event")}
        self._passed_over &= places
        for place in sorted(places - self._heard.keys() - self._passed_over)[:JACKS_MAX]:
            self._open(place)

    def _open(self, place: tuple[str, int]) -> None:
        """Hear a device that has such a switch, and pass over others; what may not be opened yet is tried again."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._folder / place[0], os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                is_jack = _has(ask(descriptor, EVIOCGBIT_SW), HEADPHONE_INSERT)
            except OSError:
                is_jack = False
            if is_jack and len(self._heard) < JACKS_MAX:
                self._heard[place] = descriptor
            else:
                os.close(descriptor)
                self._passed_over.add(place)

    def close(self) -> None:
        while self._heard:
            os.close(self._heard.popitem()[1])


def ask(descriptor: int, request: int) -> bytes:
    """The switches that a device has, or how they stand. Raises OSError where it has gone, or is none."""
    answer = bytearray(SWITCH_BYTES)
    fcntl.ioctl(descriptor, request, answer)
    return bytes(answer)


def _has(bits: bytes, code: int) -> bool:
    return bool(bits[code // 8] >> code % 8 & 1)
