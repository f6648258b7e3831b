"""A session as a child of the box: it is loaded beforehand, waits for its order, and says in lines how it goes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from device.messages import UNDECODABLE
from device.runtime.asking import knock
from device.runtime.door import door_path, stop_path
from device.runtime.interpreter import HOUSE, environment, interpreter

PROGRAM = "device.commands.box_session"
WAITS = "waits"
"""What `ps` and `top` call it once it is loaded and waits for a press."""
LINE_BYTES_MAX = 65_536


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played, and to whom."""

    listener: str = "guest"
    prescription: str = ""
    """Path of prescription.toml; empty: none."""
    plan: str = ""
    """Path of a plan; empty: the prescription's own."""
    minutes: float | None = None
    """None: as long as the plan is, or as device.toml says."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A line from the child: that it waits, where the session runs, or how it ended."""

    waits: bool = False
    session: str = ""
    """The session's folder."""
    run_dir: str = ""
    known_devices: dict[str, str] = {}
    """Which device the listener wore before, by source."""
    exit: int | None = None
    fault: str = ""
    """The sentence of what ended it."""
    code: str = ""
    """The kind of fault."""


class SessionChild:
    """`folder` is where the box left its configuration for those it starts.

    Raises:
        OSError: the system starts no process.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            interpreter("-m", PROGRAM, str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=HOUSE,
            start_new_session=True,
        )
        assert self._process.stdout
        os.set_blocking(self._process.stdout.fileno(), False)
        self._unread = b""
        self.has_order = self.was_killed = False
        self.run_dir: Path | None = None
        """The run folder of the session, once it has one."""
        self.session_dir = ""
        self.end: Said | None = None
        """What it said of its end."""

    def begin(self, order: Order) -> None:
        """Have it play."""
        self.has_order = True
        assert self._process.stdin
        with contextlib.suppress(OSError):  # it has died: its exit tells
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")
            self._process.stdin.flush()

    def listen(self) -> list[Said]:
        """The lines that came since the last call; what is no line of ours is passed over."""
        assert self._process.stdout
        with contextlib.suppress(OSError):
            self._unread += self._process.stdout.read(LINE_BYTES_MAX) or b""
        *lines, self._unread = self._unread[-LINE_BYTES_MAX:].split(b"\n")
        said = []
        for line in lines:
            with contextlib.suppress(*UNDECODABLE):
                said.append(msgspec.json.decode(line, type=Said))
        for each in said:
            self._note(each)
        return said

    def _note(self, said: Said) -> None:
        if said.run_dir:
            self.run_dir, self.session_dir = Path(said.run_dir), said.session
        if said.exit is not None:
            self.end = said

    def wish(self, wish: dict[str, Any]) -> None:
        """Give the session a wish by the patient's door; its answer is heard on the bus."""
        if self.run_dir:
            _throw_in(door_path(self.run_dir, "patient"), wish)

    def stop(self) -> None:
        """End the sound by every way there is: audio's own door, the manager's, and a signal where neither is yet."""
        if self.run_dir:
            _throw_in(stop_path(self.run_dir, "patient"), {"kind": "stop"})
            _throw_in(door_path(self.run_dir, "patient"), {"kind": "stop"})
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force; what it started ends by itself when it finds it gone."""
        self.was_killed = True
        self._process.kill()

    def exit_code(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout_s: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)

    def close(self) -> None:
        """Give its pipes back; a child that waits for an order then goes."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with contextlib.suppress(OSError):
                pipe.close()


def _throw_in(door: Path, wish: dict[str, Any]) -> None:
    if line := knock(door, wish):
        line.close()
