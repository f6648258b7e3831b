"""`isotone fleet`: a box tells its clinic how it is (`agent`), and whoever looks after boxes sees it (`status`)."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.table import Table

from device import __version__
from device.box.ledger import LEDGER_FILE, Ledger
from device.clock import SystemClock, wall_time
from device.commands.options import device_of, device_option, json_option
from device.commands.session_folder import sessions_root
from device.commands.signals import orderly_signals
from device.config import load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.fleet.agent import Agent
from device.fleet.broker import Broker
from device.fleet.layout import FleetConfig
from device.fleet.report import FleetReport, read_report
from device.runtime.run_folder import make_always_dir

FLEET_TOML = Path("/etc/isotone/fleet.toml")
QUIET_S, LONGEST_S = 0.5, 10.0
"""A broker that has said nothing for so long has told all it knows; and the longest that it is listened to."""
BOXES_MAX = 100_000
config_option = click.option(
    "--config", "path", type=click.Path(path_type=Path, dir_okay=False), default=FLEET_TOML, show_default=True,
    help="fleet.toml: the broker, and who asks.",
)  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """A box as its clinic sees it."""

    report: FleetReport
    online: bool

    @property
    def is_well(self) -> bool:
        """Whether nobody is needed there."""
        report = self.report
        is_told = self.online and not report.code and report.dose != "used up"
        return is_told and report.state not in ("silent", "needs_help")


class Board:
    """What the broker said of all boxes; what is no report is counted and left out."""

    def __init__(self) -> None:
        self._reports: dict[str, FleetReport] = {}
        self._online: dict[str, bool] = {}
        self.n_strange = 0
        self._news = threading.Event()

    def hear(self, kind: str, name: str, payload: bytes) -> None:
        self._news.set()
        report = read_report(name, payload) if kind == "reports" else None
        if report and len(self._reports) < BOXES_MAX:
            self._reports[name] = report
        elif kind == "online" and payload in (b"0", b"1") and len(self._online) < BOXES_MAX:
            self._online[name] = payload == b"1"
        else:
            self.n_strange += 1

    def wait(self) -> None:
        """Until the broker has told all it knows."""
        clock = SystemClock()
        until_ns = clock.now_ns() + round(LONGEST_S * 1e9)
        while self._news.wait(QUIET_S) and clock.now_ns() < until_ns:
            self._news.clear()

    def lines(self, group: str | None) -> list[Line]:
        """Those of a group, or all; who needs somebody comes first."""
        known = {name: FleetReport(name=name) for name in self._online} | self._reports
        found = [Line(report, self._online.get(name, False)) for name, report in known.items()]
        wanted = [line for line in found if group in (None, line.report.group)]
        return sorted(wanted, key=lambda line: (line.is_well, line.report.name))


@click.group()
def fleet() -> None:
    """Tell a clinic how its boxes are, and see it."""


@fleet.command()
@config_option
@device_option
def agent(path: Path, device_path: Path | None) -> None:
    """Tell the clinic's broker how this box is, for as long as it is on.

    State, version, free disk, hearing dose in a word, and how many sessions there were: nothing else leaves the box.
    """
    config, root = load(path, FleetConfig), sessions_root(device_of(device_path))
    ledger = root.parent / LEDGER_FILE
    told = ""
    with (
        orderly_signals() as signals,
        closing(
            Agent(config, __version__, make_always_dir(), root.parent, lambda: Ledger(ledger).tally(), SystemClock())
        ) as running,
    ):
        running.begin()
        while not signals.count:
            running.turn()
            if running.trouble != told:
                told = running.trouble
                say(told or "The broker lets this box in again.", err=True)


@fleet.command()
@config_option
@click.option("--group", help="Only the boxes of this group.")
@json_option
def status(path: Path, group: str | None, as_json: bool) -> None:
    """Show how all boxes are; those that need somebody come first."""
    config, board = load(path, FleetConfig), Board()
    broker = Broker(config, board.hear, is_box=False)
    broker.connect()
    try:
        board.wait()
    finally:
        broker.end()
    lines = board.lines(group)
    if as_json:
        say_json([msgspec.to_builtins(line.report) | {"online": line.online} for line in lines])
        return
    Terminal().print(_table(lines))
    if board.n_strange:
        say(f"{board.n_strange} messages of the broker were no reports.", err=True)


def _table(lines: list[Line]) -> Table:
    table = Table()
    table.add_column("box", no_wrap=True)
    for name in ("state", "version", "disk free", "dose", "sessions", "told"):
        table.add_column(name)
    for line in lines:
        report = line.report
        state = f"{report.state} {report.code}".rstrip()
        sessions = f"{report.n_sessions}, {report.n_broken} broken" if report.n_broken else str(report.n_sessions)
        table.add_row(
            report.name,
            state if line.online else f"off, was {state}",
            report.version,
            f"{report.disk_free_mb / 1024:.1f} GB",
            report.dose,
            sessions,
            _ago(report.told_utc),
        )
    return table


def _ago(told_utc: str) -> str:
    """How long ago it was, by this machine's clock."""
    try:
        told = datetime.strptime(told_utc, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return ""
    minutes = (wall_time() - told).total_seconds() / 60.0
    if minutes < -1.0:
        return "its clock is ahead"
    return f"{minutes:.0f} min ago" if minutes < 120 else f"{minutes / 60:.0f} h ago"
