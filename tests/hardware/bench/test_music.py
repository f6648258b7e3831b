"""The command runs its parts, writes its report, and says what is missing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hardware.bench import music, speed
from hardware.bench.figures import Figure


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []

    def part(name: str) -> Callable[..., list[Figure]]:
        def measure(options: argparse.Namespace, progress: music.Progress) -> list[Figure]:
            ran.append(name)
            progress(f"{name} is measured")
            return [Figure(f"figure of {name}", 1.0, 2.0)]

        return measure

    monkeypatch.setattr(music, "PARTS", {name: part(name) for name in music.PARTS})
    return ran


def test_all_parts_run_and_the_report_shows_what_was_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert music.main(["--quick", "--json", "--out", str(tmp_path / "r.md")]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert len(figures) == len(music.PARTS)
    report = (tmp_path / "r.md").read_text("utf-8")
    assert report.count("**missed**") == len(figures)
    assert "quick" in report.splitlines()[2]


def test_one_part_runs_alone(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert music.main(["--part", "memory"]) == 0
    assert parts == ["memory"]
    told = capsys.readouterr()
    assert "figure of memory" in told.out
    assert "memory is measured" in told.err


def test_a_data_folder_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert music.main(["--data", str(tmp_path)]) == 8
    assert "open/" in capsys.readouterr().err


def test_a_rival_that_is_not_installed_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object) -> list[Figure]:
        raise speed.RivalMissingError("no PyTorch")

    monkeypatch.setitem(music.PARTS, "speed", missing)
    assert music.main(["--part", "speed", "--peers-python", sys.executable]) == 11
    assert "no PyTorch" in capsys.readouterr().err


def test_two_judges_hear_pieces_all_over_the_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(music, "QUICK_SEEDS", 1)
    monkeypatch.setattr(music, "PIECE_BARS", 2)
    options = argparse.Namespace(data=None, quick=True, jobs=1)
    figures = music._steering(options, lambda _: None)
    assert [figure.asked for figure in figures] == [0.95, 0.85, 0.85, 10]
    assert all(np.isfinite(figure.value) for figure in figures)
