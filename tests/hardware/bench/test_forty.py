"""Minutes that are the same are found to be, and minutes that are not, are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hardware.bench import forty, slow_songs
from tests.export.music.scores import piece, scale_tune, write

MINUTE = 60
"""Beats at 60 bpm."""


def test_a_minute_that_comes_again_is_wholly_alike() -> None:
    tune = scale_tune(MINUTE)
    again = piece([*tune, *((onset + MINUTE, length, pitch) for onset, length, pitch in tune)])
    assert forty.most_alike(forty.likeness(again)) == pytest.approx(1.0)


def test_minutes_of_other_pitches_and_rhythm_are_less_alike() -> None:
    first = [(float(n), 1.0, 60) for n in range(MINUTE)]
    second = [(MINUTE + 2.0 * n + 0.5, 1.0, 66) for n in range(MINUTE // 2)]
    assert forty.most_alike(forty.likeness(piece([*first, *second]))) < 0.5


def test_what_is_left_of_the_last_minute_does_not_count() -> None:
    minute = forty.minutes(piece(scale_tune(MINUTE + 20)))
    assert minute.max() == 0
    assert (minute == -1).sum() == 5
    assert np.isnan(forty.most_alike(forty.likeness(piece(scale_tune(MINUTE)))))


def test_every_four_minutes_are_held_against_a_song() -> None:
    alike = np.full((6, 6), 0.5)
    alike[0, 5] = alike[5, 0] = 0.9
    assert forty.in_a_row(alike).tolist() == [0.5] * 3
    assert forty.most_alike(alike) == 0.9


def test_the_command_draws_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in slow_songs.CORPORA.values():
        write(tmp_path / "open" / folder / "song.mid", scale_tune(4 * MINUTE), bpm=60.0)
    asked = ["--data", str(tmp_path), "--out", str(tmp_path / "p.png"), "--generator", "rules", "--seeds", "1"]
    assert forty.main([*asked, "--bars", "160", "--mood", "default", "--json"]) == 0
    names = [figure["name"] for figure in json.loads(capsys.readouterr().out)]
    assert any("most alike of four minutes" in name for name in names)
    assert (tmp_path / "p.png").stat().st_size > 1000
