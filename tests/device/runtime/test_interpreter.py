"""Python files that lie in the folder a user stands in are never run, whichever command is given there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.runtime.interpreter import interpreter
from tests.hil.demo import needs_rig

ISOTONE = str(Path(sys.executable).with_name("isotone"))
NAMES = (
    "click", "dbus_fast", "device", "hardware", "json", "matplotlib", "mido", "msgspec", "numpy", "onnxruntime",
    "serial", "sitecustomize", "struct", "wave", "zmq",
)  # fmt: skip


class Folder:
    """A folder of downloads with files whose names our code imports; each leaves a trace when it is run."""

    def __init__(self, path: Path) -> None:
        self.path = path / "downloads"
        self.path.mkdir()
        self.trace = path / "trace"
        (self.path / "matplotlibrc").write_bytes(b"text.usetex: True\n# \xff\n")
        for name in NAMES:
            text = f"open({str(self.trace)!r}, 'a').write({name + ' '!r})\nraise ImportError('planted')\n"
            (self.path / f"{name}.py").write_text(text, "utf-8")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"XDG_RUNTIME_DIR": str(self.path.parent)}
        # deploy/test sets it for all tests; here each command has to look after itself.
        environment.pop("PYTHONSAFEPATH", None)
        return subprocess.run(
            command, cwd=self.path, env=environment, check=False, capture_output=True, text=True, timeout=110
        )

    def was_run(self) -> str:
        return self.trace.read_text("utf-8") if self.trace.exists() else ""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_trap_works(folder: Folder) -> None:
    folder.run(sys.executable, "-c", "import mido")
    assert folder.was_run() == "mido "


def test_a_module_of_ours_is_found_from_any_folder(folder: Folder) -> None:
    done = folder.run(*interpreter("-m", "device.sessions.summary"))
    assert "usage" in done.stderr
    assert folder.was_run() == ""


def test_the_doctor_loads_the_installed_libraries(folder: Folder) -> None:
    done = folder.run(ISOTONE, "doctor")
    assert "onnxruntime 1." in done.stdout
    assert folder.was_run() == ""


def test_a_picture_of_a_piece_is_drawn_there_too(folder: Folder) -> None:
    command = [ISOTONE, "compose", "--generator", "rules", "--bars", "2", "--out", "x.mid", "--picture", "x.png"]
    done = folder.run(*command)
    assert done.returncode == 0, done.stderr
    assert (folder.path / "x.png").stat().st_size > 10_000
    assert folder.was_run() == ""


@needs_rig
@pytest.mark.slow
def test_a_session_and_its_summary_run_nothing_that_lies_there(folder: Folder) -> None:
    done = folder.run(ISOTONE, "demo", "--no-sound", "--minutes", "0.2", "--json", "--out", str(folder.path / "s"))
    assert done.returncode == 0, done.stderr
    assert (folder.path / "s" / "session.png").exists()
    assert folder.was_run() == ""
