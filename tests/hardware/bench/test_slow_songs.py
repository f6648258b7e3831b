"""People's songs are taken where they are slow, long enough, and of the metre that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.bench.slow_songs import BARS, people, whole_songs
from tests.export.music.scores import scale_tune, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A slow song, one that is too fast and one that is too short."""
    write(tmp_path / "slow.mid", scale_tune(160), bpm=60.0)
    write(tmp_path / "fast.mid", scale_tune(160), bpm=140.0)
    write(tmp_path / "short.mid", scale_tune(40), bpm=60.0)
    return tmp_path


def test_only_slow_songs_are_taken_and_cut(folder: Path) -> None:
    (song,) = people(folder, 5)
    assert song.name == "slow"
    assert len(song.bars) == BARS + 1
    assert len(list(whole_songs(folder))) == 3


def test_only_those_of_the_metre_that_is_asked_for_are_taken(folder: Path) -> None:
    assert len(people(folder, 5, "4/4")) == 1
    assert people(folder, 5, "3/4") == []
