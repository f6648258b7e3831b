"""`isotone verdict`: whether adaptive music helped one listener."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from device.commands.options import json_option
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.trials.table import read_blocks
from device.trials.verdict import Better, Verdict, judge


@click.command()
@click.option("--csv", "table", type=click.Path(path_type=Path), help="Columns session, block, condition, outcome.")
@click.option(
    "--better",
    type=click.Choice(["higher", "lower"]),
    default="higher",
    show_default=True,
    help="Which outcome is good.",
)
@click.option("--planned", type=click.IntRange(0, 999), default=0, help="Sessions agreed beforehand; 0: these are all.")
@json_option
def verdict(table: Path | None, better: Better, planned: int, as_json: bool) -> None:
    """Say whether adaptive music helped one listener, harmed, or neither, and how sure that is.

    The conditions are adaptive, yoked, static and silence, dealt by chance; adaptive blocks are compared with all
    others of the same session, by a randomisation test. Ask once, when all planned sessions are there; whoever looks
    before gives --planned, and until then only overwhelming evidence counts.
    """
    if table is None:
        raise click.UsageError("Give a table with --csv FILE.")
    answer = judge(read_blocks(table), better=better, planned=planned)
    if as_json:
        say_json(answer._asdict())
    else:
        _show(answer)


def _show(answer: Verdict) -> None:
    say(answer.sentence)
    table = Table("condition", "blocks", "adaptive beside it")
    for name, count in answer.blocks.items():
        table.add_row(name, str(count), f"{answer.against[name]:+.3g}" if name in answer.against else "")
    Terminal().print(table)
