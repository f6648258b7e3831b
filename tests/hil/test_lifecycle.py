"""However a session begins, is shown and ends: it ends in order, and leaves its recording and nothing else."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from device.errors import Exit
from tests.hil.demo import isotone, needs_rig

pytestmark = needs_rig
FILES = {"heard.wav", "played.mid", "session.png", "summary.json"}


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="isolife", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def demo(out: Path, runtime: Path, stdout: IO[Any] | int, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "device.cli", "demo", "--no-sound", "--minutes", "0.2", "--out", str(out)]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(runtime), "TERM": "xterm"}
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=environment, **options)


def wait_for(condition: Callable[[], Any], timeout_s: float = 40.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def family_of(runtime: Path) -> list[str]:
    """Processes that know this test's run folders."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(runtime) in words:
            found.append(words)
    return found


def assert_nothing_left(runtime: Path) -> None:
    wait_for(lambda: not family_of(runtime))
    assert list(runtime.glob("isotone/*")) == []


def test_two_starts_at_once_whose_output_is_lost_are_recorded_whole_and_apart(tmp_path: Path, runtime: Path) -> None:
    reader, closed = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full:
        sessions = [demo(tmp_path / "s", runtime, output) for output in (full, closed)]
    os.close(closed)
    said = [session.communicate(timeout=100)[1].decode() for session in sessions]
    assert [session.returncode for session in sessions] == [Exit.DISK, Exit.OK]
    assert said[0].startswith("isotone: The output cannot be written: No space left on device.")
    assert not said[1]
    logs = list(tmp_path.rglob("log-*.mcap"))
    assert len(logs) == len({log.parent for log in logs}) == 2
    for log in logs:
        assert {path.name for path in log.parent.iterdir()} >= FILES
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in log.parent.iterdir() if path.is_file())
    assert_nothing_left(runtime)


def test_a_terminal_that_is_closed_ends_the_session_with_its_picture(tmp_path: Path, runtime: Path) -> None:
    master, slave = os.openpty()
    session = demo(tmp_path / "s", runtime, slave, stdin=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    while b"tempo" not in shown and b"density" not in shown:
        shown = shown[-20_000:] + os.read(master, 65_536)
    os.close(master)
    session.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    session.send_signal(signal.SIGTERM)
    assert session.communicate(timeout=60) == (None, b"")
    assert session.returncode == 0
    assert {path.name for path in (tmp_path / "s").iterdir()} >= FILES
    assert_nothing_left(runtime)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_first_moments_leaves_nothing_behind(
    tmp_path: Path, runtime: Path, number: signal.Signals
) -> None:
    session = demo(tmp_path / "s", runtime, subprocess.DEVNULL)
    wait_for(lambda: list(runtime.glob("isotone/*/rig/rig.log")))
    session.send_signal(number)
    said = session.communicate(timeout=60)[1].decode()
    assert "Traceback" not in said
    if session.returncode:  # else it came when the recorder had begun already
        assert session.returncode == 128 + number
        assert not (tmp_path / "s").exists()
    assert_nothing_left(runtime)


def test_a_session_that_is_killed_takes_all_with_it_and_the_next_start_sweeps(tmp_path: Path, runtime: Path) -> None:
    session = demo(tmp_path / "s", runtime, subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "s" / "session.json").exists())
    session.kill()
    session.communicate()
    wait_for(lambda: not family_of(runtime))
    assert len(list(runtime.glob("isotone/*"))) == 1
    assert isotone("send", "stop", runtime=runtime).returncode == Exit.SYSTEM
    refused = isotone("demo", "--no-sound", "--minutes", "200", "--out", "/proc/none", runtime=runtime)
    assert refused.returncode == Exit.DISK
    following = demo(tmp_path / "t", runtime, subprocess.DEVNULL)
    wait_for(lambda: list(runtime.glob("isotone/*/rig/rig.json")))
    following.terminate()
    following.communicate(timeout=60)
    assert_nothing_left(runtime)
