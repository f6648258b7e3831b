"""SECURITY.md tells the truth: every line of a standard names tests that exist, or says why it has none."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "SECURITY.md").read_text()
ROWS = [
    line.strip("| ").split(" | ", 2) for line in PAGE.splitlines() if re.match(r"\| ([56]\.|CRA |[A-Z]{3} \|)", line)
]
TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")
PROVISIONS = {"5.1": 5, "5.2": 3, "5.3": 16, "5.4": 4, "5.5": 8, "5.6": 9, "5.7": 2, "5.8": 3, "5.9": 3, "5.10": 1,
              "5.11": 4, "5.12": 3, "5.13": 1}  # fmt: skip
"""How many provisions each clause of ETSI EN 303 645 has."""
MECHANISMS = {"ACM", "AUM", "SUM", "SSM", "SCM", "RLM", "NMM", "TCM", "CCK", "GEC", "CRY"}
"""Of EN 18031-1."""


def test_no_line_of_a_standard_is_left_out() -> None:
    told = {row[0] for row in ROWS}
    assert {f"{clause}-{number}" for clause, n in PROVISIONS.items() for number in range(1, n + 1)} <= told
    assert {f"6.{number}" for number in range(1, 6)} <= told
    assert {f"CRA I.2{letter}" for letter in "abcdefghijklm"} | {f"CRA II.{n}" for n in range(1, 9)} <= told
    assert told >= MECHANISMS
    assert len(told) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_line_has_a_test_that_exists_or_an_exclusion(row: list[str]) -> None:
    tests = TEST.findall(row[2])
    assert tests or re.match(r"Excluded: \S.{10,}", row[2])
    for path, name in tests:
        assert re.search(rf"def {name}\(", (HOUSE / path).read_text()), f"{path}::{name}"


def test_it_says_how_to_report_and_for_how_long_it_is_supported() -> None:
    for heading in ("## Reporting a weakness", "## Support period"):
        assert f"\n{heading}\n" in PAGE
    assert "five years" in PAGE
    assert "three working days" in PAGE


def test_the_guide_is_there() -> None:
    assert "first start" in (HOUSE / "deploy/guide.md").read_text()


def test_no_private_key_lies_in_the_repository() -> None:
    found = subprocess.run(
        ["git", "-C", HOUSE, "grep", "--files-with-matches", "-E", r"^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not found.stdout.split()
