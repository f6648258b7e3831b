"""Ours is timed end to end, going back costs a bar, and the rival takes turns with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hardware.bench import speed
from hardware.bench.speed import Turn

FAKE_RIVAL = """
import json, sys
print(json.dumps(["architecture"]), flush=True)
for _ in sys.stdin:
    print(json.dumps({"architecture": [10, 1.0, 0.1]}), flush=True)
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "QUICK_BARS", 4)
    monkeypatch.setattr(speed, "QUICK_TURNS", 2)
    monkeypatch.setattr(speed, "REWINDS", 4)


def test_speed_and_shares_come_from_what_was_composed() -> None:
    figures = {figure.name: figure for figure in speed.measure(lambda _: None, quick=True)}
    assert figures["speed, dense"].value > 50
    assert 0 < figures["a bar, calm: share of its duration, median"].value < 5
    assert figures["a bar decided anew, dense: share of its duration, 99 %"].value > 0
    assert not any("MIDI-GPT" in name for name in figures)


def test_going_back_composes_that_bar_and_leaves_the_others() -> None:
    desk = speed._desk(speed.DENSE, 8)
    desk.write(8)
    before = list(desk.bars)
    for index in (7, 3, 0):
        share, bar = desk.decide(index)
        assert (bar.bar_index, bar.generator) == (index, "transformer")
        assert bar.notes
        assert share > 0
    assert desk.bars == before


def test_the_rival_takes_turns_and_the_ratio_is_of_processor_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rival.py").write_text(FAKE_RIVAL)
    monkeypatch.setattr(speed, "RIVALS", tmp_path / "rival.py")
    figures = speed.measure(lambda _: None, quick=True, peers_python=sys.executable)
    (ratio,) = [figure for figure in figures if "MIDI-GPT" in figure.name]
    slower = min(figure.value for figure in figures if figure.name.startswith("speed"))
    assert ratio.value == pytest.approx(slower / 100, rel=0.01)


def test_an_interpreter_without_the_rival_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rival.py").write_text("raise SystemExit(1)")
    monkeypatch.setattr(speed, "RIVALS", tmp_path / "rival.py")
    with pytest.raises(speed.RivalMissingError, match="peers-music"):
        speed.measure(lambda _: None, quick=True, peers_python=sys.executable)


def test_speed_is_tokens_of_processor_time() -> None:
    assert Turn(100, 2.0, 0.5, ()).tokens_s == 200


def test_an_interpreter_that_is_not_there_is_said() -> None:
    with pytest.raises(speed.RivalMissingError, match="no interpreter /nowhere/python"):
        speed.measure(lambda _: None, quick=True, peers_python="/nowhere/python")
