"""`isotone sessions`: what was recorded."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from device.commands.options import json_option, session_argument
from device.commands.session_folder import sessions_root
from device.config import DeviceConfig
from device.sessions.listing import list_sessions
from device.sessions.listing import show as describe


@click.group()
def sessions() -> None:
    """List and show recorded sessions."""


@sessions.command("list")
@click.option("--dir", "root", type=click.Path(path_type=Path), help="Where sessions are kept.")
@json_option
def list_all(root: Path | None, as_json: bool) -> None:
    """All sessions, newest first."""
    found = list_sessions(root or sessions_root(DeviceConfig()))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table("session", "listener", "began (UTC)", "minutes", "ended")
    for info in found:
        table.add_row(info.session_id, info.listener, info.began, f"{info.minutes:.1f}", info.ended)
    Console().print(table)


@sessions.command()
@session_argument
@json_option
def show(session: Path, as_json: bool) -> None:
    """What happened in one session."""
    summary = describe(session)
    if as_json:
        click.echo(json.dumps(summary))
        return
    table = Table(show_header=False)
    for key, value in summary.items():
        table.add_row(key, json.dumps(value) if isinstance(value, dict | list) else str(value))
    Console().print(table)
