"""A clock that is set by a year is told once, and neither reminds of what it skipped nor keeps anybody from music."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from device.box import diary
from device.box.diary import Diary
from device.programme_layout import DayRow, Programme

NOON = dt.datetime(2026, 11, 29, 12, 0, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)


class Wall:
    """The clock on the wall, which anybody may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(diary, "wall_time", lambda: self.now)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


def turn(kept: Diary) -> tuple[str, list[str]]:
    """What the box does at each turn: the sentence for its log, and what it reminds of."""
    return kept.put_right(), [event.kind for event in kept.remind()]


@pytest.mark.parametrize("step", [-YEAR, YEAR])
def test_a_clock_that_is_set_by_a_year_is_told_once_and_reminds_of_nothing(
    wall: Wall, tmp_path: Path, step: dt.timedelta
) -> None:
    kept = Diary(Programme(timezone="UTC", days=(DayRow(remind=("08:00", "18:00")),)), "guest", tmp_path / "box.json")
    assert turn(kept) == ("", [])
    wall.now += step
    sentence, reminded = turn(kept)
    assert (sentence.startswith("The clock was set from 2026-11-29 12:00"), reminded) == (True, [])
    assert turn(kept) == ("", [])
    wall.now = wall.now.replace(hour=18, minute=1)
    assert turn(kept) == ("", ["remind"]), "and afterwards it reminds by the new clock"


def test_a_clock_that_is_set_back_a_year_in_a_session_loses_neither_the_session_nor_the_count_of_the_day(
    wall: Wall, tmp_path: Path
) -> None:
    kept = Diary(Programme(timezone="UTC", sessions_a_day=1), "guest", tmp_path / "box.json")
    assert kept.press().kind == "play"
    kept.begin(str(tmp_path / "session"))
    wall.now -= YEAR
    kept.put_right()
    kept.end("ended")
    assert kept.press().kind == "play", "that day has had no session"
    wall.now += YEAR
    kept.put_right()
    assert kept.press().what == "sessions-done"
    assert Diary(Programme(), "guest", tmp_path / "box.json").tear() == []
