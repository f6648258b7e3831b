"""The life of any process of TABLE 2: its heartbeat, who may end it, and the reason of its end.

A process says twice a second that it is alive. It ends when it is asked to, or when whoever started it is gone; a
refusal is left as a fault where whoever started it finds it.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from device.clock import cpu_seconds
from device.errors import IsotoneError
from device.imports import import_name
from device.messages import Fault, Health
from device.processes import PROCESSES
from device.runtime.bus import Publisher

HEARTBEAT_NS = 500_000_000


class Lifeline:
    """Whether a process is still wanted: nobody asked it to stop, and whoever started it lives."""

    def __init__(self, stop: threading.Event | None) -> None:
        self._stop = stop or threading.Event()
        # With `--one-process` who started it lives in the same process, whoever its parent is.
        self._parent_pid = os.getppid() if threading.current_thread() is threading.main_thread() else 0

    def cut_by(self) -> str:
        """`asked` or `manager gone`; empty while it is wanted."""
        if self._stop.is_set():
            return "asked"
        return "" if self._parent_pid in (0, os.getppid()) else "manager gone"


def health_of(publisher: Publisher, now_ns: int, *, ready: bool) -> Health:
    """The heartbeat of the process that publishes there."""
    return Health(
        t_ns=now_ns,
        process=publisher.process,
        pid=os.getpid(),
        incarnation=publisher.incarnation,
        ready=ready,
        rss_mb=resident_mb(),
        cpu_s=cpu_seconds(),
        sent=publisher.n_sent,
    )


def resident_mb() -> float:
    """Resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fault_path(run_dir: Path, process: str) -> Path:
    return run_dir / f"{process}.fault.json"


def session_path(run_dir: Path) -> Path:
    """The file in which the manager leaves the effective configuration for its children."""
    return run_dir / "session.json"


class EntryContext(Protocol):
    """What `run_entry` needs of a context."""

    def fail(self, code: str, sentence: str, action: str) -> None: ...

    def close(self) -> None: ...


def run_entry(name: str, folder: Path, make: Callable[[], EntryContext]) -> int:
    """Run a process's entry with the context that `make` builds. A refusal is left as a fault, a bug propagates."""
    try:
        context = make()
    except IsotoneError as error:
        code = type(error).__name__
        fault = Fault(t_ns=0, process=name, code=code, sentence=error.sentence, action=error.action, fatal=True)
        leave_fault(folder, fault)
        return int(error.exit_code)
    try:
        entry: Callable[[EntryContext], None] = import_name(PROCESSES[name].entry)
        entry(context)
    except IsotoneError as error:
        context.fail(type(error).__name__, error.sentence, error.action)
        return int(error.exit_code)
    finally:
        context.close()
    return 0


def leave_fault(folder: Path, fault: Fault) -> None:
    """Write a fault whole or not at all: the manager may look at any moment. A disk that refuses has its own fault."""
    from device.files.outputs import write_whole  # noqa: PLC0415 - only a process that fails needs what it loads

    with contextlib.suppress(OSError):
        write_whole(fault_path(folder, fault.process), msgspec.json.encode(fault))
