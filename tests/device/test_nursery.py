"""Copies of one interpreter: they wait for a session, end without one, and are made only where that is safe."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from device.nursery import NAMES
from device.runtime.interpreter import HOUSE, environment, interpreter

BEGIN = """
import json, os, signal, sys, threading
from pathlib import Path
from device.nursery import Copy, load, nursery
load()
"""
WAIT = (
    BEGIN
    + """
with nursery() as found:
    print(json.dumps({name: copy.pid for name, copy in found._copies.items()}), flush=True)
    sys.stdin.readline()
"""
)
THREAD = (
    BEGIN
    + """
threading.Thread(target=sys.stdin.readline).start()
with nursery() as found:
    print(json.dumps(sorted(found._copies)), flush=True)
"""
)
DEAD = (
    BEGIN
    + """
with nursery() as found:
    copy = found._copies["loop"]
    copy.kill()
    copy.wait(10.0)
    copy.begin(Path("/nowhere"))
    copy.kill()
    print(json.dumps([copy.exit_code(), found._copies["audio"].exit_code()]), flush=True)
"""
)
FAULT = (
    BEGIN
    + """
with nursery() as found:
    copy = found._copies["loop"]
    copy.begin(Path(sys.argv[1]))
    copy.wait(30.0)
    print(json.dumps([copy.exit_code(), (Path(sys.argv[1]) / "loop.log").read_text()[-200:]]), flush=True)
"""
)


@contextmanager
def running(program: str, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """A program that makes copies, and what it says; it goes on when its input ends."""
    command = interpreter("-c", program, *words)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment() | {"PYTHONPATH": str(HOUSE)}
    ) as process:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())


def until(wanted: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 20.0
    while not wanted():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def gone(pids: Iterable[int]) -> bool:
    found = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return not psutil.wait_procs(found, timeout=20)[1]


def test_copies_bear_their_names_and_end_with_an_order_that_never_comes() -> None:
    with running(WAIT) as (process, pids):
        assert sorted(pids) == sorted(NAMES)
        until(lambda: {psutil.Process(pid).name() for pid in pids.values()} == set(NAMES))
        process.communicate(b"\n", timeout=30)
        assert gone(pids.values())


def test_copies_end_with_who_made_them_however_it_dies() -> None:
    with running(WAIT) as (process, pids):
        process.kill()
        assert gone(pids.values())


def test_an_interpreter_with_threads_is_never_copied() -> None:
    with running(THREAD) as (process, names):
        assert names == []
        process.communicate(b"\n", timeout=30)
        assert process.returncode == 0


def test_a_copy_that_died_is_found_dead_and_takes_no_other_along() -> None:
    with running(DEAD) as (process, codes):
        assert codes == [-9, None]
        process.communicate(timeout=30)


def test_a_copy_leaves_what_it_printed_in_its_log(tmp_path: Path) -> None:
    with running(FAULT, str(tmp_path)) as (process, (exit_code, log)):
        assert exit_code == 1
        assert "session.json" in log
        process.communicate(timeout=30)
