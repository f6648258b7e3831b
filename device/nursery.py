"""Processes of a session that are loaded before anybody presses a button, as copies of one interpreter.

Most of what a press costs a processor is five interpreters that start and import (0.6 of 0.9 s; measured), and a busy
processor has a listener wait for it. A copy (fork) is there at once, and shares its memory with the others. Only an
interpreter of one thread may be copied, as nobody would ever let go of the locks of other threads: so it is done before
there is a bus. What is started again in mid-session is a fresh interpreter, as anywhere else.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from device.config import SessionConfig
from device.host import serve
from device.imports import import_name
from device.processes import PROCESSES, names_that_run
from device.runtime.children import Child, InterpreterLauncher

NAMES = names_that_run("session")
PATH_BYTES_MAX = 4096


def load() -> None:
    """Import what a session imports, now or late, and have the collector leave it alone: pages stay shared."""
    for name in NAMES:
        row = PROCESSES[name]
        for place in (row.entry, *row.stages):
            importlib.import_module(place.partition(":")[0])
        for place in row.late:
            with contextlib.suppress(Exception):  # whoever needs it tells what is wrong with it
                import_name(place)()
    gc.collect()
    gc.freeze()


def be_called(name: str) -> None:
    """Take a name for `ps` and `top`."""
    Path("/proc/self/comm").write_text(name, "ascii")


class Copy:
    """A child that waits, loaded, for the run folder of its session; without one it ends."""

    def __init__(self, pid: int, line: int) -> None:
        self.pid, self._line = pid, line
        self._exit_code: int | None = None

    def begin(self, run_dir: Path) -> None:
        """Have it serve the session there; one that died meanwhile is found dead by who watches it."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._line, os.fsencode(run_dir))
        self.dismiss()

    def dismiss(self) -> None:
        """Tell it nothing more."""
        if self._line >= 0:
            os.close(self._line)
            self._line = -1

    def exit_code(self) -> int | None:
        if self._exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._exit_code = os.waitstatus_to_exitcode(status) if pid else None
        return self._exit_code

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.exit_code() is None:
            os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> None:
        if self.exit_code() is not None:
            return
        descriptor = os.pidfd_open(self.pid)
        try:
            select.select([descriptor], [], [], timeout_s)
        finally:
            os.close(descriptor)


class Nursery(InterpreterLauncher):
    """Starts each process for the first time as its copy, and again as a fresh interpreter."""

    def __init__(self, copies: Mapping[str, Copy]) -> None:
        self._copies = dict(copies)

    def start(self, name: str, incarnation: int, config: SessionConfig) -> Child:
        copy = self._copies.pop(name, None)
        if copy is None:
            return super().start(name, incarnation, config)
        copy.begin(Path(config.run_dir))
        return copy


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """Copy this interpreter for each process of a session. In a copy this never returns: it serves, and exits.

    Where the interpreter has more than one thread nothing is copied, and all are fresh.
    """
    copies: dict[str, Copy] = {}
    if sum(1 for _ in Path("/proc/self/task").iterdir()) == 1:
        for name in NAMES:
            copies[name] = _copy(name, copies)
    try:
        yield Nursery(copies)
    finally:
        for copy in copies.values():
            copy.dismiss()


def _copy(name: str, others: Mapping[str, Copy]) -> Copy:
    ours, line = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ours)
        return Copy(pid, line)
    for other in others.values():
        other.dismiss()  # nobody but the first may hold their lines, or they would not see them end
    os.close(line)
    sys.exit(_wait_and_serve(name, ours))


def _wait_and_serve(name: str, line: int) -> int:
    os.setsid()
    os.umask(0o077)
    be_called(name)
    _send_output(Path(os.devnull))
    run_dir = Path(os.fsdecode(os.read(line, PATH_BYTES_MAX)))
    os.close(line)
    if run_dir == Path():
        return 0
    _send_output(run_dir / f"{name}.log")
    return serve(name, run_dir, 0)


def _send_output(log: Path) -> None:
    """What it prints goes there from now on, and nothing comes in."""
    with Path(os.devnull).open("rb") as nothing, log.open("ab") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
