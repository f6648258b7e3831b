"""What the therapist's programme allows at a given moment, and when it reminds. Pure: time is always given.

Wall clocks are put forward and back. Hours are compared as a clock on the wall shows; a reminder is an instant: one
that falls into the hour that is left out comes just after it, and one in the hour that comes twice comes once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from device.programme_layout import Day, DayRow, Programme, is_within, zone_of

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
FREE = DayRow()
LATE = dt.timedelta(minutes=5)
"""A reminder is not given later than this, where the clock was put forward or the box was off."""


class Refusal(NamedTuple):
    """Why no session begins now."""

    prompt: str
    """The row of `voice.prompts.PROMPTS` that says so."""
    sentence: str


def local_day(programme: Programme, now: dt.datetime) -> dt.date:
    return now.astimezone(zone_of(programme.timezone)).date()


def allowed(programme: Programme, now: dt.datetime, n_today: int) -> DayRow | Refusal:
    """What a press at `now` (UTC) begins, after `n_today` sessions that day; or why it begins nothing."""
    local = now.astimezone(zone_of(programme.timezone))
    if is_quiet(programme, now):
        return Refusal("quiet-hours", f"It is {local:%H:%M}, and the programme keeps these hours quiet.")
    if programme.sessions_a_day and n_today >= programme.sessions_a_day:
        return Refusal("sessions-done", f"Today's sessions are done: {n_today} of {programme.sessions_a_day}.")
    rows = _rows(programme, local.date())
    for row in rows:
        if row.hours is None or is_within(row.hours, local.time()):
            return row
    if rows:
        return Refusal("not-today", f"The programme has no session at {local:%H:%M}.")
    return Refusal("not-today", f"The programme has no session on a {local:%A}.")


def is_quiet(programme: Programme, now: dt.datetime) -> bool:
    """Whether `now` (UTC) lies in the quiet hours."""
    here = now.astimezone(zone_of(programme.timezone)).time()
    return any(is_within(hours, here) for hours in programme.quiet)


def reminder(programme: Programme, since: dt.datetime, now: dt.datetime, n_today: int) -> dt.datetime | None:
    """The newest reminder after `since` and until `now` that is still worth giving; none where no session may begin."""
    zone = zone_of(programme.timezone)
    after = max(since, now - LATE)
    today = now.astimezone(zone).date()
    days = (today - dt.timedelta(days=1), today)
    due = [at for day in days for at in _reminders(programme, day, zone) if after < at <= now]
    is_possible = isinstance(allowed(programme, now, n_today), DayRow)
    return max(due) if due and is_possible else None


def _reminders(programme: Programme, day: dt.date, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    """The instants (UTC) at which a day reminds."""
    for row in _rows(programme, day):
        for at in row.remind:
            yield dt.datetime.combine(day, _time(at), zone).astimezone(dt.UTC)


def _rows(programme: Programme, day: dt.date) -> list[DayRow]:
    """Rows of a day; where the programme has none at all, every day is free."""
    return [row for row in programme.days or (FREE,) if DAYS[day.weekday()] in row.on]


def plan_of(row: DayRow, prescription_path: Path | None) -> Path | None:
    """The file of a row's plan, which lies beside the prescription; None: the prescription's own plan."""
    if not row.plan:
        return None
    return prescription_path.parent / row.plan if prescription_path else Path(row.plan)


def _time(text: str) -> dt.time:
    return dt.time(int(text[:2]), int(text[3:]))


def week(programme: Programme, today: dt.date) -> Iterator[str]:
    """What the next seven days look like, a line each, for whoever wrote the programme."""
    for day in (today + dt.timedelta(days=ahead) for ahead in range(len(DAYS))):
        rows = [_row_words(row, programme.quiet) for row in _rows(programme, day)]
        yield f"{day:%a %d %b}  {'; '.join(filter(None, rows)) or 'no session'}"


def _row_words(row: DayRow, quiet: Sequence[str]) -> str:
    """Empty: no session can begin."""
    hours = open_hours(row, quiet)
    if not hours:
        return ""
    words = [" and ".join(hours), row.plan or "the prescription's plan"]
    words += [f"{row.minutes:g} min"] if row.minutes else []
    heard = [at for at in row.remind if _is_open(row, quiet, _time(at))]
    words += [f"reminder at {', '.join(heard)}"] if heard else []
    return ", ".join(words)


def open_hours(row: DayRow, quiet: Sequence[str]) -> list[str]:
    """When a session of the row can begin, the quiet hours taken out: `07:00-21:30`, or `any time`."""
    minutes = {minute for minute in range(DAY_MINUTES) if _is_open(row, quiet, _clock(minute))}
    if len(minutes) == DAY_MINUTES:
        return ["any time"]
    begins = sorted(minute for minute in minutes if (minute - 1) % DAY_MINUTES not in minutes)
    ends = sorted(minute + 1 for minute in minutes if (minute + 1) % DAY_MINUTES not in minutes)
    if begins and begins[0] > ends[0]:
        ends = [*ends[1:], ends[0]]  # the last goes over midnight
    return [f"{_clock(begin):%H:%M}-{_clock(end):%H:%M}" for begin, end in zip(begins, ends, strict=True)]


def doubts(programme: Programme) -> Iterator[str]:
    """What the programme says and never does, as sentences."""
    for row in programme.days:
        days = ", ".join(row.on) if len(row.on) < len(DAYS) else "any day"
        if not open_hours(row, programme.quiet):
            yield f"No session can begin in {row.hours or 'the whole day'} ({days}): all of it is quiet."
            continue
        for at in row.remind:
            if any(is_within(hours, _time(at)) for hours in programme.quiet):
                yield f"The reminder at {at} ({days}) lies in the quiet hours and is never given."
            elif not _is_open(row, programme.quiet, _time(at)):
                yield f"The reminder at {at} ({days}) lies outside of {row.hours}."


def _is_open(row: DayRow, quiet: Sequence[str], now: dt.time) -> bool:
    is_quiet = any(is_within(hours, now) for hours in quiet)
    return not is_quiet and (row.hours is None or is_within(row.hours, now))


def _clock(minute: int) -> dt.time:
    return dt.time(minute // 60 % 24, minute % 60)
