"""Operation figures in words: tables that terminal and paper show alike."""

from __future__ import annotations

from typing import NamedTuple

from device.reports.clinic import Figures
from device.reports.paper import drawable, typeset

UNREADABLE_MAX = 12


class Table(NamedTuple):
    title: str
    rows: list[list[str]]


def tables_of(figures: Figures) -> list[Table]:
    """Sessions, adherence where a programme names days, and costs where there are rates."""
    tables = [Table("Sessions", _sessions(figures))]
    if kept := figures.adherence:
        sessions = f"{kept.kept} of {kept.planned} ({_share(kept.kept, kept.planned)})"
        days = f"{kept.days_kept} of {kept.days_planned} ({_share(kept.days_kept, kept.days_planned)})"
        rows = [["sessions that were due, and played", sessions], ["days on which one was due, and played", days]]
        tables.append(Table("Kept of the programme", rows))
    if figures.costs:
        currency = f", {figures.currency}" if figures.currency else ""
        tables.append(Table(f"Cost by the clinic's own rates{currency}", _costs(figures)))
    return tables


def _sessions(figures: Figures) -> list[list[str]]:
    ended = ", ".join(f"{n} {how or 'not told'}" for how, n in figures.ended.items()) or "none"
    attended = f"{figures.hours_with_therapist:.2f} ({figures.sessions_with_therapist} sessions)"
    rows = [
        ["listeners", str(figures.listeners)],
        ["sessions", str(figures.sessions)],
        ["how they ended", ended],
        ["hours", f"{figures.hours:.2f}"],
        ["of these with a therapist", attended],
        ["of these without", f"{figures.hours_without_therapist:.2f}"],
    ]
    undated = [["without a day, or of a day that has not come yet", str(figures.undated)]] if figures.undated else []
    return [*rows, *undated]


def _costs(figures: Figures) -> list[list[str]]:
    rows = [
        [cost.name, f"{cost.times:.2f} {cost.unit}", f"{cost.rate:.2f}", f"{cost.amount:.2f}"] for cost in figures.costs
    ]
    for name, amount in (("in all", figures.total), ("a session", figures.per_session), ("an hour", figures.per_hour)):
        if amount is not None:
            rows.append([name, "", "", f"{amount:.2f}"])
    return rows


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none due"


def period_of(figures: Figures) -> str:
    return f"{figures.first_day} to {figures.last_day}" if figures.first_day else "no day is told"


def write_figures(figures: Figures, made_by: str) -> bytes:
    """One page of paper, the same bytes for the same figures."""
    more = len(figures.unreadable) - UNREADABLE_MAX
    unreadable = [*figures.unreadable[:UNREADABLE_MAX], *([f"and {more} more"] if more > 0 else [])]
    data = {
        "title": "What was done with the boxes",
        "period": period_of(figures),
        "tables": [table._asdict() for table in tables_of(figures)],
        "assumptions": list(figures.assumptions),
        "unreadable": unreadable,
        "footer": f"A research and wellness aid, not a medical device. {made_by}",
    }
    return typeset("clinic.typ", drawable(data).data)
