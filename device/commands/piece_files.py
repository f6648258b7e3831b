"""What `isotone compose` and `isotone brief` share: files that they read and write, progress, and how they stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.progress import Progress

from device.commands.piece import Piece
from device.commands.signals import SIGNALS, handling
from device.config import SessionConfig
from device.console.printing import say
from device.console.terminal import Terminal
from device.music.form import place_of
from device.runtime.interpreter import HOUSE
from device.sessions.interchange import write_midi

PLACE = click.Path(path_type=Path)
PICTURES = ("", ".png", ".pdf", ".svg")


def picture_place(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    del ctx, param
    if value is not None and value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{value} is neither .png nor .pdf nor .svg.")
    return value


@contextmanager
def stoppable() -> Iterator[None]:
    """Let a signal that ends programs end this one in order while it composes, with the exit code shells expect."""

    def stop(number: int, _: object) -> NoReturn:
        for each in taken:
            signal.signal(each, signal.SIG_IGN)
        say(f"isotone: Stopped by {signal.Signals(number).name}; nothing was written.", err=True)
        sys.exit(128 + number)

    # What is ignored, as under nohup, stays so.
    taken = [each for each in SIGNALS if signal.getsignal(each) != signal.SIG_IGN]
    with handling(taken, stop):
        yield


def inputs_of(options: dict[str, Any], config: SessionConfig) -> list[Path]:
    """All files that a piece is made from."""
    preference, soundfont = config.prescription.preference, config.device.audio.soundfont
    named = (preference.seed_melody, *preference.never_melodies, soundfont)
    given = (options.get(name) for name in ("journey", "like", "prescription", "device"))
    found: list[Path] = []
    for name in filter(None, (*given, *named)):
        # What lies in a home folder that is not there is not read either.
        with suppress(RuntimeError):
            found.append(Path(name).expanduser())
    return found


@contextmanager
def progress(what: str, n_steps: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while it takes time, for people who look on."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with Progress(console=Terminal(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=n_steps)
        yield lambda done: bar.update(task, completed=done)


def write_piece(piece: Piece, config: SessionConfig, places: dict[str, Path]) -> None:
    write_midi(places["--out"], piece.played, [(bar.tonic_pc, bar.mode) for bar in piece.bars])
    if "--picture" in places:
        # Only a picture needs matplotlib, which reads a `matplotlibrc` that lies where it is imported.
        with chdir(HOUSE):
            from device.sessions.score import Score, draw_score  # noqa: PLC0415

        has_theme = config.theme is not None
        sections = [place_of(config.seed, bar.bar_index, has_theme=has_theme).section for bar in piece.played]
        metres = " and ".join(dict.fromkeys(bar.metre for bar in piece.played))
        title = f"{config.device.music.generator}, seed {config.seed}, {len(piece.played)} bars in {metres}"
        draw_score(Score(title, piece.intents, piece.played, sections), places["--picture"], places.get("--wav"))
