"""A serial port held exclusively and read without blocking, with every way it can fail put in words."""

from __future__ import annotations

import errno
import grp
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import serial
from serial.tools import list_ports

from device.acquisition.source import InterruptionError
from device.errors import SensorError

DONGLE = (0x0403, 0x6015)
"""USB identity of the FT231X in the OpenBCI dongle."""


class PortMissingError(SensorError):
    """The port is not there (yet, or any more)."""


class SerialLine:
    """The port of `what` (as in "EEG headset"); an empty `port` is the first OpenBCI dongle.

    Raises:
        PortMissingError: no such port.
        SensorError: the port is in use, or may not be opened by this user, or is no serial port.
    """

    def __init__(self, what: str, port: str, baud: int) -> None:
        self._what = what
        self.port = port if "/" in port else f"/dev/{port}" if port else find_dongle(what)
        try:
            # Not shared: flock keeps a second program that also asks for it from stealing every other byte.
            self._serial = serial.Serial(self.port, baud, timeout=0, write_timeout=1.0, exclusive=True)
        except (OSError, ValueError) as error:
            raise _explain(what, self.port, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._serial.close()

    def read(self) -> bytes:
        """All bytes that have come in, possibly none.

        Raises:
            InterruptionError: the device was unplugged.
        """
        try:
            return bytes(self._serial.read(65536))
        except OSError as error:
            raise self._unplugged() from error

    def write(self, data: bytes) -> None:
        """Send a few bytes.

        Raises:
            InterruptionError: the device was unplugged.
        """
        try:
            self._serial.write(data)
        except OSError as error:
            raise self._unplugged() from error

    def _unplugged(self) -> InterruptionError:
        return InterruptionError("lost", f"The {self._what} was unplugged; waiting for it to come back.")


def find_dongle(what: str) -> str:
    """Path of the first OpenBCI dongle.

    Raises:
        PortMissingError: there is none.
    """
    for port in list_ports.comports():
        if (port.vid, port.pid) == DONGLE:
            return str(port.device)
    raise PortMissingError(
        f"No USB dongle of the {what} was found; {_found()}.", "Plug it in, or set `port` in device.toml."
    )


def _found() -> str:
    ports = [str(port.device) for port in list_ports.comports()]
    return f"serial ports here: {', '.join(ports)}" if ports else "there is no serial port on this machine"


def _explain(what: str, port: str, error: OSError | ValueError) -> SensorError:
    code = getattr(error, "errno", None)
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return PortMissingError(
            f"The {what}'s port {port} is not there; {_found()}.", "Plug the dongle in, or mend `port` in device.toml."
        )
    if code == errno.EACCES:
        return SensorError(
            f"The {what}'s port {port} may not be opened by this user.", "Add the user to the group `dialout`."
        )
    if code in {errno.EAGAIN, errno.EBUSY} or "exclusively lock" in str(error):
        return SensorError(f"The {what}'s port {port} is in use by another program.", "Close that program.")
    return SensorError(
        f"The {what}'s port {port} cannot be opened: {error}.", "Set `port` to the dongle's serial port."
    )


def may_open(port: Path) -> str:
    """Whether this user may open serial ports; whether the board answers is its probe's to say.

    Raises:
        SensorError: the user may not.
    """
    is_member = os.geteuid() == 0 or _dialout() in os.getgroups()
    if os.access(port, os.R_OK | os.W_OK) if port.exists() else is_member:
        return f"{port} may be opened." if port.exists() else "This user may open serial ports."
    raise SensorError(
        f"This user may not open {port}.", "Run `sudo usermod -aG dialout $USER`, then log out and in again."
    )


def _dialout() -> int:
    try:
        return grp.getgrnam("dialout").gr_gid
    except KeyError:
        return -1
