"""`isotone verdict`: whether adaptive music helped one listener."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click
from rich.table import Table

from device.commands.kept import find_session
from device.commands.options import json_option
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.errors import RecordingError
from device.sessions.blocks import BETTER, Measure, SessionBlocks, read_session_blocks
from device.trials.table import Block, read_blocks
from device.trials.verdict import Better, Verdict, judge


class Played(NamedTuple):
    """The blocks of some sessions, and how many sessions were agreed."""

    blocks: list[Block]
    planned: int
    missing: int


@click.command()
@click.argument("sessions", nargs=-1)
@click.option("--csv", "table", type=click.Path(path_type=Path), help="Columns session, block, condition, outcome.")
@click.option("--better", type=click.Choice(["higher", "lower"]), help="Which outcome is good [default: higher].")
@click.option("--planned", type=click.IntRange(0, 999), help="Sessions agreed beforehand; 0: these are all.")
@click.option(
    "--measure", type=click.Choice(list(BETTER)), default="distance", show_default=True, help="Outcome of SESSIONS."
)
@json_option
def verdict(
    sessions: tuple[str, ...],
    table: Path | None,
    better: Better | None,
    planned: int | None,
    measure: Measure,
    as_json: bool,
) -> None:
    """Say whether adaptive music helped one listener, harmed, or neither, and how sure that is.

    SESSIONS are folders or ids of sessions that were played with --trial; or give the blocks in a table. The conditions
    are adaptive, yoked, static and silence, dealt by chance; adaptive blocks are compared with all others of the same
    session, by a randomisation test. Ask once, when all planned sessions are there: whoever looks before gives
    --planned (which sessions of a trial know), and until then only overwhelming evidence counts.
    """
    if bool(sessions) == bool(table):
        raise click.UsageError("Give sessions, or a table with --csv FILE.")
    played = Played(read_blocks(table), 0, 0) if table else _played(sessions, measure)
    good = better or ("higher" if table else BETTER[measure])
    answer = judge(played.blocks, better=good, planned=played.planned if planned is None else planned)
    if played.missing:
        say(f"{played.missing} blocks could not be measured and are left out.", err=True)
    if as_json:
        say_json(answer._asdict())
    else:
        _show(answer)


def _played(sessions: tuple[str, ...], measure: Measure) -> Played:
    """The blocks of these sessions.

    Raises:
        RecordingError: they are not of one listener and one trial, one is given twice, or nothing was measured.
    """
    found = [read_session_blocks(find_session(words), measure) for words in sessions]
    _refuse_mixed(found)
    blocks = [block for session in found for block in session.blocks]
    if not blocks:
        raise RecordingError("No block of these sessions could be measured.", "Try another --measure.")
    return Played(blocks, found[0].layout.planned, sum(session.missing for session in found))


def _refuse_mixed(found: list[SessionBlocks]) -> None:
    if len({session.listener for session in found}) > 1:
        names = " and ".join(sorted({session.listener for session in found})[:2])
        raise RecordingError(f"These sessions are of several listeners: {names}.", "Ask for each of them.")
    if len({session.layout.trial for session in found}) > 1:
        raise RecordingError("These sessions belong to several trials.", "Ask for each of them.")
    if len({session.session for session in found}) < len(found):
        raise RecordingError("A session is given twice.", "Give each once.")


def _show(answer: Verdict) -> None:
    say(answer.sentence)
    table = Table("condition", "blocks", "adaptive beside it")
    for name, count in answer.blocks.items():
        table.add_row(name, str(count), f"{answer.against[name]:+.3g}" if name in answer.against else "")
    Terminal().print(table)
