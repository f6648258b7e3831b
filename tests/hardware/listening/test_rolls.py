"""Twelve pieces are composed and drawn side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.listening import rolls


def test_pieces_are_composed_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolls, "PLACES", {"calm": (0.0, -0.8)})
    monkeypatch.setattr(rolls, "GENERATORS", ("rules", "phrasebook"))
    monkeypatch.setattr(rolls, "BARS_MAX", 4)
    rolls.main(["compose", str(tmp_path / "after"), "7"])
    assert len(list((tmp_path / "after").glob("*.mid"))) == 2
    rolls.main(["draw", str(tmp_path / "out.png"), str(tmp_path / "after"), str(tmp_path / "after")])
    assert (tmp_path / "out.png").stat().st_size > 1000
