"""The same wishes that people fulfilled: for each human piece one of ours with its tempo, density, register and key.

    python -m hardware.bench.mirror --pieces DIR --out DIR --generator transformer [--held-out] [--bars 32] [--json]
    python -m hardware.bench.mirror --written DATA --out DIR --generator transformer

With `--written` people's unseen pieces are taken as the corpus has them, on the composer's grid of onsets and lengths:
played and sung rhythm is what a performance adds, and it is not what a composer writes.

What calm music differs in from people's songs is mostly what it was asked for. So that the composer itself is
measured, it is asked, section by section, for what was measured of a human piece, plays legato and without conductor or
guard, and both sets are evaluated side by side (`export.music.evaluate`). Only pieces in four beats are mirrored.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from device.config import DeviceConfig, MusicConfig, Preference, Prescription, SessionConfig
from device.errors import ConfigError, IsotoneError
from device.files.models import MODELS_DIR
from device.messages import Bar, Mode, MusicIntent, Note, PlayedBar
from device.music import GENERATORS
from device.music.form import SECTION_BARS
from device.music.generator import open_generator
from device.music.playing import programs_of
from device.music.theory import notes_per_beat
from device.sessions.interchange import write_midi
from device.stage import keyed_random
from export.music import evaluate, midi
from export.music.chroma import key_fit
from export.music.corpus import Song
from export.music.data import STYLE_OF, read_corpus
from export.music.measures import Measure
from export.music.metrics import bar_of
from export.music.textures import quantise

BEATS = 4
BARS_MIN = 16
LOUDNESS_DB = -6.0
HISTORY_BARS = 64
Told = Callable[[Iterable[Any]], Iterable[Any]]


def wishes(piece: midi.Piece, generator: str) -> list[MusicIntent]:
    """An intent per bar with what was measured of the piece: key of the whole, the rest per section of eight bars."""
    sound = np.bincount(piece.pitch % 12, piece.length, 12).astype(np.float64)
    key = int(np.argmax(key_fit(sound[None])[0]))
    mode: Mode = "major" if key < 12 else "minor"
    n_bars = len(piece.bars) - 1
    sections = [_section(piece, first, min(first + SECTION_BARS, n_bars)) for first in range(0, n_bars, SECTION_BARS)]
    return [
        MusicIntent(
            t_ns=0,
            bar_index=index,
            phase="hold",
            phase_left_s=600.0,
            session_left_s=600.0,
            target_valence=0.4 if mode == "major" else -0.4,
            target_arousal=0.0,
            loudness_db=LOUDNESS_DB,
            brightness=0.5,
            articulation=1.0,
            mode=mode,
            tonic_pc=key % 12,
            generator=generator,
            reason=f"as {piece.name}",
            **sections[index // SECTION_BARS],
        )
        for index in range(n_bars)
    ]


def _section(piece: midi.Piece, first: int, end: int) -> dict[str, Any]:
    """Tempo, density and register of the bars from `first` to before `end`."""
    inside = (bar_of(piece) >= first) & (bar_of(piece) < end)
    tune = piece.melody()
    sung = tune[inside[tune]] if inside[tune].any() else tune
    n_beats = float(piece.bars[end] - piece.bars[first])
    length_s = float(np.diff(piece.seconds(piece.bars[[first, end]]))[0])
    return {
        "tempo_bpm": 60.0 * n_beats / max(0.2 * n_beats, length_s),
        "density": density_of(float(inside.sum()) / n_beats),
        "register_midi": float(piece.pitch[sung].mean()),
    }


def liking(piece: midi.Piece) -> Preference:
    """Style and texture of what people wrote: however few notes it has, in the corpus that is called full."""
    return Preference(texture="full", style=STYLE_OF.get(piece.name.partition("-")[0], "any"))


def density_of(per_beat: float) -> float:
    """The density, 0 to 1, that asks for so many notes a beat, as near as it can be had."""
    sparse, dense = notes_per_beat(0.0), notes_per_beat(1.0)
    return min(1.0, max(0.0, (per_beat - sparse) / (dense - sparse)))


def compose(intents: Sequence[MusicIntent], config: SessionConfig) -> list[Bar]:
    """The bars a generator writes for these wishes."""
    generator = open_generator(config.device.music.generator, config)
    bars: list[Bar] = []
    for intent in intents:
        rng = keyed_random(config.seed, "bars", intent.bar_index)
        bars.append(generator.generate(intent, bars[-HISTORY_BARS:], rng))
    return bars


def write(path: Path, bars: Sequence[Bar]) -> None:
    """The bars as they were composed, at full level."""
    played, now_s = [], 0.0
    for bar in bars:
        played.append(
            PlayedBar(
                t_ns=round(now_s * 1e9),
                bar_index=bar.bar_index,
                start_frame=0,
                n_frames=0,
                beats=bar.beats,
                tempo_bpm=bar.tempo_bpm,
                tempo_from_bpm=bar.tempo_bpm,
                tempo_to_bpm=bar.tempo_bpm,
                loudness_db=0.0,
                brightness=0.5,
                programs=bar.programs,
                notes=bar.notes,
                generator=bar.generator,
            )
        )
        now_s += bar.beats * 60.0 / bar.tempo_bpm
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(path, played, [(bar.tonic_pc, bar.mode) for bar in bars])


def mirror(
    pieces: Sequence[midi.Piece], out: Path, music: MusicConfig, told: Told = lambda items: items
) -> list[midi.Piece]:
    """Write one of ours per piece into `out` and read it back; the piece's number is the seed."""
    ours = []
    for number, piece in enumerate(told(pieces)):
        config = SessionConfig(
            session_id="bench",
            seed=number,
            run_dir="",
            session_dir="",
            models_dir=str(MODELS_DIR),
            device=DeviceConfig(music=music),
            prescription=Prescription(preference=liking(piece)),
        )
        path = out / f"{piece.name}.mid"
        write(path, compose(wishes(piece, music.generator), config))
        ours.append(midi.read(path))
    return ours


