"""The hazard table of SAFETY.md tells the truth: every file and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
SAFETY = (HOUSE / "SAFETY.md").read_text()
TEST = r"`(tests/[\w/.]+\.py)(?:::(\w+))?`"
ROWS = [line.strip("| \n").split(" | ") for line in SAFETY.splitlines() if line[:3] == "| H"]


def test_there_are_hazards_each_with_its_own_number() -> None:
    assert [row[0] for row in ROWS] == [f"H{number}" for number in range(1, len(ROWS) + 1)]
    assert len(ROWS) >= 14


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_hazard_has_cause_control_test_and_what_is_left(row: list[str]) -> None:
    _, *cells = row
    assert len(cells) == 5
    assert all(cells)
    controls, tests = (re.findall(r"`([\w/.]+\.py)(?:::(\w+))?`", cell) for cell in cells[2:4])
    assert controls
    assert tests
    for path, _ in controls:
        assert path.startswith("device/")
        assert (HOUSE / path).is_file(), path
    for path, name in tests:
        assert re.search(rf"def {name}\(", (HOUSE / path).read_text()), f"{path}::{name}"


@pytest.mark.parametrize(("path", "name"), sorted(set(re.findall(TEST, SAFETY))))
def test_every_test_that_is_named_anywhere_exists(path: str, name: str) -> None:
    assert re.search(rf"def {name}\(" if name else "def test_", (HOUSE / path).read_text())


def test_each_kind_of_bad_input_has_a_test() -> None:
    rows = [line.strip("| \n").split(" | ") for line in SAFETY.splitlines() if line[:3] == "| B"]
    assert [row[0] for row in rows] == [f"B{number}" for number in range(1, 12)]
    assert all(re.findall(TEST, row[3]) for row in rows)
