"""`isotone replay`: the same decisions again, or where they differ."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table

from device.commands.kept import find_session, session_argument
from device.commands.options import Bounded, json_option
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.errors import Exit
from device.replay import replay_session


@click.command()
@session_argument
@click.option("--tolerance", type=Bounded(min=0), default=0.0, help="For sessions of another processor: 1e-5.")
@json_option
def replay(session: str, root: Path | None, device_path: Path | None, tolerance: float, as_json: bool) -> None:
    """Run a recorded session again and compare every decision and every bar (exit 0: all the same)."""
    report = replay_session(find_session(session, root, device_path), tolerance)
    if as_json:
        say_json(report)
    else:
        table = Table("stream", "recorded", "same", "first difference")
        for row in report.streams:
            table.add_row(row.stream, str(row.recorded), str(row.same), row.difference)
        Terminal().print(table)
        for problem in report.problems:
            say(problem, err=True)
        say("Every decision and bar is the same." if report.is_same else "The replay differs.")
    sys.exit(int(Exit.OK if report.is_same else Exit.REPLAY_DIFFERS))
