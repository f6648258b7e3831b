"""NOTICE.md names everything that belongs to others: what set-up fetches, and where the models that ship come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (HOUSE / "NOTICE.md").read_text("utf-8").splitlines()
    if line.startswith("| ")
]


def licence_of(name: str) -> str:
    """The last cell of the row that names it first."""
    return next((row[-1] for row in ROWS if name in row[0].split(", ")), "")


def locked() -> list[str]:
    lock = (HOUSE / "deploy" / "requirements.lock").read_text("utf-8")
    return sorted(set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


def from_debian() -> list[str]:
    lines = (HOUSE / "deploy" / "packages.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("package", [*locked(), *from_debian()])
def test_each_package_that_set_up_fetches_is_named_with_its_licence(package: str) -> None:
    assert licence_of(package)


@pytest.mark.parametrize("model", [path.name for path in sorted((HOUSE / "models_onnx").iterdir()) if path.is_dir()])
def test_the_data_of_each_model_are_named(model: str) -> None:
    assert any(model in row[0].split(", ") and row[1] for row in ROWS)


def test_nothing_is_named_that_is_fetched_no_more() -> None:
    python = ROWS[ROWS.index(["package", "licence"]) + 1 :]
    assert sorted(row[0] for row in python if len(row) == 2) == locked()
