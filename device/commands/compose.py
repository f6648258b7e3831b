"""The command `isotone compose`: a piece for a point or a way on the valence-arousal plane, as MIDI, WAV and picture.

A wish that cannot be had gives way to the nearest that can, with a sentence; only files that cannot be read or written
are refused.
"""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn, get_args

import click
import msgspec
from rich.progress import Progress

from device import __version__
from device.clock import SystemClock
from device.commands import options as kinds
from device.commands.piece import Piece, Sound, Studio, Wish, length_of
from device.commands.themes import WITHOUT_MELODY, read_song, read_themes, refuse_silence
from device.config import DeviceConfig, Preference, Prescription, SessionConfig, Theme, load
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.control.journey import Journey, Point, journey_of
from device.errors import ConfigError, RecordingError
from device.messages import Voice
from device.models import MODELS_DIR, ModelFolder
from device.music.form import place_of
from device.music.instruments import NAMES, find_instrument
from device.music.keys import key_name
from device.music.playing import programs_of
from device.music.theme import theme_of
from device.outputs import writing
from device.sessions.interchange import write_midi

BARS = 32
BARS_MAX = 4096
JOURNEY_BYTES_MAX = 1_000_000
CUES = ("target_valence", "target_arousal", "tempo_bpm", "density", "register_midi", "loudness_db", "brightness",
        "articulation")  # fmt: skip
FILE = click.Path(path_type=Path, dir_okay=False)
PLACE = click.Path(path_type=Path)
PICTURES = ("", ".png", ".pdf", ".svg")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    config = _configure(options, remarks)
    wish = _wish(options, config, remarks)
    for remark in remarks:
        say(f"isotone: {remark}", err=True)
    files = {name: options[name] for name in ("out", "wav", "picture") if options[name]}
    with _stoppable(), writing({f"--{name}": path for name, path in files.items()}, _inputs(options, config)) as places:
        piece, spent_s = _compose(config, wish, places.get("--wav"), quiet=options["as_json"])
        _write(piece, config, places)
    report = _report(piece, config, spent_s) | {"remarks": remarks, "files": {k: str(v) for k, v in files.items()}}
    _tell(report, as_json=options["as_json"])


@contextmanager
def _stoppable() -> Iterator[None]:
    """While it composes, a signal that ends programs ends this one in order, with the exit code that shells expect."""

    def stop(number: int, _: object) -> NoReturn:
        for each in previous:
            signal.signal(each, signal.SIG_IGN)
        say(f"isotone: Stopped by {signal.Signals(number).name}; nothing was written.", err=True)
        sys.exit(128 + number)

    # What is ignored, as under nohup, stays so.
    previous = {each: signal.getsignal(each) for each in SIGNALS if signal.getsignal(each) != signal.SIG_IGN}
    for each in previous:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


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
    return [Path(name).expanduser() for name in (*given, *named) if name]


# -- what is asked, and what can be had of it


def _configure(options: dict[str, Any], remarks: list[str]) -> SessionConfig:
    device = load(options["device"], DeviceConfig) if options["device"] else DeviceConfig()
    if options["generator"]:
        music = msgspec.structs.replace(device.music, generator=options["generator"])
        device = msgspec.structs.replace(device, music=music)
    prescription = load(options["prescription"], Prescription) if options["prescription"] else Prescription()
    refuse_silence(prescription)
    prescription = _prefer(prescription, options, remarks)
    prescription = _equip(prescription, options["instruments"] or (), remarks)
    theme, never, unread = read_themes(prescription.preference)
    remarks += unread
    seed = options["seed"]
    return SessionConfig(
        session_id="compose",
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        run_dir="",
        session_dir="",
        models_dir=str(MODELS_DIR),
        device=device,
        prescription=prescription,
        theme=_like(options["like"], theme, remarks) if options["like"] else theme,
        never=never,
    )


def _like(path: Path, otherwise: Theme | None, remarks: list[str]) -> Theme | None:
    """The melody of a MIDI file, or where it holds none that can be taken up, the one there is otherwise.

    Raises:
        RecordingError: there is no such file, or it cannot be read.
    """
    data = read_song(path)
    try:
        return theme_of(data, path.name)
    except RecordingError as error:
        remarks.append(f"{error.sentence} {WITHOUT_MELODY} {error.action}")
        return otherwise


def _prefer(prescription: Prescription, options: dict[str, Any], remarks: list[str]) -> Prescription:
    """Style and texture as wished, unless the prescription forbids the style."""
    preference = prescription.preference
    wished = {name: options[name] for name in ("style", "texture") if options[name]}
    if wished.get("style") in preference.never_styles:
        remarks.append(f"The prescription forbids the style {wished.pop('style')}; {preference.style} is kept.")
    changed: Preference = msgspec.structs.replace(preference, **wished)
    return msgspec.structs.replace(prescription, preference=changed)


