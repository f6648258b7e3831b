"""What the programme allows and when it reminds: over midnight, through both changes of the clock, set back a year."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.box.programme import Refusal, allowed, doubts, local_day, open_hours, reminder, week
from device.programme_layout import DayRow, Programme

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = DayRow(on=("mon", "wed"), hours="17:00-21:00", plan="evening.toml", remind=("18:00",))
TWICE = Programme(timezone="Europe/Berlin", sessions_a_day=2, quiet=("21:30-07:00",), days=(EVENING,))


def at(text: str, zone: dt.tzinfo = BERLIN, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)


def refused(programme: Programme, now: dt.datetime, n_today: int = 0) -> str:
    answer = allowed(programme, now, n_today)
    return answer.prompt if isinstance(answer, Refusal) else ""


def test_without_a_programme_everything_is_allowed_at_any_time() -> None:
    assert allowed(Programme(), at("2026-03-29T03:00"), 99) == DayRow()


def test_the_row_of_the_day_says_which_plan() -> None:
    answer = allowed(TWICE, at("2026-11-30T18:00"), 0)  # a Monday
    assert isinstance(answer, DayRow)
    assert answer.plan == "evening.toml"


@pytest.mark.parametrize(
    ("now", "n_today", "prompt"),
    [
        ("2026-12-01T18:00", 0, "not-today"),  # a Tuesday
        ("2026-11-30T12:00", 0, "not-today"),  # not at that hour
        ("2026-11-30T23:00", 0, "quiet-hours"),
        ("2026-11-30T06:59", 0, "quiet-hours"),
        ("2026-11-30T18:00", 2, "sessions-done"),
        ("2026-11-30T18:00", 1, ""),
    ],
)
def test_a_press_is_refused_with_the_reason(now: str, n_today: int, prompt: str) -> None:
    assert refused(TWICE, at(now), n_today) == prompt
    if prompt:
        answer = allowed(TWICE, at(now), n_today)
        assert isinstance(answer, Refusal)
        assert answer.sentence.endswith(".")


@pytest.mark.parametrize("time", [dt.time(0), dt.time(12), dt.time(23, 59), dt.time(23, 59, 59)])
def test_a_day_that_is_quiet_to_its_end_leaves_no_minute(time: dt.time) -> None:
    programme = Programme(timezone="UTC", quiet=("00:00-24:00",))
    assert refused(programme, dt.datetime.combine(dt.date(2026, 11, 29), time, dt.UTC)) == "quiet-hours"
    assert open_hours(DayRow(), programme.quiet) == []


def test_quiet_hours_are_those_of_the_clock_on_the_wall_when_it_is_put_back() -> None:
    night = Programme(timezone="Europe/Berlin", quiet=("02:00-03:00",))
    for fold in (0, 1):  # the hour from two to three comes twice
        assert refused(night, at("2026-10-25T02:30", fold=fold)) == "quiet-hours"
    assert refused(night, at("2026-10-25T03:00")) == ""


def reminders(programme: Programme, begin: dt.datetime, end: dt.datetime, step_s: int = 30) -> list[dt.datetime]:
    """As the daemon asks: again and again."""
    found, since = [], begin
    while since < end:
        now = since + dt.timedelta(seconds=step_s)
        if due := reminder(programme, since, now, 0):
            found.append(due)
        since = now
    return found


def test_a_reminder_comes_once_at_its_time() -> None:
    found = reminders(TWICE, at("2026-11-30T16:50"), at("2026-11-30T20:00"))
    assert found == [at("2026-11-30T18:00")]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_reminder_in_the_hour_that_is_missing_or_comes_twice_comes_once(day: str) -> None:
    programme = Programme(timezone="Europe/Berlin", days=(DayRow(remind=("02:30",)),))
    begin = at(f"{day}T00:00")
    assert len(reminders(programme, begin, begin + dt.timedelta(hours=23))) == 1


def test_nobody_is_reminded_of_what_a_clock_that_was_put_right_left_out() -> None:
    assert reminder(TWICE, at("1970-01-05T00:00"), at("2026-11-30T19:00"), 0) is None
    assert reminder(TWICE, at("2026-11-30T19:00"), at("2025-11-30T19:00"), 0) is None, "set back a year"


def test_nobody_is_reminded_of_what_is_refused() -> None:
    now = at("2026-11-30T18:00")
    since = now - dt.timedelta(seconds=30)
    assert reminder(TWICE, since, now, 0) == now
    assert reminder(TWICE, since, now, 2) is None


times = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
clock = st.times().map(lambda time: f"{time:%H:%M}")
hours = st.tuples(clock, clock).filter(lambda both: both[0] != both[1]).map("-".join)
days = st.builds(
    DayRow,
    on=st.lists(st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun")), min_size=1).map(tuple),
    hours=st.none() | hours,
    remind=st.lists(clock, max_size=3).map(tuple),
)
programmes = st.builds(
    Programme,
    sessions_a_day=st.integers(0, 5),
    quiet=st.lists(hours, max_size=3).map(tuple),
    timezone=st.sampled_from(("", "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata")),
    days=st.lists(days, max_size=4).map(tuple),
)


@given(programmes, times, times, st.integers(0, 6))
def test_whatever_it_says_there_is_an_answer_with_a_sentence(
    programme: Programme, since: dt.datetime, now: dt.datetime, n_today: int
) -> None:
    answer = allowed(programme, now, n_today)
    assert isinstance(answer, DayRow) or answer.sentence
    due = reminder(programme, since, now, n_today)
    assert due is None or (since < due <= now and isinstance(answer, DayRow))
    assert len(list(week(programme, local_day(programme, now)))) == 7


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"timezone": "Europe/Berlyn"}, "Berlyn"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
        ({"quiet": ["21:30-21:30"]}, "same time"),
        ({"quiet": ["9-10"]}, "regex"),
        ({"quiet": ["24:00-07:00"]}, "regex"),
        ({"quiet": ["00:00-24:01"]}, "regex"),
        ({"days": [{"on": ["monday"]}]}, "monday"),
        ({"sessions_a_day": -1}, ">= 0"),
        ({"sesions": 1}, "unknown field"),
    ],
)
def test_what_is_no_programme_is_refused_in_words(table: dict[str, object], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(table, Programme)


TIMES = st.times().map(lambda time: f"{time:%H:%M}")
HOURS = st.tuples(TIMES, TIMES | st.just("24:00")).filter(lambda pair: pair[0] != pair[1]).map("-".join)


@given(st.none() | HOURS, st.lists(HOURS, max_size=3), st.times())
def test_the_open_hours_are_those_in_which_a_press_begins_something(
    hours: str | None, quiet: list[str], time: dt.time
) -> None:
    row = DayRow(hours=hours)
    told = open_hours(row, quiet)
    is_told = told == ["any time"] or any(refused_at(each, time) == "" for each in told)
    programme = Programme(timezone="UTC", quiet=tuple(quiet), days=(row,))
    assert is_told == (refused(programme, dt.datetime.combine(dt.date(2026, 11, 29), time, dt.UTC)) == "")


def refused_at(hours: str, time: dt.time) -> str:
    """What a press at that time is told by a programme of these hours alone."""
    programme = Programme(timezone="UTC", days=(DayRow(hours=hours),))
    return refused(programme, dt.datetime.combine(dt.date(2026, 11, 29), time, dt.UTC))


def test_what_never_happens_is_told() -> None:
    silent, late = DayRow(on=("sun",), hours="22:00-23:00"), DayRow(hours="08:00-10:00", remind=("09:00", "12:00"))
    told = list(doubts(Programme(quiet=("21:30-07:00",), days=(silent, late))))
    assert told == [
        "No session can begin in 22:00-23:00 (sun): all of it is quiet.",
        "The reminder at 12:00 (any day) lies outside of 08:00-10:00.",
    ]
    assert not list(doubts(TWICE))
