"""What the rivals came to is told from their runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra `export`)")


def test_the_table_tells_the_last_losses_of_the_runs_there_are(tmp_path: Path) -> None:
    from export.music.rivals import table

    row = {f"per_{unit}_{told}": 1.0 for unit in ("note", "token") for told in ("nothing", "controls")}
    curve = [row | {"tokens": 10}, row | {"tokens": 2000, "per_note_controls": 2.5}]
    (tmp_path / "lstm").mkdir()
    (tmp_path / "lstm" / "curve.json").write_text(json.dumps(curve))
    assert table(tmp_path).splitlines()[2:] == ["| lstm | 2,000 | 1.000 | 2.500 | 1.000 | 1.000 |"]