def _equip(prescription: Prescription, words: tuple[str, ...], remarks: list[str]) -> Prescription:
    """The instruments of `voice=name` or, one after the other, of melody, bass, inner and pad; what is forbidden, not.

    Raises:
        ConfigError: no such voice, or more instruments than voices.
    """
    voices = get_args(Voice)
    programs = dict(prescription.programs)
    for place, word in enumerate(words):
        voice, _, name = word.rpartition("=") if "=" in word else (voices[min(place, 3)], "", word)
        if voice.strip() not in voices or place >= len(voices):
            raise ConfigError(f"There is no voice for `{word}`.", f"The voices are {', '.join(voices)}.")
        try:
            programs[voice.strip()], remark = find_instrument(name)
        except LookupError as error:
            remark = f"{error} {NAMES[programs.get(voice.strip(), 0)]} is kept."
        remarks += [remark] if remark else []
    wished = msgspec.structs.replace(prescription, programs=programs)
    for voice, program in programs_of(wished).items():
        if programs.get(voice, program) != program:
            remarks.append(
                f"The prescription forbids {NAMES[programs[voice]]} for {voice}; {NAMES[program]} plays instead."
            )
    return wished


def _wish(options: dict[str, Any], config: SessionConfig, remarks: list[str]) -> Wish:
    if options["journey"]:
        journey = journey_of(_read(options["journey"]), options["journey"].name)
        if options["valence"] is not None or options["arousal"] is not None:
            remarks.append("With --path, --valence and --arousal are not used.")
    else:
        goal = config.prescription
        valence = _bring(options["valence"], goal.goal_valence, "valence", (-1.0, 1.0), remarks)
        arousal = _bring(options["arousal"], goal.goal_arousal, "arousal", (-1.0, 1.0), remarks)
        journey = Journey([Point(valence=valence, arousal=arousal, bar=0.0)])
    limits = config.prescription.limits
    slowest, fastest = sorted((limits.tempo_min_bpm, limits.tempo_max_bpm))
    tempo = options["tempo"]
    if tempo is not None:
        tempo = _bring(tempo, tempo, "tempo", (slowest, fastest), remarks)
    if options["bars"] or not options["journey"]:
        return Wish(journey, options["bars"] or BARS, tempo)
    return Wish(journey, length_of(config, Wish(journey, BARS_MAX, tempo)), tempo)


def _bring(value: float | None, default: float, name: str, ends: tuple[float, float], remarks: list[str]) -> float:
    """The value, or the nearest that may be had, which is said."""
    if value is None or not math.isfinite(value):
        if value is not None:
            remarks.append(f"{value} is no {name}: {default:g} is taken.")
        return default
    allowed = min(max(value, ends[0]), ends[1])
    if allowed != value:
        remarks.append(f"{name} {value:g} cannot be had: {allowed:g}, the nearest that can, is taken.")
    return allowed


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(JOURNEY_BYTES_MAX + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Give a CSV or TOML file.") from error
    if len(data) > JOURNEY_BYTES_MAX:
        raise ConfigError(f"{path} is larger than {JOURNEY_BYTES_MAX // 1000} kB.", "Give fewer points.")
    return text


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
        from device.sessions.score import Score, draw_score  # noqa: PLC0415 - matplotlib is only for a picture

        has_theme = config.theme is not None
        sections = [place_of(config.seed, bar.bar_index, has_theme=has_theme).section for bar in piece.played]
        title = f"{config.device.music.generator}, seed {config.seed}, {len(piece.played)} bars"
        draw_score(Score(title, piece.intents, piece.played, sections), places["--picture"], places.get("--wav"))


def _report(piece: Piece, config: SessionConfig, spent_s: float) -> dict[str, Any]:
    name = config.device.music.generator
    card = ModelFolder(Path(config.models_dir), config.device.music.model).card if name == "transformer" else None
    bars = [
        {cue: round(getattr(intent, cue), 4) for cue in CUES}
        | {"bar": intent.bar_index, "key": key_name(intent.tonic_pc, intent.mode), "generator": played.generator}
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


def _tell(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    for fallback in report["fallbacks"]:
        say(fallback, err=True)
    model = report["model"]
    say(
        f"{len(report['bars'])} bars, {report['seconds_of_music']:.0f} s of music by {model['name']} {model['version']}"
        f" in {report['seconds_spent']:.1f} s ({report['speed']:.0f} times faster than it plays), seed {report['seed']}"
    )
    for path in report["files"].values():
        say(f"  {path}")
