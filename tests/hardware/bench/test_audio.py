"""The command runs its parts, leaves out what this machine cannot, and writes its report."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from device.errors import SystemMissingError
from hardware.bench import audio
from hardware.bench.figures import Figure


def part(name: str) -> audio.Progress:
    def measure(_options: argparse.Namespace, progress: audio.Progress) -> list[Figure]:
        if name == "stops":
            raise SystemMissingError("JACK is not installed.", "Install it.")
        progress(name)
        return [Figure(f"figure of {name}", 2.0, 1.0, "at most")]

    return measure  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def _parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "PARTS", {name: part(name) for name in audio.PARTS})


def test_all_parts_run_and_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audio.main(["--quick", "--json", "--out", str(tmp_path / "r.md")]) == 0
    told = capsys.readouterr()
    assert [figure["name"] for figure in json.loads(told.out)] == [
        "figure of cost",
        "figure of loudness",
        "figure of dose",
    ]
    assert "stops is left out. JACK is not installed." in told.err
    assert (tmp_path / "r.md").read_text("utf-8").count("**missed**") == 3


def test_one_part_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert audio.main(["--part", "loudness"]) == 0
    assert "figure of loudness" in capsys.readouterr().out
