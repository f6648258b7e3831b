"""A training program without its packages says in one sentence which extra brings them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import export
from device.errors import Exit
from device.runtime.interpreter import HOUSE

LACKING = """
import runpy, sys
import export
sys.modules |= dict.fromkeys(export.EXTRAS)  # None: as if it were not installed
sys.orig_argv, sys.argv = ["-m", "{name}"], ["{name}", "--help"]
runpy.run_module("{name}", run_name="__main__")
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("program", "extra"),
    [
        ("export.control.train", "export-control"),
        ("export.music.train", "export"),
        ("export.affect.train", "export"),
        ("export.affect.to_onnx", "export"),
    ],
)
def test_a_program_says_which_extra_it_lacks(program: str, extra: str) -> None:
    done = run(LACKING.format(name=program))
    assert done.returncode == Exit.SYSTEM == export.EXIT_CODE, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert f'".[{extra}]"' in done.stderr


@pytest.mark.parametrize("name", ["numpy_of_another_world", "device.nothing"])
def test_what_is_missing_otherwise_is_a_fault_of_ours_and_keeps_its_trace(name: str) -> None:
    done = run(f"import export; raise ModuleNotFoundError('no', name={name!r})")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
