"""Ours and people's pieces by the same yardstick, and who tells them apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from hardware.bench import breath, critic, slow_songs
from hardware.bench.breath import NAMES, Measured, Table
from tests.export.music.scores import piece, scale_tune, write


def table(values: float, pieces: int = 8) -> Table:
    return Table(
        tuple(f"{values}-{n}" for n in range(pieces)),
        np.full((pieces, len(NAMES)), values) + np.eye(pieces, len(NAMES)),
    )


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """A data folder with a slow song in each corpus, and one that is too fast."""
    for folder in slow_songs.CORPORA.values():
        write(tmp_path / "open" / folder / "slow.mid", scale_tune(160), bpm=60.0)
        write(tmp_path / "open" / folder / "fast.mid", scale_tune(160), bpm=140.0)
    return tmp_path


def test_forty_features_are_judged_and_none_of_them_is_tempo_or_density() -> None:
    assert len(breath.SYMBOLIC) == len(set(breath.SYMBOLIC)) == 40
    assert not {"notes_per_s", "notes_per_beat", "velocity_sd", "tempo_sd"} & set(breath.SYMBOLIC)


def test_ours_are_measured_as_played(tmp_path: Path) -> None:
    (played,) = breath.ours("rules", "calm", [1], tmp_path)
    assert len(played.bars) == slow_songs.BARS + 1
    assert set(played.voice) >= {"melody", "bass"}


def test_the_table_marks_what_lies_outside_peoples_quartiles() -> None:
    measured = Measured({"pop": table(1.0), "lieder": table(1.0)}, {("rules", "calm"): table(5.0)})
    lines = breath.as_table(measured).splitlines()
    assert "**5.00**" in lines[2]
    assert any("no data" in line and "not played" in line for line in lines)
    figures = breath.figures(measured)
    assert not figures[0].is_met
    assert not any("tempo sd" in figure.name for figure in figures)


def test_the_command_writes_table_and_json(corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "table.md"
    asked = ["--data", str(corpora), "--seeds", "3", "--generator", "rules", "--json", "--out", str(out)]
    assert breath.main(asked) == 0
    assert "| commonest count |" in out.read_text("utf-8")
    assert "breath, rules, calm: commonest count" in [row["name"] for row in json.loads(capsys.readouterr().out)]


def test_without_scikit_learn_the_judge_is_refused(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--data", str(corpora), "--seeds", "3", "--generator", "rules", "--peers-python", "/bin/false"]
    assert breath.main(asked) == 11
    assert "peers-music" in capsys.readouterr().err


def test_what_differs_is_told_apart_and_what_does_not_is_not() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(1)
    theirs, alike = rng.normal(size=(2, 60, 3))
    other = alike + np.array([0.0, 6.0, 0.0])
    songs = [f"song {n}" for n in range(60)]
    cases = {"other": critic.Case(theirs, other, songs), "alike": critic.Case(theirs, alike, songs)}
    verdicts = critic.judge(cases, ("a", "b", "c"), sys.executable)
    assert verdicts["other"].balanced_accuracy > 0.95
    assert next(iter(verdicts["other"].features)) == "b"
    assert 0.3 < verdicts["alike"].balanced_accuracy < 0.7


def test_a_piece_without_melody_rests_is_measured_whole() -> None:
    found = breath.measure_pieces([piece(scale_tune(64))])
    assert found.values.shape == (1, len(NAMES))
    assert found.column("commonest_count") == [1.0]


def test_a_feature_alone_is_as_good_as_it_orders_the_pieces() -> None:
    low, high = np.arange(5.0), np.arange(10.0, 15.0)
    assert critic.area(low, high) == critic.area(high, low) == 1.0
    assert critic.area(low, low) == 0.5
    assert critic.area(low, np.full(3, np.nan)) == 0.5
