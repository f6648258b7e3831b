"""The hazard table of SAFETY.md tells the truth: every file and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROWS = [line.strip("| \n").split(" | ") for line in (HOUSE / "SAFETY.md").read_text().splitlines() if line[:3] == "| H"]


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
