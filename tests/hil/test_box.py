"""The box at home: sessions come and go by keys, the power is cut in one of them, and nothing plays by itself after."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from device.messages import AudioReport
from device.sessions.reader import SessionReader
from hardware.bench.running_box import RunningBox, running
from tests.hil.demo import isotone, needs_rig

pytestmark = [needs_rig, pytest.mark.slow]


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="isobox", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def newest(box: RunningBox) -> Path:
    return max(box.sessions.iterdir())


def play(box: RunningBox) -> str:
    """Press the button and wait until there is music; returns the session's id."""
    box.type(" ")
    box.wait_for(lambda: box.status["session_id"])
    session_id = box.status["session_id"]
    box.wait_for(lambda: has_sound(box.sessions / session_id))
    return str(session_id)


def has_sound(folder: Path) -> bool:
    path = folder / "heard.wav"
    return path.exists() and any(path.read_bytes()[44:])


@pytest.mark.timeout(300)
def test_three_sessions_by_keys_and_a_power_cut_in_the_second(tmp_path: Path, runtime: Path) -> None:
    with running(tmp_path, runtime, "--rig") as box:
        box.wait_for_state("ready")
        stopped = play(box)
        box.type("-")
        box.type("s")
        box.wait_for_state("ready")
        torn = play(box)
        assert torn != stopped
        time.sleep(2.0)
        family = box.family()
        box.cut_the_power()
        psutil.wait_procs(family, timeout=10)
    assert isotone_list(box)[torn] == "not summarised"

    with running(tmp_path, runtime, "--rig", minutes=0.2) as box:
        box.wait_for_state("ready")
        time.sleep(2.0)
        assert len(list(box.sessions.iterdir())) == 2, "something played by itself"
        assert any(torn in sentence for sentence in box.told), "nobody was told of the torn session"
        whole = play(box)
        box.wait_for_state("ready", 90)
        box.wait_for(lambda: set(isotone_list(box).values()) == {"stopped", "cut off", "whole"}, 90)
        assert isotone_list(box) == {stopped: "stopped", torn: "cut off", whole: "whole"}
        family = box.family()
        assert box.end() == 0
    assert not psutil.wait_procs(family, timeout=10)[1], "something was left behind"
    assert not [path for path in runtime.rglob("*") if path.name == torn], "the torn session's run folder was left"


def isotone_list(box: RunningBox) -> dict[str, str]:
    done = isotone("sessions", "list", "--dir", str(box.sessions), "--json")
    return {info["session_id"]: info["ended"] for info in json.loads(done.stdout)}


def test_switched_off_in_a_session_it_fades_first_and_leaves_nothing(tmp_path: Path, runtime: Path) -> None:
    with running(tmp_path, runtime) as box:
        box.wait_for_state("ready")
        play(box)
        family = box.family()
        assert box.end() == 0
        assert not psutil.wait_procs(family, timeout=10)[1]
    reports = [item.message for item in SessionReader(newest(box)).messages() if item.stream == "audio_report"]
    assert isinstance(reports[-1], AudioReport)
    assert reports[-1].state == "ended"


def test_a_session_that_dies_is_told_and_kept_and_the_third_in_a_row_asks_for_help(
    tmp_path: Path, runtime: Path
) -> None:
    with running(tmp_path, runtime) as box:
        box.wait_for_state("ready")
        for state in ("ready", "ready", "needs_help"):
            play(box)
            (audio,) = [each for each in box.family() if each.name() == "audio"]
            audio.parent().kill()
            box.wait_for_state(state)
        assert box.status["light"] == "help"
        assert box.status["code"]
        play(box)
        assert box.status["code"] == ""


def test_there_is_one_box(tmp_path: Path, runtime: Path) -> None:
    with running(tmp_path, runtime) as box:
        box.wait_for_state("ready")
        second = isotone("box", "--device", str(tmp_path / "device.toml"), runtime=runtime)
        assert second.returncode == 11
        assert "already running" in second.stderr


def test_systemd_hears_that_it_is_up_alive_and_ending(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(runtime / "notify"))
        server.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(runtime / "notify"))
        with running(tmp_path, runtime) as box:
            heard = []
            while "WATCHDOG=1" not in heard or not any(said.startswith("READY=1") for said in heard):
                heard.append(server.recv(1024).decode())
            play(box)
            assert box.end() == 0
            while "STOPPING=1" not in heard:
                heard.append(server.recv(1024).decode())
    assert heard.count("STOPPING=1") == sum(said.startswith("READY=1") for said in heard) == 1
    assert not any("Session running" in said for said in heard), "a session spoke in the name of the box"
