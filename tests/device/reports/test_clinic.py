"""Operation figures: counted from real logs, by rules that are told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from device import messages as m
from device.programme_layout import DayRow, Programme
from device.reports.clinic import Figures, Period, Rates, figures_of
from device.reports.clinic_view import tables_of, write_figures
from device.sessions.listing import list_sessions
from tests.device.exports import measured
from tests.device.sessions.synthetic import BEGAN_NS, Log, S

TODAY = dt.date(2026, 11, 29)
ALWAYS = Period(None, None)
RATES = Rates(currency="EUR", therapist_hour=90.0, session=2.0)


def play(root: Path, day: str, *, minutes: float, therapist: bool = False, listener: str = "Ann") -> None:
    session_id = f"{day}T100000Z-abcdef"
    config = msgspec.structs.replace(measured.config(root), session_id=session_id, listener=listener, minutes=30.0)
    log = Log(root / session_id, config)
    log.write(m.Start(t_ns=BEGAN_NS, author="manager"))
    if therapist:
        log.write(m.Softer(t_ns=BEGAN_NS + S, author="therapist"))
    log.write(m.Stop(t_ns=BEGAN_NS + round(minutes * 60 * S), author="patient"))
    log.close()


def figures(root: Path, programme: Programme | None = None, period: Period = ALWAYS) -> Figures:
    return figures_of(list_sessions(root), programme or Programme(), RATES, period, TODAY)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Monday with a therapist, Tuesday, Wednesday for a moment, Friday; a year that has not come yet; a broken one."""
    play(tmp_path, "20261116", minutes=30, therapist=True)
    play(tmp_path, "20261117", minutes=20)
    play(tmp_path, "20261118", minutes=3, listener="Bob")
    play(tmp_path, "20261120", minutes=30)
    play(tmp_path, "20271120", minutes=30)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "log-0000.mcap").write_bytes(b"nothing")
    return tmp_path


def test_sessions_hours_and_costs_add_up(root: Path) -> None:
    found = figures(root)
    assert (found.sessions, found.listeners, found.undated) == (5, 2, 1)
    assert found.ended == {"stopped": 5}
    assert found.hours == pytest.approx(113 / 60, abs=0.01)
    assert (found.hours_with_therapist, found.sessions_with_therapist) == (0.5, 1)
    assert {cost.name: cost.amount for cost in found.costs} == {"therapist": 45.0, "used up": 10.0}
    assert (found.total, found.per_session) == (55.0, 11.0)
    assert len(found.unreadable) == 1
    assert (found.first_day, found.last_day) == ("2026-11-16", "2026-11-20")


def test_what_was_due_and_kept_follows_the_programme(root: Path) -> None:
    weekdays = Programme(days=(DayRow(on=("mon", "wed", "fri")),))
    kept = figures(root, weekdays).adherence
    assert kept is not None
    assert (kept.planned, kept.kept, kept.days_planned, kept.days_kept) == (3, 2, 3, 2)
    assert figures(root).adherence is None


def test_a_period_leaves_out_what_lies_outside(root: Path) -> None:
    found = figures(root, period=Period(dt.date(2026, 11, 17), dt.date(2026, 11, 19)))
    assert (found.sessions, found.undated) == (2, 0)
    assert (found.first_day, found.last_day) == ("2026-11-17", "2026-11-19")


def test_the_rules_are_told_and_no_benefit_is_claimed(root: Path) -> None:
    rules = " ".join(figures(root, Programme(days=(DayRow(),))).assumptions)
    assert "at least 50%" in rules
    assert "one who only watched is not seen" in rules
    assert "Nothing is said of benefit" in rules


def test_no_session_at_all_is_no_error(tmp_path: Path) -> None:
    found = figures(tmp_path)
    assert (found.sessions, found.hours, found.per_hour, found.first_day) == (0, 0.0, None, "")
    assert write_figures(found, "isotone").startswith(b"%PDF-")


def test_the_page_has_the_same_bytes_each_time_and_takes_hostile_words(root: Path) -> None:
    found = msgspec.structs.replace(figures(root), currency="#panic() <b> $", unreadable=("💥 *x* \\",) * 40)
    assert write_figures(found, "isotone") == write_figures(found, "isotone")
    assert [table.title for table in tables_of(found)] == ["Sessions", "Cost by the clinic's own rates, #panic() <b> $"]
