"""Everything that can be wrong from outside: one clear sentence, what to do, and the documented exit code."""

import fcntl
import os
import pty
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.errors import Exit
from device.files.models import MODELS_DIR
from hardware.control import send as send_to_rig
from tests.hil.demo import Demo, isotone, needs_rig, playing


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="isobad", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def run(tmp_path: Path, runtime: Path, device_toml: str) -> subprocess.CompletedProcess[str]:
    device = tmp_path / "device.toml"
    device.write_text('[audio]\nsink = "wav"\n' + device_toml if "[audio]" not in device_toml else device_toml)
    out = str(tmp_path / "session")
    return isotone("run", "--device", str(device), "--minutes", "0.2", "--out", out, runtime=runtime)


def assert_refused(done: subprocess.CompletedProcess[str], code: Exit, *words: str) -> None:
    """One sentence that names the thing, no traceback, the documented exit code."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("isotone: ")
    for word in words:
        assert word in line, line


def test_a_wrong_port(tmp_path: Path, runtime: Path) -> None:
    done = run(tmp_path, runtime, '[sources.head]\ntype = "cyton"\nport = "/dev/ttyNone"\n')
    assert_refused(done, Exit.SENSOR, "/dev/ttyNone")


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """A pseudo-terminal at whose other end nobody answers."""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_in_use(tmp_path: Path, runtime: Path, terminal: tuple[int, str]) -> None:
    _, port = terminal
    with open(port, "rb", buffering=0) as held:  # noqa: PTH123
        fcntl.flock(held, fcntl.LOCK_EX)
        done = run(tmp_path, runtime, f'[sources.head]\ntype = "cyton"\nport = "{port}"\n')
    assert_refused(done, Exit.SENSOR, port, "use")


def test_a_silent_board(tmp_path: Path, runtime: Path, terminal: tuple[int, str]) -> None:
    done = run(tmp_path, runtime, f'[sources.head]\ntype = "cyton"\nport = "{terminal[1]}"\n')
    assert_refused(done, Exit.SENSOR)


def test_no_dbus(tmp_path: Path, runtime: Path) -> None:
    device = f'[bluetooth]\ndbus_address = "unix:path={tmp_path}/none"\n[sources.wrist]\ntype = "hrs"\n'
    assert_refused(run(tmp_path, runtime, device), Exit.SYSTEM, "D-Bus")


def test_an_unknown_key(tmp_path: Path, runtime: Path) -> None:
    done = run(tmp_path, runtime, "[sensors]\nx = 1\n")
    assert_refused(done, Exit.CONFIG, "device.toml:3", "sensors")


def test_an_unknown_kind_of_sensor(tmp_path: Path, runtime: Path) -> None:
    assert_refused(run(tmp_path, runtime, '[sources.head]\ntype = "crystal"\n'), Exit.CONFIG, "crystal")


def test_no_device_file(tmp_path: Path, runtime: Path) -> None:
    done = isotone("run", "--device", str(tmp_path / "none.toml"), runtime=runtime)
    assert_refused(done, Exit.CONFIG, "none.toml")


def test_no_such_sound_card(tmp_path: Path, runtime: Path) -> None:
    done = run(tmp_path, runtime, '[audio]\nsink = "card"\ndevice = "No Such Card"\n')
    assert_refused(done, Exit.SOUND, "card")


def test_no_such_sound_font(tmp_path: Path, runtime: Path) -> None:
    done = run(tmp_path, runtime, '[audio]\nsink = "wav"\nsoundfont = "/none.sf2"\n')
    assert_refused(done, Exit.SOUND, "/none.sf2")


def test_a_corrupt_model(tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    shutil.copytree(MODELS_DIR, models)
    model = next(models.glob("composer-*")) / "model.onnx"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    script = (
        "import pathlib, sys, device.files.models;"
        f"device.files.models.MODELS_DIR = pathlib.Path({str(models)!r});"
        "from device.cli import main; main(prog_name='isotone')"
    )
    device = tmp_path / "device.toml"
    device.write_text('[audio]\nsink = "wav"\n')
    done = subprocess.run(
        [sys.executable, "-c", script, "run", "--device", str(device), "--out", str(tmp_path / "s")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
    )
    assert_refused(done, Exit.MODEL, "composer", "corrupt")


def test_a_recording_that_does_not_exist_or_is_none(tmp_path: Path, runtime: Path) -> None:
    out = str(tmp_path / "s")
    done = isotone("demo", "--no-sound", "--recording", str(tmp_path / "none.npz"), "--out", out, runtime=runtime)
    assert_refused(done, Exit.RECORDING, "none.npz")
    assert_refused(isotone("replay", str(tmp_path)), Exit.RECORDING, "not a session")


@needs_rig
def test_a_recording_that_is_garbage(tmp_path: Path, runtime: Path) -> None:
    garbage = tmp_path / "garbage.npz"
    garbage.write_bytes(b"PK\x03\x04 not really")
    out = str(tmp_path / "s")
    done = isotone("demo", "--no-sound", "--recording", str(garbage), "--out", out, runtime=runtime)
    assert_refused(done, Exit.RECORDING, "garbage.npz")


@needs_rig
def test_a_disk_that_fills_up_ends_the_session_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    """No file may grow beyond 3 MB: to the recorder the same as a full disk, fifteen seconds into the sound."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, before[1]))
    try:
        with playing(tmp_path, 2.0) as demo:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            code = demo.end(90)
            said = demo.said()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == Exit.DISK, said
    assert "no longer be recorded" in said
    assert_kept(demo)


