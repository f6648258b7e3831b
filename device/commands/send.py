"""`isotone send`: a wish to the running session."""

from __future__ import annotations

from typing import get_args

import click

from device.clock import SystemClock
from device.commands import session
from device.commands.options import Bounded
from device.messages import Author, Command, CommandKind


@click.command()
@click.argument("kind", type=click.Choice([kind for kind in get_args(CommandKind) if kind != "start"]))
@click.option("--value", type=Bounded(-1, 1), default=0.0, help="self_report: arousal, -1 calm to 1 tense.")
@click.option("--valence", type=Bounded(-1, 1), help="self_report: -1 unpleasant to 1 pleasant.")
@click.option("--author", type=click.Choice(["patient", "therapist"]), default="patient", show_default=True)
def send(kind: CommandKind, value: float, valence: float | None, author: Author) -> None:
    """Give a command to the running session."""
    session.send(Command(t_ns=SystemClock().now_ns(), kind=kind, author=author, value=value, valence=valence))
