"""What a box found of itself outlives the start in which it was found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from device.commands import doctor as module
from device.commands.diagnosis import Finding


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("sound", "fail", "There is no sound card.", "Plug it in.", 5)
    monkeypatch.setattr(module, "self_test", lambda _: [finding])


@pytest.mark.usefixtures("found")
def test_what_was_found_is_kept_and_said(tmp_path: Path) -> None:
    kept = tmp_path / "health.json"
    result = CliRunner().invoke(module.doctor, ["--box", "--keep", str(kept)])
    assert result.exit_code == 5
    assert "no sound card" in result.output
    assert json.loads(kept.read_text())[0]["name"] == "sound"


@pytest.mark.usefixtures("found")
def test_a_full_card_hides_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(module.doctor, ["--box", "--json", "--keep", str(tmp_path / "none/health.json")])
    assert result.exit_code == 5
    assert "cannot be kept" in result.output
