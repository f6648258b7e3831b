"""Keys of headsets and remote controls, and knobs, as Linux tells of them: /dev/input/event*, read by its plain ABI.

They come and go while the box runs. A device that is heard is grabbed, so that nothing else on this machine acts on its
keys too; a whole keyboard is not, as somebody may be typing. The structures are from the kernel's linux/input.h and
linux/input-event-codes.h; python-evdev, which wraps them, has no wheels for aarch64 and loads asyncio and TLS.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
from collections.abc import Mapping
from pathlib import Path

from device.clock import Clock
from device.config import PanelConfig
from device.errors import ConfigError, SystemMissingError
from device.messages import Button
from device.panel.gestures import Edge
from device.panel.source import Gone, Happening, Unused
from device.text import printable

EVENT = struct.Struct("llHHi")
"""struct input_event: time (which we do not use), type, code, value."""
EVENTS_AT_ONCE = 64
EV_SYN, EV_KEY, EV_REL = 0, 1, 2
SYN_DROPPED = 3
REL_DIAL = 7
UP, DOWN = 0, 1
KEY_A, KEY_Z = 30, 44
KEY_BYTES, REL_BYTES = 96, 2
JOIN_GROUP = "Add this user to the group input: `sudo usermod -aG input $USER`, then log out and in again."
NAME_BYTES = 256
NAME_SHOWN = 60
DEVICES_MAX = 32
LOOK_NS = 1_000_000_000
"""A device that came is heard within this time."""

KEY_CODES: dict[str, int] = {
    "KEY_MUTE": 113, "KEY_VOLUMEDOWN": 114, "KEY_VOLUMEUP": 115, "KEY_PAUSE": 119, "KEY_STOP": 128,
    "KEY_NEXTSONG": 163, "KEY_PLAYPAUSE": 164, "KEY_PREVIOUSSONG": 165, "KEY_STOPCD": 166, "KEY_RECORD": 167,
    "KEY_REWIND": 168, "KEY_PLAYCD": 200, "KEY_PAUSECD": 201, "KEY_PLAY": 207, "KEY_FASTFORWARD": 208,
    "KEY_MEDIA": 226, "KEY_OK": 352, "KEY_ENTER": 28, "KEY_SPACE": 57, "KEY_ESC": 1, "KEY_HOME": 102,
    "KEY_UP": 103, "KEY_LEFT": 105, "KEY_RIGHT": 106, "KEY_DOWN": 108, "KEY_PAGEUP": 104, "KEY_PAGEDOWN": 109,
    "KEY_PHONE": 169, "KEY_BACK": 158, "KEY_FORWARD": 159, "KEY_A": KEY_A, "KEY_B": 48, "KEY_Z": KEY_Z,
    **{f"BTN_{number}": 256 + number for number in range(10)},
}  # fmt: skip
"""Names that [panel.keys] may use."""
KEY_NAMES = {code: name for name, code in KEY_CODES.items()}
USUAL: dict[str, Button] = {
    "KEY_PLAYPAUSE": "play", "KEY_PLAY": "play", "KEY_PAUSE": "play", "KEY_PLAYCD": "play", "KEY_PAUSECD": "play",
    "KEY_MEDIA": "play", "KEY_STOPCD": "stop", "KEY_STOP": "stop", "KEY_MUTE": "stop",
    "KEY_VOLUMEDOWN": "softer", "KEY_VOLUMEUP": "louder",
}  # fmt: skip
"""What media keys do. Whoever mutes a headset wants silence, so that is a stop."""


def _read_ioctl(number: int, n_bytes: int) -> int:
    return 2 << 30 | n_bytes << 16 | ord("E") << 8 | number


EVIOCGNAME = _read_ioctl(0x06, NAME_BYTES)
EVIOCGBIT_KEY = _read_ioctl(0x20 + EV_KEY, KEY_BYTES)
EVIOCGBIT_REL = _read_ioctl(0x20 + EV_REL, REL_BYTES)
EVIOCGRAB = 1 << 30 | 4 << 16 | ord("E") << 8 | 0x90


def buttons_of(keys: Mapping[str, Button]) -> dict[int, Button]:
    """What each key code does: as usual, but for what device.toml says.

    Raises:
        ConfigError: a name is no key that is known here.
    """
    if unknown := sorted(keys.keys() - KEY_CODES.keys()):
        known = ", ".join(sorted(KEY_CODES))
        raise ConfigError(f"`panel.keys.{unknown[0]}` in device.toml is no key that is known.", f"Known are {known}.")
    return {KEY_CODES[name]: button for name, button in (USUAL | dict(keys)).items()}


class InputDevice:
    """One device node that is heard.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path, buttons: Mapping[int, Button]) -> None:
        self._buttons = buttons
        self._rest = b""
        self._down: set[int] = set()
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        name = self._ask(EVIOCGNAME, NAME_BYTES).partition(b"\0")[0].decode("utf-8", "replace")
        self.name = printable(name)[:NAME_SHOWN] or path.name
        self.source = f"{self.name} [{path.name}]"
        keys, rels = self._ask(EVIOCGBIT_KEY, KEY_BYTES), self._ask(EVIOCGBIT_REL, REL_BYTES)
        self.is_silent = bool(keys) and not (any(_has(keys, code) for code in buttons) or _has(rels, REL_DIAL))
        """Whether it has nothing that means something here. What does not say what it has is heard."""
        self.is_keyboard = _has(keys, KEY_A) and _has(keys, KEY_Z)

    def _ask(self, request: int, n_bytes: int) -> bytes:
        answer = bytearray(n_bytes)
        try:
            fcntl.ioctl(self.descriptor, request, answer)
        except OSError:
            return b""
        return bytes(answer)

    def grab(self) -> bool:
        """Keep its keys from everybody else; false where another program keeps them from us."""
        try:
            if not self.is_keyboard:
                fcntl.ioctl(self.descriptor, EVIOCGRAB, 1)
        except OSError as error:
            return error.errno != errno.EBUSY
        return True

    def read(self, now_ns: int) -> list[Happening]:
        """What is there.

        Raises:
            OSError: it has gone.
        """
        try:
            data = os.read(self.descriptor, EVENT.size * EVENTS_AT_ONCE)
        except BlockingIOError:
            return []
        if not data:
            raise OSError(f"{self.source} has ended")
        whole = self._rest + data
        cut = len(whole) - len(whole) % EVENT.size
        self._rest = whole[cut:]
        events = EVENT.iter_unpack(whole[:cut])
        return [edge for _, _, kind, code, value in events for edge in self._take(kind, code, value, now_ns)]

    def _take(self, kind: int, code: int, value: int, now_ns: int) -> list[Happening]:
        if kind == EV_SYN and code == SYN_DROPPED:
            # The kernel lost events: whatever was down may be up, and a press more is better than one that never ends.
            lost, self._down = self._down, set()
            return [Edge(self.source, self._buttons[each], "up", now_ns) for each in sorted(lost)]
        if kind == EV_REL and code == REL_DIAL and value:
            return [Edge(self.source, "louder" if value > 0 else "softer", "click", now_ns)]
        if kind != EV_KEY or value not in (UP, DOWN):
            return []  # among them 2, by which a key that is held repeats itself
        if code not in self._buttons:
            return [Unused(self.source, KEY_NAMES.get(code, f"key {code}"))] if value else []
        (self._down.add if value else self._down.discard)(code)
        return [Edge(self.source, self._buttons[code], "down" if value else "up", now_ns)]

    def close(self) -> None:
        os.close(self.descriptor)