def assert_kept(demo: Demo) -> None:
    heard = demo.heard()
    assert len(heard) > 10 * 48_000
    assert isotone("sessions", "show", str(demo.folder)).returncode == 0


@needs_rig
def test_a_torn_session_can_be_replayed_up_to_the_tear_and_says_so(tmp_path: Path) -> None:
    with playing(tmp_path, 0.25) as demo:
        assert demo.end() == 0
    log = demo.folder / "log-0000.mcap"
    log.write_bytes(log.read_bytes()[:-50_000])
    done = isotone("replay", str(demo.folder))
    assert done.returncode == Exit.REPLAY_DIFFERS
    assert "torn" in done.stderr
    assert "Traceback" not in done.stderr
    played = isotone(
        "demo", "--no-sound", "--minutes", "0.2", "--recording", str(demo.folder), "--out", str(tmp_path / "again")
    )
    assert played.returncode == 0, played.stderr


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Path]:
    """A rig of its own, without a session."""
    with tempfile.TemporaryDirectory(prefix="isorig", ignore_cleanup_errors=True) as folder:
        place = Path(folder) / "rig"
        process = subprocess.Popen([sys.executable, "-m", "hardware.rig", "--dir", str(place)])
        try:
            while not (place / "rig.json").exists():
                assert process.poll() is None
                time.sleep(0.05)
            yield place
        finally:
            process.terminate()
            process.wait(10)


@needs_rig
def test_no_bluetooth_adapter(tmp_path: Path, runtime: Path, rig: Path) -> None:
    send_to_rig(rig, {"do": "remove_adapter"})
    device = f'[bluetooth]\ndbus_address = "unix:path={rig}/dbus"\n[sources.wrist]\ntype = "hrs"\n'
    assert_refused(run(tmp_path, runtime, device), Exit.SENSOR, "Bluetooth adapter")


@needs_rig
def test_real_sensors_are_played_with_after_the_doctor_finds_them_well(
    tmp_path: Path, runtime: Path, rig: Path
) -> None:
    device = (
        f'[bluetooth]\ndbus_address = "unix:path={rig}/dbus"\n[sources.wrist]\ntype = "hrs"\n'
        f'[sources.head]\ntype = "cyton"\nport = "{rig}/ttyCyton"\n'
    )
    done = run(tmp_path, runtime, device)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "session" / "session.png").exists()
