"""A few cuts of each kind, so that the command that makes thousands goes on working; and a brick is told as one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hardware.bench.power_cuts import (
    Brick,
    Bundles,
    Work,
    keep_ledger,
    look_at_ledger,
    look_at_session,
    record,
    try_one,
)


def test_what_is_cut_off_is_old_or_new(tmp_path: Path) -> None:
    (tmp_path / "bundles").mkdir()
    works = Bundles(tmp_path / "bundles").works() | {
        "ledger": Work(lambda _folder: None, keep_ledger, look_at_ledger),
        "session": Work(lambda _folder: None, record, look_at_session),
    }
    for index, (name, work) in enumerate(works.items()):
        scratch = tmp_path / str(index)
        scratch.mkdir()
        found = set(try_one(name, work, 3, random.Random(index), scratch))
        assert found <= {"old", "new", "whole"}


def test_what_is_written_half_is_a_brick(tmp_path: Path) -> None:
    (tmp_path / "box.json").write_text('{"version": 1, "entr')
    with pytest.raises(Brick, match="cannot be read"):
        look_at_ledger(tmp_path, 0)
