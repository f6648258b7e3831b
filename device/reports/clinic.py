"""What a clinic did with its boxes, from the sessions that were recorded: how many, how long, with whom, at what cost.

It counts and multiplies, and says by which rules. It knows no benefit and invents none.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from device.errors import RecordingError
from device.programme_layout import Programme, zone_of
from device.reports.document import Part
from device.sessions.history import History
from device.sessions.listing import SessionInfo, show
from device.sessions.reader import SessionReader
from device.text import printable

VERSION = 1
DAYS_PER_MONTH = 365.25 / 12
COUNTS_SHARE = 0.5
"""A session counts as kept to the programme from this share of its planned length on."""
PERIOD_DAYS_MAX = 3660
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STAMP = "%Y%m%dT%H%M%SZ"
Money = Annotated[float, msgspec.Meta(ge=0.0, le=1e6)]


class Rates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What things cost the clinic, in its own currency; what is not given is not counted."""

    currency: Annotated[str, msgspec.Meta(max_length=12)] = ""
    therapist_hour: Money | None = None
    room_hour: Money | None = None
    session: Money | None = None
    """What each session uses up: electrodes, gel, cleaning."""
    box_month: Money | None = None
    """Box, headset and headphones, written off or rented."""
    upkeep_month: Money | None = None


class Played(Part, frozen=True, kw_only=True):
    """One session."""

    session_id: str
    listener: str
    day: str
    """By the programme's time zone; empty: its name tells none, or a day that has not come yet."""
    planned_min: float
    lasted_min: float
    ended: str
    with_therapist: bool


class Cost(Part, frozen=True, kw_only=True):
    name: str
    times: float
    unit: str
    rate: float
    amount: float


class Adherence(Part, frozen=True, kw_only=True):
    """Sessions that the programme had, and those of them that were played."""

    planned: int
    kept: int
    days_planned: int
    days_kept: int


class Figures(Part, frozen=True, kw_only=True):
    version: int = VERSION
    first_day: str
    last_day: str
    listeners: int
    sessions: int
    ended: dict[str, int]
    """How many ended how."""
    hours: float
    hours_with_therapist: float
    hours_without_therapist: float
    sessions_with_therapist: int
    adherence: Adherence | None
    currency: str
    costs: tuple[Cost, ...]
    total: float | None
    per_session: float | None
    per_hour: float | None
    assumptions: tuple[str, ...]
    unreadable: tuple[str, ...]
    """Sessions that could not be read, and why; they are not counted."""
    undated: int
    """Sessions whose day is not known or has not come yet; they count, but for no day."""
    played: tuple[Played, ...]


class Period(msgspec.Struct, frozen=True):
    """Days that are counted, both included; None: from the first session, or to the last."""

    first: dt.date | None
    last: dt.date | None


def figures_of(
    sessions: Iterable[SessionInfo], programme: Programme, rates: Rates, period: Period, today: dt.date
) -> Figures:
    """Count what was played within a period."""
    found, unreadable = [], []
    for info in sessions:
        try:
            found.append(_played(info, programme, today))
        except (RecordingError, OSError) as error:
            unreadable.append(printable(f"{info.session_id}: {error}"))
    played = [session for session in found if _is_in(session, period)]
    first, last = _days(played, period)
    with_therapist = [session for session in played if session.with_therapist]
    hours, hours_with = _hours(played), _hours(with_therapist)
    costs = tuple(_costs(rates, len(played), hours, hours_with, _months(first, last)))
    total = sum(cost.amount for cost in costs) if costs else None
    return Figures(
        first_day=f"{first}" if first else "", last_day=f"{last}" if last else "",
        listeners=len({session.listener for session in played}), sessions=len(played),
        ended=dict(Counter(session.ended for session in played).most_common()),
        hours=round(hours, 2), hours_with_therapist=round(hours_with, 2),
        hours_without_therapist=round(hours - hours_with, 2), sessions_with_therapist=len(with_therapist),
        adherence=_adherence(played, programme, first, last), currency=printable(rates.currency), costs=costs,
        total=None if total is None else round(total, 2),
        per_session=round(total / len(played), 2) if total is not None and played else None,
        per_hour=round(total / hours, 2) if total is not None and hours else None,
        assumptions=tuple(_assumptions(programme, costs)), unreadable=tuple(unreadable),
        undated=sum(not session.day for session in played), played=tuple(played),
    )  # fmt: skip


