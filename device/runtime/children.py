"""Starts and stops the processes of TABLE 2: as fresh interpreters, or as threads with `--one-process`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from device.config import SessionConfig
from device.errors import SystemMissingError
from device.runtime.context import run_process
from device.runtime.interpreter import HOUSE, environment, interpreter


class Child(Protocol):
    """A running process of the table."""

    pid: int

    def exit_code(self) -> int | None:
        """None while it runs."""
        ...

    def ask_to_stop(self) -> None:
        """Ask it to end by itself; returns at once."""
        ...

    def kill(self) -> None:
        """End it by force."""
        ...

    def wait(self, timeout_s: float) -> None:
        """Return when it has ended or the time is up."""
        ...


class Launcher(Protocol):
    def start(self, name: str, incarnation: int, config: SessionConfig) -> Child:
        """Start a process of the table; `incarnation` counts its starts from 0."""
        ...


class Interpreter:
    """A child that is a fresh Python interpreter; what it prints goes to `<name>.log` in the run folder."""

    def __init__(self, name: str, incarnation: int, run_dir: Path) -> None:
        command = interpreter("-m", "device.host", name, str(run_dir), str(incarnation))
        with (run_dir / f"{name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment() | {"PYTHONUNBUFFERED": "1"},
                cwd=HOUSE,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll()

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout_s: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)


class InterpreterLauncher:
    """Starts each process as an interpreter of its own.

    Raises:
        SystemMissingError: the system starts none, or the run folder is gone.
    """

    def start(self, name: str, incarnation: int, config: SessionConfig) -> Child:
        try:
            return Interpreter(name, incarnation, Path(config.run_dir))
        except OSError as error:
            raise SystemMissingError(
                f"The process `{name}` cannot be started: {error}.",
                "Let nothing clear the run folder, and see that memory and processes are left.",
            ) from error


class ThreadChild:
    """A child that shares this interpreter: `--one-process`, for laptops and debuggers.

    `run` is given the event that asks it to stop and returns the exit code.
    """

    def __init__(self, name: str, run: Callable[[threading.Event], int]) -> None:
        self.pid = os.getpid()
        self._stop = threading.Event()
        self._exit_code: int | None = None
        self._thread = threading.Thread(target=self._run, args=(run,), name=name, daemon=True)
        self._thread.start()

    def _run(self, run: Callable[[threading.Event], int]) -> None:
        exit_code = 1
        try:
            exit_code = run(self._stop)
        finally:
            self._exit_code = exit_code

    def exit_code(self) -> int | None:
        return self._exit_code

    def ask_to_stop(self) -> None:
        self._stop.set()

    def kill(self) -> None:
        self._stop.set()

    def wait(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)


class ThreadLauncher:
    def start(self, name: str, incarnation: int, config: SessionConfig) -> Child:
        return ThreadChild(name, partial(run_process, name, incarnation, config))
