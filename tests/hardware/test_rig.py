"""The rig as its own process: it comes up, is heard by real sources, breaks on demand, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from device.acquisition.cyton import CytonSource
from device.acquisition.hrs import HrsSource
from device.clock import SystemClock
from device.config import BluetoothConfig, SourceConfig
from device.runtime.bus import Publisher
from hardware.control import send
from tests.device.acquisition.listener import Listener, running
from tests.hardware.music import CALM
from tests.hardware.radio import needs_dbus

pytestmark = needs_dbus
CHECKOUT = Path(__file__).resolve().parents[2]
START_S = 20.0


def wait_for(condition: Callable[[], bool], timeout_s: float = START_S) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hardware.rig", "--dir", str(folder), *options]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextlib.contextmanager
def rig(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A running rig and what its rig.json says; it must have printed nothing."""
    process = start(folder, *options)
    try:
        wait_for(lambda: (folder / "rig.json").exists() or process.poll() is not None)
        yield process, json.loads((folder / "rig.json").read_text())
    finally:
        process.terminate()
        printed = process.communicate(timeout=START_S)
    assert printed == (b"", b"")
    assert process.returncode == 0


@contextlib.asynccontextmanager
async def sensed(about: dict[str, Any]) -> AsyncIterator[tuple[Listener, Listener]]:
    bluetooth, clock = BluetoothConfig(dbus_address=about["dbus_address"]), SystemClock()
    cyton = CytonSource("cyton", SourceConfig(type="cyton", port=about["port"]), bluetooth, clock)
    wrist = HrsSource("wrist", SourceConfig(type="hrs"), bluetooth, clock)
    async with running(cyton) as eeg, running(wrist) as heart:
        yield eeg, heart


@pytest.fixture(autouse=True)
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS")


def test_both_sensors_stream_break_and_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "with space"

    async def scene(about: dict[str, Any]) -> None:
        async with sensed(about) as (eeg, heart):
            await eeg.until(lambda: len(eeg.chunks) > 3 and len(heart.chunks) > 0)
            for fault in ("unplug", "drop_wristband"):
                await asyncio.to_thread(send, folder, {"do": fault, "for_s": 0.5})
            await eeg.until(lambda: "lost" in eeg.states and "lost" in heart.states)
            await eeg.until(lambda: eeg.states[-1] == heart.states[-1] == "streaming")

    with rig(folder, "--listener", "responder") as (process, about):
        assert about["pid"] == process.pid
        assert len(about["montage"]) == 8
        asyncio.run(scene(about))
        with pytest.raises(ValueError, match="unplug"):
            send(folder, {"do": "dance"})


def test_all_faults_can_be_broken_and_mended(tmp_path: Path) -> None:
    with rig(tmp_path):
        with pytest.raises(ValueError) as refusal:
            send(tmp_path, {"do": "list"})
        faults = str(refusal.value).partition("known faults: ")[2].split(", ")
        for fault in faults:
            send(tmp_path, {"do": fault})
            send(tmp_path, {"do": "mend"})
    assert len(faults) > 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_leaves_no_process_behind(number: signal.Signals, tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for((tmp_path / "rig.json").exists)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(number)
    process.communicate(timeout=START_S)
    wait_for(lambda: not any(child.is_running() for child in children))
    if number != signal.SIGKILL:
        assert not (tmp_path / "rig.json").exists()


def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    rig = shlex.join([sys.executable, "-m", "hardware.rig", "--dir", str(tmp_path)])
    inner = f"{rig} & echo $!; sleep 60"
    parent = subprocess.Popen(["sh", "-c", inner], cwd=CHECKOUT, stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    wait_for((tmp_path / "rig.json").exists)
    parent.kill()
    wait_for(lambda: not psutil.pid_exists(pid))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGTERM)
    parent.communicate(timeout=START_S)


def test_music_on_the_bus_reaches_the_listener(tmp_path: Path) -> None:
    """The patient's heart tells: with calm music it slows."""
    from hardware.rig import Rig
    from hardware.twin.patient import Patient
    from hardware.twin.profiles import PROFILES

    heard = []

    class Ears(Patient):
        def hear(self, bar: object) -> None:
            heard.append(bar)

    async def scene() -> None:
        audio = Publisher(tmp_path, "audio", 0, SystemClock())
        run = asyncio.create_task(Rig(tmp_path, Ears(1, PROFILES["guest"])).run(tmp_path))
        async with asyncio.timeout(START_S):
            while not heard:
                audio.send(CALM)
                await asyncio.sleep(0.1)
        run.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await run
        audio.close()

    asyncio.run(scene())
    assert heard[0] == CALM


def test_a_recording_takes_the_patients_place(tmp_path: Path) -> None:
    recording = tmp_path / "muse.npz"
    eeg = np.tile(np.arange(250, dtype=np.int16), (4, 10))
    np.savez(recording, eeg=eeg, scale_uV=0.1, fs=250, channels=np.array(["TP9", "AF7", "AF8", "TP10"]))

    with rig(tmp_path / "rig", "--recording", str(recording)) as (_, about):
        assert about["montage"][0] == "TP9"


def test_a_bad_recording_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04torn")
    process = start(tmp_path / "rig", "--recording", str(tmp_path / "torn.npz"))
    _, refusal = process.communicate(timeout=START_S)
    assert process.returncode == 8
    assert b"torn.npz cannot be read" in refusal
    assert b"Traceback" not in refusal
