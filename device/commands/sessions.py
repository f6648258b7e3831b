"""`isotone sessions`: what was recorded."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from device.commands.kept import all_sessions, dir_option, find_session, places, session_argument
from device.commands.options import device_option, json_option
from device.sessions.listing import show as describe
from device.sessions.problems import printable


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
        click.echo(json.dumps(msgspec.to_builtins(found)))
        return
    table = Table("session", "listener", "began (UTC)", "minutes", "ended")
    for info in found:
        table.add_row(
            _cell(info.session_id), _cell(info.listener), info.began, f"{info.minutes:.1f}", _cell(info.ended)
        )
    Console().print(table)
    for info in found:
        if info.problem:
            click.echo(printable(info.problem), err=True)


@sessions.command()
@session_argument
@json_option
def show(session: str, root: Path | None, device_path: Path | None, as_json: bool) -> None:
    """What happened in one session, given by its id (or the start of it) or its folder."""
    summary = describe(find_session(session, root, device_path))
    if as_json:
        click.echo(json.dumps(summary))
        return
    table = Table(show_header=False)
    for key, value in summary.items():
        table.add_row(_cell(key), _cell(json.dumps(value) if isinstance(value, dict | list) else str(value)))
    Console().print(table)


def _cell(text: str) -> Text:
    """As it stands: what was recorded neither formats the table nor steers the terminal."""
    return Text(printable(text))
