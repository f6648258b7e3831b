"""A session's process as the box sees it: what it says is read within limits, and a box that goes takes it along."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from device.box import session_child
from device.box.session_child import Order, SessionChild
from device.config import BoxConfig, DeviceConfig
from device.runtime.resident import device_path

ECHO = """
import json, sys
print(json.dumps({"waits": True}), flush=True)
order = json.loads(sys.stdin.readline() or "{}")
print("nonsense", flush=True)
print(json.dumps({"session": order["listener"], "run_dir": sys.argv[1]}), flush=True)
sys.stdout.buffer.write(b"\\xff" * 200_000 + b"\\n")
print(json.dumps({"exit": 0, "fault": ""}), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    asked = DeviceConfig(box=BoxConfig(guests_asked_by="a test"))
    device_path(tmp_path).write_bytes(msgspec.json.encode(asked))
    return tmp_path


@pytest.fixture
def child(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionChild]:
    """A child that says what a session says, and much that none would."""
    monkeypatch.setattr(session_child, "interpreter", lambda *words: ["python3", "-c", ECHO, words[-1]])
    child = SessionChild(folder)
    yield child
    child.kill()
    child.wait(5)
    child.close()


def until(wanted: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_it_says_is_heard_and_what_is_none_of_ours_is_passed_over(child: SessionChild, folder: Path) -> None:
    until(child.listen)
    assert child.run_dir is None
    child.begin(Order(listener="anna"))
    until(lambda: child.listen() or child.end)
    until(lambda: child.listen() or child.end)
    assert (child.session_dir, child.run_dir) == ("anna", folder)
    assert child.end is not None
    assert child.end.exit == 0


def test_a_wish_to_a_session_that_is_not_there_waits_for_nobody(child: SessionChild) -> None:
    began = time.monotonic()
    child.run_dir = Path("/nowhere")
    child.wish({"kind": "softer"})
    child.stop()
    assert time.monotonic() - began < 1
    until(lambda: child.exit_code() is not None)


def test_it_cannot_speak_to_systemd_in_the_name_of_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(session_child.environment())
    assert session_child.environment()["PATH"] == os.environ["PATH"]


def test_the_real_one_waits_and_goes_when_the_box_does(folder: Path) -> None:
    child = SessionChild(folder)
    until(lambda: any(said.waits for said in child.listen()))
    assert psutil.Process(child._process.pid).name() == session_child.WAITS, "it is told from one that still loads"
    child.close()
    until(lambda: child.exit_code() is not None)
    assert child.exit_code() == 0


def test_one_that_was_ended_by_force_says_so(child: SessionChild) -> None:
    assert not child.was_killed
    child.kill()
    assert child.was_killed


def test_what_cannot_be_played_is_said_with_its_kind(folder: Path) -> None:
    child = SessionChild(folder)
    child.begin(Order(plan=str(folder / "missing.toml")))
    until(lambda: child.listen() or child.exit_code() is not None)
    until(lambda: child.exit_code() is not None)
    child.listen()
    assert child.end is not None
    assert (child.end.exit, child.end.code) == (3, "ConfigError")
    assert "missing.toml" in child.end.fault
    child.close()
