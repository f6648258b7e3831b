"""The course of a long piece."""

from pathlib import Path

import numpy as np
import pytest

from export.music.course import course_of, main
from tests.export.music.scores import piece, scale_tune, write


def test_a_climb_and_a_lost_scale_show_where_they_happen() -> None:
    notes = [(onset, length, pitch + 12 * (onset >= 64)) for onset, length, pitch in scale_tune(128)]
    notes = [(onset, length, pitch + (onset >= 96) * int(onset % 2)) for onset, length, pitch in notes]
    course = course_of(piece(notes))
    assert course["minute"] == pytest.approx(np.arange(4) * 32 / 60)
    assert course["register"][2] - course["register"][1] == pytest.approx(12, abs=1)
    assert course["scale"][:3].tolist() == [1.0] * 3
    assert course["scale"][3] < 0.9
    assert {len(values) for values in course.values()} == {4}


def test_silence_is_a_gap() -> None:
    course = course_of(piece([(0.0, 1.0, 60), (64.0, 4.0, 62)]))
    assert np.isnan(course["register"]).tolist() == [False, True, False]


def test_the_command_draws_a_picture_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = write(tmp_path / "song.mid", scale_tune(128))
    assert main(["--midi", str(song), "--out", str(tmp_path / "song.png")]) == 0
    assert (tmp_path / "song.png").stat().st_size > 5000
    (tmp_path / "bad.mid").write_bytes(b"no")
    assert main(["--midi", str(tmp_path / "bad.mid"), "--out", str(tmp_path / "bad.png")]) != 0
    assert "bad.mid is left out" in capsys.readouterr().err
