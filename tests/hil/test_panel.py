"""The panel as the box starts it, beside a real session: stop needs neither box nor manager, and idling is cheap."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
import pytest

from device.config import DeviceConfig, PanelConfig
from device.messages import DirectStop, PlayedBar, Press
from device.processes import ALWAYS_FOLDER, PROCESSES
from device.runtime.bus import Subscriber
from device.runtime.resident import device_path
from device.sessions.reader import SessionReader
from hardware.bench.input_node import Node
from tests.hil.demo import needs_rig, playing

WITHOUT_PINS_MB = 25
"""The library of pins costs 5 MB more, where device.toml names some."""


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A short path (sockets) that no other test has."""
    with tempfile.TemporaryDirectory(prefix="isohil") as folder:
        yield Path(folder)


@contextmanager
def a_panel(runtime: Path, inputs: Path) -> Iterator[psutil.Popen]:
    """A panel that hears the devices in `inputs`, and whose box is this test: it says nothing."""
    folder = runtime / "isotone" / ALWAYS_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = DeviceConfig(panel=PanelConfig(input_folder=str(inputs)))
    device_path(folder).write_bytes(msgspec.json.encode(config))
    command = [sys.executable, "-m", "device.host", "panel", str(folder), "0"]
    process = psutil.Popen(command, env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)})
    ears = Subscriber(folder, ["panel"], ["health"])
    try:
        while not ears.receive(100):
            assert process.poll() is None
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        ears.close()
        if process.poll() is None:
            process.kill()
            process.wait(20)


def mean_cpu_percent(process: psutil.Popen, seconds: float) -> float:
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds * 100


@needs_rig
def test_stop_at_a_headset_needs_neither_box_nor_manager(tmp_path: Path) -> None:
    inputs = tmp_path / "input"
    inputs.mkdir()
    headset = Node(inputs)
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        runtime = demo.rig_folder.parents[2]
        with a_panel(runtime, inputs):
            manager = psutil.Process(demo.process.pid)
            manager.send_signal(signal.SIGSTOP)
            time.sleep(1)
            pressed_ns = time.monotonic_ns()
            headset.down("KEY_STOPCD")
            headset.up("KEY_STOPCD")
            time.sleep(1)
            manager.send_signal(signal.SIGCONT)
            assert demo.end() == 0, demo.said()
    messages = [item.message for item in SessionReader(demo.folder).messages()]
    (stop,) = (item for item in messages if isinstance(item, DirectStop))
    first = next(item for item in messages if isinstance(item, PlayedBar))
    silent_ns = first.t_ns + (len(demo.heard()) - first.start_frame) / 48_000 * 1e9
    assert stop.author == "patient"
    assert stop.t_ns - pressed_ns < 0.5e9, "press to audio's door"
    assert silent_ns - pressed_ns < 0.75e9, "press to silence"


def test_it_costs_next_to_nothing_while_nobody_presses(tmp_path: Path, runtime: Path) -> None:
    Node(tmp_path)
    with a_panel(runtime, tmp_path) as process:
        assert process.memory_info().rss / 2**20 <= WITHOUT_PINS_MB
        assert mean_cpu_percent(process, 5.0) <= 5 * PROCESSES["panel"].cpu_budget_percent


def test_a_press_is_heard_on_the_bus(tmp_path: Path, runtime: Path) -> None:
    headset = Node(tmp_path)
    (runtime / "isotone" / ALWAYS_FOLDER).mkdir(mode=0o700, parents=True)
    ears = Subscriber(runtime / "isotone" / ALWAYS_FOLDER, ["panel"], ["presses"])
    with a_panel(runtime, tmp_path):
        headset.down("KEY_VOLUMEDOWN")
        while not (heard := ears.receive(20_000)):
            pass
    (press,) = (item.message for item in heard)
    assert isinstance(press, Press)
    assert (press.button, press.kind, press.meaning) == ("softer", "short", "softer")
    ears.close()
