"""`isotone bench`: this machine against the numbers asked for."""

from __future__ import annotations

import subprocess
import sys

import click
from rich.table import Table
from rich.text import Text

from device.commands import figures
from device.commands.options import Bounded, json_option
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.runtime.interpreter import interpreter


@click.group(invoke_without_command=True)
@click.pass_context
def bench(context: click.Context) -> None:
    """Measure this machine against the numbers asked for (alone: `bench demo`)."""
    if context.invoked_subcommand is None:
        context.invoke(bench_demo)


@bench.command("demo")
@click.option("--minutes", type=Bounded(min=0.5), default=2.0, show_default=True)
@json_option
def bench_demo(minutes: float, as_json: bool) -> None:
    """One demo in real time: losses, lateness, load, memory, time to first sound."""
    _print_figures(figures.bench_demo(minutes), as_json=as_json)


@bench.command("starts")
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--minutes", type=Bounded(min=0.2), default=0.2, show_default=True, help="Length of each.")
@json_option
def bench_starts(count: int, minutes: float, as_json: bool) -> None:
    """Many short sessions with random seeds: how many do not finish."""

    def progress(done: int, text: str) -> None:
        say(f"{done}/{count} {text}", err=True)

    _print_figures([figures.bench_starts(count, minutes, progress)], as_json=as_json)


@bench.command("affect", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_affect(options: tuple[str, ...]) -> None:
    """People not seen, abstention, heartbeats, cost: --data DIR --people N --part NAME --json."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.affect", *options), check=False).returncode)


@bench.command("music", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_music(options: tuple[str, ...]) -> None:
    """Speed, memory, late bars, steering: --data DIR --quick --part NAME --json --out FILE.md --peers-python PYTHON."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.music", *options), check=False).returncode)


@bench.command("audio", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_audio(options: tuple[str, ...]) -> None:
    """Cost, underruns, stop to silence, loudness held: --quick --long --part NAME --json --out FILE.md."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.audio", *options), check=False).returncode)


@bench.command("control", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_control(options: tuple[str, ...]) -> None:
    """Every policy on the same virtual people: --patients N --seed N --policies A,B --ray --json --out FILE.md."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.control", *options), check=False).returncode)


@bench.command("box", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_box(options: tuple[str, ...]) -> None:
    """Press to first sound, what an idle box costs, sessions in a row: --sessions N --rig --json --out FILE.md."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.box", *options), check=False).returncode)


@bench.command("web", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_web(options: tuple[str, ...]) -> None:
    """Memory and load of the pages, their weight, from a page to the music: --seconds N --json --out FILE.md."""
    sys.exit(subprocess.run(interpreter("-m", "hardware.bench.web", *options), check=False).returncode)


def _print_figures(measured: list[figures.Figure], *, as_json: bool) -> None:
    if as_json:
        say_json(measured)
        return
    table = Table("figure", "measured", "at most", "")
    for figure in measured:
        met = Text("met", "green") if figure.is_met else Text("missed", "red")
        table.add_row(figure.name, f"{figure.value:.4g} {figure.unit}", f"{figure.limit:g}", met)
    Terminal().print(table)