def in_four(pieces: Sequence[midi.Piece], n_bars: int) -> list[midi.Piece]:
    """Those in four beats throughout their first bars, cut to them; an upbeat is left out."""
    found = []
    for piece in pieces:
        lengths = np.diff(piece.bars)
        first = int(np.argmax(np.isclose(lengths, BEATS)))
        cut = piece.between_bars(first, first + n_bars)
        if cut is not None and len(cut.bars) > BARS_MIN and np.allclose(np.diff(cut.bars), BEATS):
            found.append(cut)
    return found


def write_down(songs: Iterable[Song], out: Path) -> list[midi.Piece]:
    """People's unseen songs as MIDI of their nominal rhythm, for as long as they are in four beats."""
    pieces = []
    for song in songs:
        first = next((i for i, measure in enumerate(song.measures) if measure.beats == BEATS), 0)
        kept = list(itertools.takewhile(lambda measure: measure.beats == BEATS, song.measures[first:]))
        if not song.held_out or len(kept) <= BARS_MIN:
            continue
        written = quantise(song)[first : first + len(kept)]
        path = out / f"{song.name.replace('/', '-')}.mid"
        write(path, [_as_bar(index, *bar) for index, bar in enumerate(zip(written, kept, strict=True))])
        pieces.append(midi.read(path))
    return pieces


def _as_bar(index: int, notes: Sequence[Note], measure: Measure) -> Bar:
    return Bar(
        t_ns=0,
        bar_index=index,
        beats=BEATS,
        tempo_bpm=measure.tempo_bpm,
        tonic_pc=0,
        mode="major",
        programs=programs_of(Prescription()),
        notes=tuple(notes),
        generator="people",
        seed=0,
    )


def main(argv: list[str] | None = None) -> int:
    arguments = _parse(argv)
    try:
        if arguments.written:
            human = write_down(read_corpus(arguments.written), arguments.out / "people")
        else:
            human = evaluate.read_folders(arguments.pieces, "held-out" if arguments.held_out else None)[0]
        human = in_four(human, arguments.bars)
        if not human:
            raise ConfigError("None of the pieces is in four beats.", "Name a folder with other music.")
        music = MusicConfig(generator=arguments.generator, model=arguments.model)
        ours = mirror(human, arguments.out / "ours", music, lambda items: tqdm(items, unit="piece", leave=False))
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    report = evaluate.report_on(evaluate.measure_pieces(ours), evaluate.measure_pieces(human))
    if arguments.as_json:
        print(json.dumps(evaluate.without_nan(report), indent=1))
    else:
        evaluate.show(report)
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--pieces", type=Path, action="append", help="folder of human MIDI")
    source.add_argument("--written", type=Path, help="folder with music_pop909 and music_openscore_lieder")
    parser.add_argument("--out", type=Path, required=True, help="where ours go")
    parser.add_argument("--generator", default="transformer", choices=sorted(GENERATORS))
    parser.add_argument("--model", default=MusicConfig().model, help="folder in models_onnx, for the transformer")
    parser.add_argument("--held-out", action="store_true", help="only what is kept from training")
    parser.add_argument("--bars", type=int, default=32)
    parser.add_argument("--json", action="store_true", dest="as_json")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
