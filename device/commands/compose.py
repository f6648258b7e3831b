"""The command `isotone compose`: a piece for a point or a way on the valence-arousal plane, as MIDI, WAV and picture.

A wish that cannot be had gives way to the nearest that can, with a sentence; only files that cannot be read or written
are refused.
"""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, get_args

import click

from device import __version__
from device.clock import SystemClock
from device.commands import options as kinds
from device.commands.piece import Piece, Sound, Studio, Wish
from device.commands.piece_files import PLACE, inputs_of, picture_place, progress, stoppable, write_piece
from device.commands.wishes import BARS, BARS_MAX, configure, refuse_overflow, wish_of
from device.config import SessionConfig, WishedMetre
from device.console.printing import say, say_json
from device.files.models import ModelFolder
from device.files.outputs import is_standard_output, writing
from device.music.keys import key_name

CUES = ("target_valence", "target_arousal", "tempo_bpm", "density", "register_midi", "loudness_db", "brightness",
        "articulation")  # fmt: skip
FILE = click.Path(path_type=Path, dir_okay=False)


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
@click.option("--picture", type=PLACE, callback=picture_place, help="Also draw it (PNG, PDF or SVG).")
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
    outputs = {f"--{name}": path for name, path in files.items()}
    with stoppable(), writing(outputs, inputs_of(options, config)) as places:
        piece, spent_s = _compose(config, wish, places.get("--wav"), quiet=options["as_json"])
        write_piece(piece, config, places)
    report = _report(piece, config, spent_s) | {"heard": config.heard, "remarks": remarks}
    report |= {"files": {name: str(path) for name, path in files.items()}}
    _tell(report, as_json=options["as_json"], err=beside)


def _compose(config: SessionConfig, wish: Wish, wav: Path | None, *, quiet: bool) -> tuple[Piece, float]:
    """The piece, its sound in `wav`, and the seconds that it took."""
    clock = SystemClock()
    began_ns = clock.now_ns()
    shown = progress("composing", wish.n_bars, quiet=quiet)
    with closing(Sound(config, wav)) if wav else nullcontext() as sound, shown as told:
        piece = Studio(config, wish, sound, told).compose()
    return piece, (clock.now_ns() - began_ns) / 1e9


# -- what comes out


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