def _played(info: SessionInfo, programme: Programme, today: dt.date) -> Played:
    """A session by its summary, or by its log where nobody summed it up."""
    summary = show(Path(info.folder))
    if "duration_s" not in summary:
        summary = _summed_up(Path(info.folder))
    lasted_s = summary.get("duration_s")
    return Played(
        session_id=info.session_id, listener=info.listener, day=_day(info.session_id, programme, today),
        planned_min=round(info.minutes, 2), ended=printable(str(summary.get("ended", ""))[:40]),
        lasted_min=round(float(lasted_s) / 60, 2) if isinstance(lasted_s, int | float) else 0.0,
        with_therapist=any(text.startswith("therapist:") for text in _commands(summary.get("events"))),
    )  # fmt: skip


def _commands(events: Any) -> Iterator[str]:
    """What was commanded, each beginning with who did; a summary may have been changed since."""
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict) and event.get("kind") == "command":
            yield str(event.get("text", ""))


def _summed_up(folder: Path) -> dict[str, Any]:
    history = History(SessionReader(folder))
    commands = [{"kind": "command", "text": f"{item.author}:"} for item in history.commands]
    return {"duration_s": history.duration_s, "ended": history.ended(), "events": commands}


def _day(session_id: str, programme: Programme, today: dt.date) -> str:
    try:
        began = dt.datetime.strptime(session_id[:16], STAMP).replace(tzinfo=dt.UTC)
        day = began.astimezone(zone_of(programme.timezone)).date()
    except (ValueError, OverflowError):
        return ""
    return f"{day}" if day <= today + dt.timedelta(days=1) else ""


def _is_in(session: Played, period: Period) -> bool:
    """A session without a day belongs to no period that somebody named."""
    if not session.day:
        return period.first is None and period.last is None
    day = dt.date.fromisoformat(session.day)
    return (period.first is None or day >= period.first) and (period.last is None or day <= period.last)


def _days(played: Sequence[Played], period: Period) -> tuple[dt.date | None, dt.date | None]:
    days = sorted(session.day for session in played if session.day)
    first = period.first or (dt.date.fromisoformat(days[0]) if days else None)
    return first, period.last or (dt.date.fromisoformat(days[-1]) if days else None)


def _hours(played: Sequence[Played]) -> float:
    return sum(session.lasted_min for session in played) / 60


def _months(first: dt.date | None, last: dt.date | None) -> float:
    return ((last - first).days + 1) / DAYS_PER_MONTH if first and last and last >= first else 0.0


def _costs(rates: Rates, sessions: int, hours: float, hours_with: float, months: float) -> Iterator[Cost]:
    lines = (
        ("therapist", hours_with, "h", rates.therapist_hour),
        ("room", hours, "h", rates.room_hour),
        ("used up", float(sessions), "sessions", rates.session),
        ("box", months, "months", rates.box_month),
        ("upkeep", months, "months", rates.upkeep_month),
    )
    for name, times, unit, rate in lines:
        if rate is not None:
            yield Cost(name=name, times=round(times, 2), unit=unit, rate=rate, amount=round(times * rate, 2))


def _adherence(
    played: Sequence[Played], programme: Programme, first: dt.date | None, last: dt.date | None
) -> Adherence | None:
    """What was kept of a programme that names days; None where sessions are free."""
    if not programme.days or first is None or last is None or not 0 <= (last - first).days <= PERIOD_DAYS_MAX:
        return None
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    due = [day for day in days if any(WEEKDAYS[day.weekday()] in row.on for row in programme.days)]
    a_day = programme.sessions_a_day or 1
    done = Counter(session.day for session in played if session.lasted_min >= COUNTS_SHARE * session.planned_min)
    kept = [min(done[f"{day}"], a_day) for day in due]
    return Adherence(planned=a_day * len(due), kept=sum(kept), days_planned=len(due), days_kept=sum(map(bool, kept)))


def _assumptions(programme: Programme, costs: Sequence[Cost]) -> Iterator[str]:
    """By which rules it was counted."""
    yield "Hours are those from the first bar of a session to its last message."
    yield (
        "A session is with a therapist where a therapist gave it at least one wish, and then counts as a whole; one "
        "who only watched is not seen by the log."
    )
    if programme.days:
        a_day = programme.sessions_a_day or 1
        yield f"On each day that a row of the programme names, {a_day} of its sessions were due."
        yield f"A session was kept where it lasted at least {COUNTS_SHARE:.0%} of its planned time."
    else:
        yield "Without a programme that names days nothing was due, and no adherence is told."
    if costs:
        yield "Costs are the clinic's own rates times what was counted; what has no rate costs nothing here."
    yield "Nothing is said of benefit: these figures do not measure it."
