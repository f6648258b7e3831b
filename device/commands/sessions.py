"""`isotone sessions`: what was recorded."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Column, Table

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
        table.add_row(key, json.dumps(value) if isinstance(value, dict | list) else str(value))
    Terminal().print(table)
