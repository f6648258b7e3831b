"""A demo session as a user starts it: the real command, real processes, the rig's emulated sensors."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

needs_rig = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon")


class Demo:
    """One running `isotone demo --json --no-sound`; `state` is its newest line."""

    def __init__(self, folder: Path, runtime: Path, minutes: float, *options: str) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {}
        self.states: list[dict[str, Any]] = []
        self._lines: queue.Queue[str] = queue.Queue()
        command = [sys.executable, "-m", "device.cli", "demo", "--json", "--no-sound", "--seed", "5"]
        command += ["--minutes", str(minutes), "--out", str(folder), *options]
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed at the end
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def wait_for(self, wanted: Any, timeout_s: float = 30.0) -> dict[str, Any]:
        """The first state, from now on, for which `wanted(state)` holds."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._take()
            if self.state and wanted(self.state):
                return self.state
            assert self.process.poll() is None or not self._lines.empty(), self.said()
            time.sleep(0.1)
        raise AssertionError(f"did not happen within {timeout_s} s; last: {self.state}; {self.said()}")

    def _take(self) -> None:
        while not self._lines.empty():
            self.state = json.loads(self._lines.get())
            self.states.append(self.state)

    def wait_for_music(self) -> None:
        self.wait_for(lambda state: state.get("bar") is not None and state["bar"] >= 1)

    def end(self, timeout_s: float = 60.0) -> int:
        code = self.process.wait(timeout_s)
        self._reader.join(5)
        self._take()
        return code

    def said(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def children(self) -> dict[str, psutil.Process]:
        """The processes of TABLE 2, and `rig`, by name."""
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            words = child.cmdline()
            if "device.host" in words:
                found[words[words.index("device.host") + 1]] = child
            elif "hardware.rig" in words:
                found["rig"] = child
        return found

    def kill(self, name: str) -> None:
        (self.process if name == "manager" else self.children()[name]).send_signal(signal.SIGKILL)

    @property
    def rig_folder(self) -> Path:
        words = self.children()["rig"].cmdline()
        return Path(words[words.index("--dir") + 1])

    def heard(self) -> np.ndarray:
        """What the headphones got, as (frames, 2) in -1..1."""
        with wave.open(str(self.folder / "heard.wav")) as file:
            pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return pcm.reshape(-1, 2) / 32768

    def close(self) -> None:
        family = [self.process.pid, *(child.pid for child in self._family())]
        self.process.kill()
        for pid in family[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)
        self._reader.join(5)
        assert self.process.stdout
        self.process.stdout.close()
        self.errors.close()

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


@contextmanager
def playing(tmp_path: Path, minutes: float, *options: str) -> Iterator[Demo]:
    """A demo in folders of its own, ended whatever happens."""
    with tempfile.TemporaryDirectory(prefix="isohil", ignore_cleanup_errors=True) as runtime:
        demo = Demo(tmp_path / "session", Path(runtime), minutes, *options)
        try:
            yield demo
        finally:
            demo.close()


def isotone(*words: str, runtime: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    environment = os.environ | ({"XDG_RUNTIME_DIR": str(runtime)} if runtime else {})
    command = [sys.executable, "-m", "device.cli", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100, env=environment)
