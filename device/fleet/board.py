"""What a broker said of all boxes, for whoever looks after them."""

from __future__ import annotations

import threading
from typing import TypeVar

import msgspec

from device.clock import SystemClock
from device.fleet.layout import Groups
from device.fleet.offer import Ask, read_ask
from device.fleet.report import FleetReport, read_report

QUIET_S, LONGEST_S = 0.5, 10.0
"""A broker that has said nothing for so long has told all it knows; and the longest that it is listened to."""
T = TypeVar("T")
BOXES_MAX = 20_000
"""Of more nothing is kept: whoever writes to a broker under made-up names costs it no more memory than this."""


class Line(msgspec.Struct, frozen=True):
    """A box as its clinic sees it."""

    report: FleetReport
    online: bool

    @property
    def is_well(self) -> bool:
        """Whether nobody is needed there."""
        report = self.report
        is_told = self.online and not report.code and report.dose != "used up"
        return is_told and report.state not in ("silent", "needs_help") and report.update not in ("failed", "refused")


class Board:
    """What is no report is counted and left out. `hear` is called by another thread."""

    def __init__(self) -> None:
        self._reports: dict[str, FleetReport] = {}
        self._online: dict[str, bool] = {}
        self._asks: dict[str, Ask] = {}
        self.n_strange = 0
        self._news = threading.Event()

    def hear(self, kind: str, name: str, payload: bytes) -> None:
        self._news.set()
        if kind == "reports":
            is_known = _keep(self._reports, name, read_report(name, payload))
        elif kind == "asks":
            is_known = _keep(self._asks, name, read_ask(payload))
        else:
            told = {b"0": False, b"1": True}.get(payload) if kind == "online" else None
            is_known = _keep(self._online, name, told)
        self.n_strange += not is_known

    def wait(self) -> None:
        """Until the broker has told all it knows."""
        clock = SystemClock()
        until_ns = clock.now_ns() + round(LONGEST_S * 1e9)
        while self._news.wait(QUIET_S) and clock.now_ns() < until_ns:
            self._news.clear()

    def rest(self, seconds: float) -> None:
        """Until there is news, but no longer than this."""
        self._news.wait(seconds)
        self._news.clear()

    def asked(self) -> dict[str, Ask]:
        """What each box asked for last, since this was called last."""
        asks, self._asks = self._asks, {}
        return asks

    def lines(self, groups: Groups, group: str | None) -> list[Line]:
        """Those of a group, or all; who needs somebody comes first."""
        reports, online = dict(self._reports), dict(self._online)
        known = {name: FleetReport(name=name) for name in online} | reports
        found = [Line(report, online.get(name, False)) for name, report in known.items()]
        places = groups.by_box()
        wanted = [line for line in found if group in (None, places.get(line.report.name, line.report.group))]
        return sorted(wanted, key=lambda line: (line.is_well, line.report.name))


def _keep(place: dict[str, T], name: str, told: T | None) -> bool:
    """Keeps what was told of a box; gives whether it was anything."""
    is_kept = told is not None and (name in place or len(place) < BOXES_MAX)
    if told is not None and is_kept:
        place[name] = told
    return is_kept
