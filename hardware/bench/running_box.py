"""The box as a user runs it: the real command on a terminal of its own, with the rig's sensors and keys for buttons."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from device.runtime.interpreter import interpreter

DEVICE = """
[audio]
{audio}

[panel]
input_folder = "{inputs}"

[voice]
speak = "signs"

[session]
directory = "{sessions}"

[box]
guests_asked_by = "nobody: this listener is no person"

[listeners]
directory = "{listeners}"

[web]
port = {port}
directory = "{web}"
"""


class RunningBox:
    """`isotone box --json`: `status` is its newest, `told` what it said of itself."""

    def __init__(self, folder: Path, runtime: Path, *options: str, minutes: float, card: str, inputs: Path) -> None:
        self.sessions = folder / "sessions"
        self.statuses: list[dict[str, Any]] = []
        self.told: list[str] = []
        self.codes: dict[str, str] = {}
        """Role -> the code by which a browser is let in, where the box shows itself in one (`--web`)."""
        self.port = _free_port()
        device = folder / "device.toml"
        device.write_text(
            DEVICE.format(
                audio=f'device = "{card}"' if card else 'sink = "wav"',
                inputs=inputs,
                sessions=self.sessions,
                listeners=folder / "listeners",
                port=self.port,
                web=folder / "web",
            ),
            "utf-8",
        )
        self._keyboard, terminal = os.openpty()
        command = [*interpreter("-m", "device.cli"), "box", "--json", "--device", str(device)]
        self.process = subprocess.Popen(
            [*command, "--minutes", str(minutes), *options],
            stdin=terminal,
            stdout=subprocess.PIPE,
            env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread runs yet
        )
        os.close(terminal)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            said = json.loads(line)
            if "role" in said:
                self.codes[said["role"]] = said["code"]
                continue
            (self.told if "told" in said else self.statuses).append(said.get("told", said))

    @property
    def status(self) -> dict[str, Any]:
        return self.statuses[-1] if self.statuses else {"state": "", "session_id": ""}

    def type(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def wait_for(self, wanted: Callable[[], object], timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not wanted():
            assert time.monotonic() < deadline, f"did not happen within {timeout_s} s: {self.statuses} {self.told}"
            time.sleep(0.05)

    def wait_for_state(self, state: str, timeout_s: float = 60.0) -> None:
        self.wait_for(lambda: self.status["state"] == state, timeout_s)

    def family(self) -> list[psutil.Process]:
        """The box and everything it started."""
        box = psutil.Process(self.process.pid)
        return [box, *box.children(recursive=True)]

    def cut_the_power(self) -> None:
        """End the whole tree at once and by force, the box first, so that nobody sees the others go."""
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(10)

    def end(self, timeout_s: float = 60.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def close(self) -> None:
        if self.process.poll() is None:
            self.cut_the_power()
        self._reader.join(5)
        assert self.process.stdout
        self.process.stdout.close()
        os.close(self._keyboard)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(
    folder: Path,
    runtime: Path,
    *options: str,
    minutes: float = 0.3,
    card: str = "",
    inputs: Path = Path("/dev/input"),
) -> Iterator[RunningBox]:
    """A box in folders of its own; without a card it keeps the pace of the clock. It is ended whatever happens."""
    box = RunningBox(folder, runtime, *options, minutes=minutes, card=card, inputs=inputs)
    try:
        yield box
    finally:
        box.close()
