"""A private D-Bus system bus in a folder: no root, no Bluetooth, no trace on the machine's own bus."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from device.errors import SystemMissingError

SOCKET_PATH_MAX = 100
START_S = 5.0

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>{address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/>
</policy></busconfig>
"""


class PrivateBus:
    """dbus-daemon with its socket in `folder`; it dies with the process that started it.

    Raises:
        SystemMissingError: no dbus-daemon here, a user whom it would not let in, or a folder whose path is too long for
            a socket.
    """

    def __init__(self, folder: Path) -> None:
        self._socket = folder.resolve() / "dbus"
        self._config, self._log = folder / "dbus.conf", folder / "dbus.log"
        if len(os.fsencode(self._socket)) > SOCKET_PATH_MAX:
            raise SystemMissingError(f"The folder {folder} has too long a path for a socket.", "Use a shorter one.")
        if shutil.which("dbus-daemon") is None:
            raise SystemMissingError("dbus-daemon is not installed.", "Install the package `dbus`.")
        _refuse_unknown_user()
        self.bus_address = f"unix:path={quote(os.fspath(self._socket), safe='/-_.')}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._config.write_text(CONFIG.format(address=escape(self.bus_address)), "utf-8")
        self._socket.unlink(missing_ok=True)
        daemon = ("dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", f"--config-file={self._config}")
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", *daemon, "--print-address"),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        printed = await asyncio.wait_for(self._process.stdout.readline(), START_S)
        if not printed:
            raise SystemMissingError("The private dbus-daemon did not start.", f"Its words are in {self._log}.")

    async def stop(self) -> None:
        """Stop it and remove its socket; all its clients see the bus vanish."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        self._process = None
        self._socket.unlink(missing_ok=True)


def _refuse_unknown_user() -> None:
    try:
        pwd.getpwuid(os.getuid())
    except KeyError as error:
        raise SystemMissingError(
            f"This user's number {os.getuid()} has no name, and dbus-daemon lets no such user in.",
            "Run as a user that `getent passwd` lists.",
        ) from error
