"""`isotone send`: a wish to the running session."""

from __future__ import annotations

from typing import Any

import click

from device.clock import SystemClock
from device.commands import session
from device.commands.options import Bounded
from device.messages import WISHES, Author, SelfReport


@click.command()
@click.argument("kind", type=click.Choice(sorted(WISHES)))
@click.option("--value", type=Bounded(-1, 1), default=0.0, help="self_report: arousal, -1 calm to 1 tense.")
@click.option("--valence", type=Bounded(-1, 1), help="self_report: -1 unpleasant to 1 pleasant.")
@click.option("--author", type=click.Choice(["patient", "therapist"]), default="patient", show_default=True)
def send(kind: str, value: float, valence: float | None, author: Author) -> None:
    """Give a command to the running session."""
    said: dict[str, Any] = {"value": value, "valence": valence} if WISHES[kind] is SelfReport else {}
    session.send(WISHES[kind](t_ns=SystemClock().now_ns(), author=author, **said))
