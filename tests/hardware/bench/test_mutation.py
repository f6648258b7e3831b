"""Faults are counted by file, and a folder with other things in it is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import SystemMissingError
from hardware.bench.mutation import RESULT, Mutant, lay_out, left, rows
from hardware.bench.room_tests import ROOMS, ROOT, own_tests

TOLD = """\
    device.audio.safety.limits.x_guard_tempo__mutmut_1: killed
    device.audio.safety.onset.xǁOnsetGuardǁneeded_db__mutmut_2: timeout
    device.audio.safety.limits.x_guard_tempo__mutmut_2: survived
    device.audio.safety.limits.x_ring_s__mutmut_1: no tests
"""


def test_what_no_test_noticed_or_even_ran_is_left() -> None:
    found = [Mutant(told["name"], told["status"]) for told in RESULT.finditer(TOLD)]
    assert [name.rpartition(".")[2] for name in left(found)] == ["x_guard_tempo__mutmut_2", "x_ring_s__mutmut_1"]
    assert list(rows(found)) == [
        ("device.audio.safety.limits", 3, 1),
        ("device.audio.safety.onset", 1, 1),
        ("together", 4, 2),
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_the_guards_have_own_tests_their_own(room: str) -> None:
    assert (ROOT / own_tests(room)).exists()


def test_a_room_that_is_none_and_a_folder_that_is_another_s_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemMissingError, match="no device/cellar"):
        own_tests("cellar")
    (tmp_path / "diary.txt").touch()
    with pytest.raises(SystemMissingError, match="other things"):
        lay_out(tmp_path, ROOMS)


def test_a_folder_is_laid_out_with_the_rooms_that_are_asked_for(tmp_path: Path) -> None:
    lay_out(tmp_path, ["control/bounds.py"])
    assert (tmp_path / "device" / "control" / "bounds.py").exists()
    settings = (tmp_path / "pyproject.toml").read_text()
    assert "only_mutate = ['device/control/bounds.py']" in settings
    assert "'tests/device/control/test_bounds.py'" in settings
    lay_out(tmp_path, ["audio/safety"])
    assert "device/audio/safety/*.py" in (tmp_path / "pyproject.toml").read_text()
