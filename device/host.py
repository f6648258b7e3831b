"""Runs one process of TABLE 2: `python -m device.host NAME FOLDER INCARNATION`, a fresh interpreter.

FOLDER is the run folder of a session, or for a process that outlives sessions the one where such processes publish.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from device.config import SessionConfig
from device.processes import PROCESSES, Process
from device.runtime.context import run_process
from device.runtime.life import session_path


def take_place(row: Process) -> None:
    """Ask for cores and priority: wishes, which an unprivileged user may not be granted."""
    with contextlib.suppress(OSError):
        os.nice(row.nice)
    if row.cores and (os.cpu_count() or 1) >= 4:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, row.cores)
    if row.realtime_priority:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(row.realtime_priority))


def serve(name: str, folder: Path, incarnation: int) -> int:
    """Be that process until its end; returns its exit code."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    take_place(PROCESSES[name])
    if PROCESSES[name].runs == "always":
        from device.runtime.resident import run_resident  # noqa: PLC0415 - what it loads is not for a session

        return run_resident(name, incarnation, folder, stop)
    config = msgspec.json.decode(session_path(folder).read_bytes(), type=SessionConfig)
    return run_process(name, incarnation, config, stop)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
