"""A folder of input devices that speak struct input_event through real pipes: what /dev/input is without hardware."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from device.panel.evdev_keys import EV_KEY, EV_REL, EV_SYN, EVENT, KEY_CODES, REL_DIAL, SYN_DROPPED


class Node:
    """One device node; plugged in when made."""

    def __init__(self, folder: Path, name: str = "event0") -> None:
        self.path = folder / name
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def send(self, kind: int, code: int, value: int) -> None:
        os.write(self._end, EVENT.pack(1, 2, kind, code, value) + EVENT.pack(1, 2, EV_SYN, 0, 0))

    def down(self, key: str) -> None:
        self.send(EV_KEY, KEY_CODES[key], 1)

    def up(self, key: str) -> None:
        self.send(EV_KEY, KEY_CODES[key], 0)

    def repeat(self, key: str) -> None:
        self.send(EV_KEY, KEY_CODES[key], 2)

    def dial(self, steps: int) -> None:
        self.send(EV_REL, REL_DIAL, steps)

    def lose_events(self) -> None:
        self.send(EV_SYN, SYN_DROPPED, 0)

    def write(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._end, data)

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._end)
