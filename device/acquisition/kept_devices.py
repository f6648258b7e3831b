"""Keeps which device each source of the session is, for the process that is started again in mid-session."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from device.files.outputs import write_whole
from device.messages import Message, SensorStatus

FILE = "devices.json"


class KeptDevices:
    """Devices by source, in the session's run folder. One that cannot be kept is no reason to stop a session."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / FILE
        self._devices: dict[str, str] = {}
        with contextlib.suppress(OSError, msgspec.DecodeError):  # not there yet, or not whole: nothing is known
            self._devices = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def of(self, source: str) -> str:
        """The device that a source was heard as; empty: none yet."""
        return self._devices.get(source, "")

    def see(self, message: Message) -> None:
        """Keep the device that a SensorStatus names."""
        if isinstance(message, SensorStatus) and message.device and self.of(message.source) != message.device:
            self._devices[message.source] = message.device
            with contextlib.suppress(OSError):
                write_whole(self._path, msgspec.json.encode(self._devices), 0o600)
