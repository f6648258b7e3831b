"""The command `isotone compose`: a piece for a point or a way on the valence-arousal plane, as MIDI, WAV and picture.

A wish that cannot be had gives way to the nearest that can, with a sentence; only files that cannot be read or written
are refused.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn, get_args

import click
from rich.progress import Progress

from device import __version__
from device.clock import SystemClock
from device.commands import options as kinds
from device.commands.piece import Piece, Sound, Studio, Wish
from device.commands.signals import SIGNALS, handling
from device.commands.wishes import BARS, BARS_MAX, configure, refuse_overflow, wish_of
from device.config import SessionConfig, WishedMetre
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.files.models import ModelFolder
from device.files.outputs import is_standard_output, writing
from device.music.form import place_of
from device.music.keys import key_name
from device.runtime.interpreter import HOUSE
from device.sessions.interchange import write_midi

CUES = ("target_valence", "target_arousal", "tempo_bpm", "density", "register_midi", "loudness_db", "brightness",
        "articulation")  # fmt: skip
FILE = click.Path(path_type=Path, dir_okay=False)
PLACE = click.Path(path_type=Path)
PICTURES = ("", ".png", ".pdf", ".svg")


def _picture(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    del ctx, param
    if value is not None and value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{value} is neither .png nor .pdf nor .svg.")
    return value


@click.command()
@click.option("--valence", type=float, help="-1 unpleasant to 1 pleasant [default: the prescription's goal].")
@click.option("--arousal", type=float, help="-1 calm to 1 excited [default: the prescription's goal].")
@click.option("--path", "journey", type=FILE, help="CSV or TOML of points (time_s or bar, valence, arousal).")
@click.option("--like", type=FILE, help="A MIDI file whose melody is taken up.")
@click.option("--generator", metavar="NAME", help="transformer, rules or phrasebook [default: the device's].")
@click.option("--instruments", metavar="NAMES", type=kinds.names, help="As melody=flute,bass=cello, or flute,harp.")
@click.option("--tempo", type=kinds.Bounded(min=0), metavar="BPM", help="Instead of the one that arousal asks for.")
@click.option("--style", type=click.Choice(["any", "song", "lied"]), help="What the transformer takes for its model.")
@click.option("--metre", type=click.Choice(get_args(WishedMetre)), help="4/4, 3/4 or 6/8; any: as it suits.")
@click.option("--texture", type=click.Choice(["auto", "full", "thin", "calm"]), help="How busy the voices are.")
@click.option("--prescription", type=FILE, help="prescription.toml: goal, limits, preference.")
@click.option("--device", type=FILE, help="device.toml: model and sound font.")
@click.option("--bars", type=click.IntRange(1, BARS_MAX), help=f"Length [default: to the path's end, else {BARS}].")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same piece [default: a new one].")
@click.option("--out", type=PLACE, required=True, help="Where the MIDI file goes.")
@click.option("--wav", type=PLACE, help="Also render it as the box would sound.")
@click.option("--picture", type=PLACE, callback=_picture, help="Also draw it (PNG, PDF or SVG).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def compose(**options: Any) -> None:
    """Compose a piece, much faster than it plays."""
    remarks: list[str] = []
    config = configure(options, remarks)
    wish = wish_of(options, config, remarks)
    if options["wav"]:
        refuse_overflow(config, wish)
    for remark in (*config.heard, *remarks):
        say(f"isotone: {remark}", err=True)
    files = {name: options[name] for name in ("out", "wav", "picture") if options[name]}
    # Words would spoil music that goes to a pipe.
    beside = any(map(is_standard_output, files.values()))
    with _stoppable(), writing({f"--{name}": path for name, path in files.items()}, _inputs(options, config)) as places:
        piece, spent_s = _compose(config, wish, places.get("--wav"), quiet=options["as_json"])
        _write(piece, config, places)
    report = _report(piece, config, spent_s) | {"heard": config.heard, "remarks": remarks}
    report |= {"files": {name: str(path) for name, path in files.items()}}
    _tell(report, as_json=options["as_json"], err=beside)


@contextmanager
def _stoppable() -> Iterator[None]:
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


def _compose(config: SessionConfig, wish: Wish, wav: Path | None, *, quiet: bool) -> tuple[Piece, float]:
    """The piece, its sound in `wav`, and the seconds that it took."""
    clock = SystemClock()
    began_ns = clock.now_ns()
    with closing(Sound(config, wav)) if wav else nullcontext() as sound, _progress(wish.n_bars, quiet=quiet) as told:
        piece = Studio(config, wish, sound, told).compose()
    return piece, (clock.now_ns() - began_ns) / 1e9


def _inputs(options: dict[str, Any], config: SessionConfig) -> list[Path]:
    """All files that are read."""
    preference, soundfont = config.prescription.preference, config.device.audio.soundfont
    named = (preference.seed_melody, *preference.never_melodies, soundfont)
    given = (options[name] for name in ("journey", "like", "prescription", "device"))
    found: list[Path] = []
    for name in filter(None, (*given, *named)):
        # What lies in a home folder that is not there is not read either.
        with suppress(RuntimeError):
            found.append(Path(name).expanduser())
    return found


# -- what comes out


@contextmanager
def _progress(n_bars: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while it takes time, for people who look on."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with Progress(console=Terminal(stderr=True), transient=True) as progress:
        task = progress.add_task("composing", total=n_bars)
        yield lambda done: progress.update(task, completed=done)


def _write(piece: Piece, config: SessionConfig, places: dict[str, Path]) -> None:
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


def _report(piece: Piece, config: SessionConfig, spent_s: float) -> dict[str, Any]:
    name = config.device.music.generator
    card = ModelFolder(Path(config.models_dir), config.device.music.model).card if name == "transformer" else None
    bars = [
        {cue: round(getattr(intent, cue), 4) for cue in CUES}
        | {"bar": intent.bar_index, "key": key_name(intent.tonic_pc, intent.mode), "metre": played.metre}
        | {"generator": played.generator}
        | {"played_tempo_bpm": round(played.tempo_bpm, 3), "notes": len(played.notes), "guarded": played.guarded}
        for intent, played in zip(piece.intents, piece.played, strict=True)
    ]
    return {
        "seed": config.seed,
        "generator": name,
        "model": {"name": card.name, "version": card.version} if card else {"name": name, "version": __version__},
        "seconds_of_music": round(piece.seconds, 3),
        "seconds_spent": round(spent_s, 3),
        "speed": round(piece.seconds / max(spent_s, 1e-6), 1),
        "fallbacks": piece.fallbacks(),
        "bars": bars,
    }


def _tell(report: dict[str, Any], *, as_json: bool, err: bool) -> None:
    if as_json:
        say_json(report, err=err)
        return
    for fallback in report["fallbacks"]:
        say(fallback, err=True)
    composer = "{name} {version}".format(**report["model"])
    piece = f"{len(report['bars'])} bars, {report['seconds_of_music']:.0f} s of music by {composer}"
    speed = f"{report['seconds_spent']:.1f} s ({report['speed']:.0f} times faster than it plays)"
    say(f"{piece} in {speed}, seed {report['seed']}", err=err)
    for path in report["files"].values():
        say(f"  {path}", err=err)
