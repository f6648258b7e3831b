"""`isotone sessions`: what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Column, Table
from rich.text import Text

from device.commands.kept import all_sessions, dir_option, find_session, places, session_argument
from device.commands.options import device_option, json_option
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.sessions.listing import show as describe


@click.group()
def sessions() -> None:
    """List and show recorded sessions."""


@sessions.command("list")
@dir_option
@device_option
@json_option
def list_all(root: Path | None, device_path: Path | None, as_json: bool) -> None:
    """All sessions, newest first; one that cannot be read says why."""
    found = all_sessions(places(root, device_path))
    if as_json:
        say_json(found)
        return
    # An id is copied from here into other commands: it stays on one line.
    whole = (Column("session", no_wrap=True), Column("began (UTC)", no_wrap=True))
    table = Table(whole[0], Column("listener", overflow="fold"), whole[1], "minutes", Column("ended", overflow="fold"))
    for info in found:
        table.add_row(info.session_id, info.listener, info.began, f"{info.minutes:.1f}", info.ended)
    Terminal().print(table)
    for info in found:
        if info.problem:
            say(info.problem, err=True)


@sessions.command()
@session_argument
@json_option
def show(session: str, root: Path | None, device_path: Path | None, as_json: bool) -> None:
    """What happened in one session, given by its id (or the start of it) or its folder."""
    summary = describe(find_session(session, root, device_path))
    if as_json:
        say_json(summary)
        return
    table = Table(show_header=False)
    for key, value in summary.items():
        lines = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
        for number, line in enumerate(lines):
            table.add_row("" if number else _spoken(key), Text(_told(line), overflow="fold"))
    Terminal().print(table)


def _spoken(key: str) -> str:
    return key.replace("_", " ")


def _told(value: Any) -> str:
    """A value of the summary in words, rounded; `--json` prints it whole."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return " · ".join(f"{_spoken(str(name))}: {_told(part)}" for name, part in value.items())
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)