def _has(bits: bytes, code: int) -> bool:
    return code // 8 < len(bits) and bool(bits[code // 8] >> code % 8 & 1)


class EvdevKeys:
    """All input devices that are heard, as they come and go.

    Raises:
        ConfigError: device.toml names a key that is none.
    """

    def __init__(self, config: PanelConfig, clock: Clock) -> None:
        self._folder, self._wanted, self._clock = Path(config.input_folder), config.input_devices, clock
        self._buttons = buttons_of(config.keys)
        self._epoll = select.epoll()
        self._heard: dict[tuple[str, int], InputDevice] = {}
        """By name and number of the node: a device that comes again has the same name and another number."""
        self._passed_over: set[tuple[str, int]] = set()
        self._looked_ns: int | None = None
        self.trouble: SystemMissingError | None = None

    def fileno(self) -> int:
        return self._epoll.fileno()

    @property
    def devices(self) -> list[InputDevice]:
        return list(self._heard.values())

    def read(self) -> list[Happening]:
        """Edges, and devices that went; once a second it looks who came."""
        happened = self._look()
        ready = {descriptor for descriptor, _ in self._epoll.poll(0)}
        for place, device in list(self._heard.items()):
            if device.descriptor in ready:
                happened += self._read(place, device)
        return happened

    def _read(self, place: tuple[str, int], device: InputDevice) -> list[Happening]:
        try:
            return device.read(self._clock.now_ns())
        except OSError:
            return [self._drop(place)]

    def _drop(self, place: tuple[str, int]) -> Gone:
        device = self._heard.pop(place)
        device.close()  # epoll forgets it by that
        return Gone(device.source)

    def _look(self) -> list[Happening]:
        now_ns = self._clock.now_ns()
        if self._looked_ns is not None and now_ns - self._looked_ns < LOOK_NS:
            return []
        self._looked_ns, self.trouble = now_ns, None
        places = self._places()
        self._passed_over &= places
        gone: list[Happening] = [self._drop(place) for place in list(self._heard) if place not in places]
        for place in sorted(places - self._heard.keys() - self._passed_over)[: DEVICES_MAX - len(self._heard)]:
            self._open(place)
        return gone

    def _places(self) -> set[tuple[str, int]]:
        try:
            with os.scandir(self._folder) as entries:
                return {(entry.name, entry.inode()) for entry in entries if entry.name.startswith("event")}
        except OSError:
            return set()  # no device, or none yet

    def _open(self, place: tuple[str, int]) -> None:
        """Hear a device, or pass it over."""
        try:
            device = InputDevice(self._folder / place[0], self._buttons)
        except PermissionError:
            sentence = f"The keys of {self._folder / place[0]} cannot be heard: permission denied."
            self.trouble = SystemMissingError(sentence, JOIN_GROUP)
            return
        except OSError:
            return  # it went again just now
        if device.is_silent or (self._wanted and device.name not in self._wanted):
            device.close()
            self._passed_over.add(place)
            return
        if not device.grab():
            self.trouble = SystemMissingError(f"Another program keeps the keys of {device.source}.", "End it.")
        self._epoll.register(device.descriptor, select.EPOLLIN)
        self._heard[place] = device

    def close(self) -> None:
        for place in list(self._heard):
            self._drop(place)
        self._epoll.close()
