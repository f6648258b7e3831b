"""A roll-out as whoever watches sees it: a table that lives, lines for a log, or JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.table import Table

from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.fleet.board import Line
from device.fleet.report import FleetReport
from device.fleet.rollout import Rollout, Told, tally

ROWS_MAX = 40
RANK = ("failed", "refused", "lost", "trial", "installing", "waiting", "fetching", "good", "")
"""What is looked at first."""


class View:
    """Used as a context, between whose ends `show` is called with what is new."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._terminal = Terminal()
        self._live = Live(console=self._terminal, auto_refresh=False) if self._lives else None
        self._shown: dict[str, object] = {}

    @property
    def _lives(self) -> bool:
        return self._terminal.is_terminal and not self._as_json

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, rollout: Rollout, told: Mapping[str, Told], lines: Sequence[Line]) -> None:
        reports = {line.report.name: line.report for line in lines}
        if self._live:
            self._live.update(_table(rollout, told, reports), refresh=True)
            return
        for box in rollout.boxes:
            self._tell(box, _row(box, told[box], reports.get(box)))
        self._tell("", {"stage": rollout.stage, "state": rollout.state, "why": rollout.why, "told": tally(told)})

    def _tell(self, what: str, row: dict[str, object]) -> None:
        """Each change is told once."""
        if self._shown.get(what) == row:
            return
        self._shown[what] = row
        if self._as_json:
            say_json(row)
        else:
            say(", ".join(f"{name} {value}" for name, value in row.items() if value not in ("", {})))


def _row(box: str, told: Told, report: FleetReport | None) -> dict[str, object]:
    report = report or FleetReport(name=box)
    return {
        "box": box,
        "update": told.become,
        "before": report.before if told.become else "",
        "version": report.version,
        "state": report.state if told.online else "off",
        "why": report.why if told.become else "",
    }


def _table(rollout: Rollout, told: Mapping[str, Told], reports: Mapping[str, FleetReport]) -> Table:
    counts = ", ".join(f"{count} {name}" for name, count in tally(told).items())
    title = f"{rollout.release} to {rollout.group}: {rollout.stage}, {rollout.state}. {counts}"
    table = Table(title=title, caption=rollout.why or None)
    for name in ("box", "update", "before", "version", "state", "why"):
        table.add_column(name, no_wrap=name == "box")
    ranked = sorted(rollout.boxes, key=lambda box: (RANK.index(told[box].become), box))
    for box in ranked[:ROWS_MAX]:
        table.add_row(*map(str, _row(box, told[box], reports.get(box)).values()))
    if len(ranked) > ROWS_MAX:
        table.add_row(f"and {len(ranked) - ROWS_MAX} more")
    return table
