"""The doors between the rooms are shut, and the linter notices when one is forced."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("deploy", "device", "export", "hardware")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages in which doors may be forced."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(house), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=house, env=environment, check=False, capture_output=True, text=True, timeout=60)


def test_all_doors_are_shut(house: Path) -> None:
    done = lint_imports(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("device/messages.py", "device.clock"),
        ("device/slots/boot_block.py", "deploy.imaging.boards"),
        ("deploy/flashing/write.py", "device.config"),
        ("device/config.py", "device.imports"),
        ("device/files/models.py", "device.config"),
        ("device/streams.py", "device.processes"),
        ("device/dsp/windows.py", "device.runtime.bus"),
        ("device/affect/fusion.py", "zmq"),
        ("device/trials/verdict.py", "asyncio"),
        ("device/trials/ledger.py", "device.sessions.store"),
        ("device/control/cues.py", "asyncio"),
        ("device/control/policies.py", "device.host"),
        ("device/music/theory.py", "time"),
        ("device/music/tokens.py", "device.audio.safety.bar_guard"),
        ("device/acquisition/playback.py", "device.audio.renderer"),
        ("device/recordings/files.py", "device.acquisition.source"),
        ("device/audio/safety/note_guard.py", "device.acquisition.source"),
        ("device/sessions/store.py", "device.console.view"),
        ("device/sessions/earlier.py", "device.listeners.store"),
        ("device/sessions/reader.py", "device.exports.edf"),
        ("device/reports/session.py", "device.listeners.store"),
        ("device/sessions/recorder.py", "device.listeners.memory"),
        ("device/audio/engine.py", "device.listeners.hearing"),
        ("device/acquisition/sensors.py", "device.listeners.memory"),
        ("device/listeners/memory.py", "device.sessions.earlier"),
        ("device/listeners/store.py", "logging"),
        ("device/console/view.py", "device.audio.renderer"),
        ("device/runtime/manager.py", "device.audio.engine"),
        ("device/host.py", "hardware.twin.patient"),
        ("device/affect/reader.py", "torch"),
        ("export/affect/data.py", "device.recordings.files"),
        ("export/music/data.py", "device.runtime.bus"),
        ("export/music/model.py", "hardware.rig"),
        ("hardware/twin/mood.py", "hardware.emulators.gatt"),
        ("hardware/twin/mood.py", "device.control.cues"),
        ("hardware/twin/mood.py", "hardware.simulation.closed_loop"),
        ("hardware/simulation/closed_loop.py", "hardware.bench.figures"),
        ("hardware/simulation/closed_loop.py", "device.host"),
    ],
)
def test_a_forced_door_is_noticed(house: Path, importer: str, imported: str) -> None:
    with (house / importer).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    done = lint_imports(house)
    assert done.returncode == 1, done.stdout
    assert imported in done.stdout


def test_a_new_module_without_a_place_is_noticed(house: Path) -> None:
    (house / "device" / "attic.py").write_text("", "utf-8")
    done = lint_imports(house)
    assert done.returncode == 1
    assert "attic" in done.stdout


def ruff(path: str, text: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename", path, "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, check=False, capture_output=True, text=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("banned", ["import time", "import random", "import multiprocessing", "from time import sleep"])
@pytest.mark.parametrize("room", ["device/dsp/windows.py", "device/acquisition/hrs.py", "device/audio/engine.py"])
def test_time_and_chance_are_banned_in_every_room(room: str, banned: str) -> None:
    assert "TID251" in ruff(room, f"{banned}\n")


def test_reading_the_wall_clock_is_banned_too() -> None:
    assert "TID251" in ruff("device/sessions/store.py", "import datetime\n\nNOW = datetime.datetime.now()\n")


def test_only_the_clock_may_read_time() -> None:
    assert "TID251" not in ruff("device/clock.py", "import time\n")


@pytest.mark.parametrize("path", ["device/commands/session.py", "device/runtime/children.py"])
def test_a_fresh_interpreter_is_started_in_one_place_only(path: str) -> None:
    text = "import sys\n\nCOMMAND = [sys.executable, '-m', 'device.cli']\n"
    assert "TID251" in ruff(path, text)
    assert "TID251" not in ruff("device/runtime/interpreter.py", text)
