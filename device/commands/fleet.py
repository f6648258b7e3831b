"""`isotone fleet`: a box tells its clinic how it is (`agent`); whoever looks after boxes sees it and renews them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.table import Table

from device.clock import wall_time
from device.commands.fleet_agent import agent
from device.commands.fleet_files import config_option, groups_option, load_groups
from device.commands.fleet_group import group
from device.commands.fleet_update import update
from device.commands.options import json_option
from device.config import load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.fleet.board import Board, Line
from device.fleet.broker import Broker
from device.fleet.layout import FleetConfig


@click.group()
def fleet() -> None:
    """Tell a clinic how its boxes are, see it, and renew them."""


fleet.add_command(agent)
fleet.add_command(group)
fleet.add_command(update)


@fleet.command()
@config_option
@groups_option
@click.option("--group", "wanted", help="Only the boxes of this group.")
@json_option
def status(path: Path, groups_path: Path | None, wanted: str | None, as_json: bool) -> None:
    """Show how all boxes are; those that need somebody come first."""
    config, board = load(path, FleetConfig), Board()
    groups = load_groups(groups_path, path)
    broker = Broker(config, board.hear, is_box=False)
    broker.connect()
    try:
        board.wait()
    finally:
        broker.end()
    lines = board.lines(groups, wanted)
    if as_json:
        say_json([msgspec.to_builtins(line.report) | {"online": line.online} for line in lines])
        return
    Terminal().print(_table(lines))
    if board.n_strange:
        say(f"{board.n_strange} messages of the broker were no reports.", err=True)


def _table(lines: list[Line]) -> Table:
    table = Table()
    table.add_column("box", no_wrap=True)
    for name in ("state", "version", "update", "disk free", "dose", "sessions", "told"):
        table.add_column(name)
    for line in lines:
        report = line.report
        state = f"{report.state} {report.code}".rstrip()
        sessions = f"{report.n_sessions}, {report.n_broken} broken" if report.n_broken else str(report.n_sessions)
        table.add_row(
            report.name,
            state if line.online else f"off, was {state}",
            report.version,
            report.update,
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
