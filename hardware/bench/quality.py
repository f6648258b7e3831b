"""How ours lies beside people's music: the same wishes fulfilled, calm music, nothing copied, forty minutes.

What is compared with people is composed for what was measured of their unseen pieces (`hardware.bench.mirror`), and
both are on the composer's grid. Pieces with more notes a beat than can be asked for stand in the notes only. Copies are
looked for in pieces from all over the plane.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from device.commands.piece import Studio, Wish
from device.config import MusicConfig
from device.files.models import MODELS_DIR
from device.music.theory import notes_per_beat
from device.sessions.interchange import write_midi
from export.music import evaluate, midi
from export.music.data import read_corpus
from hardware.bench import steering
from hardware.bench.figures import Figure
from hardware.bench.intents import CALM, config_of, standing
from hardware.bench.mirror import in_four, mirror, write_down

GENERATOR = "transformer"
BARS = 32
CALM_PIECES, QUICK_CALM_PIECES = 40, 3
COPY_SEEDS, QUICK_COPY_SEEDS = 40, 1
"""Seeds for each place of the grid: a thousand pieces."""
FORTY_BARS = 640
"""Forty minutes at a calm setting."""
FORTY_SEEDS = (1, 2, 3)
LIKE_PEOPLE, STRUCTURE = 0.05, 0.1
"""How far from people's medians ours may be."""
WITHIN = ("scale_consistency", "groove_consistency", "pitch_class_entropy", "mean_length_beats", "mean_interval")
STRUCTURES = ("structure_short", "structure_middle", "structure_long")
Progress = Callable[[str], None]
Report = dict[str, Any]


def measure(data: Path, progress: Progress, *, quick: bool, jobs: int) -> list[Figure]:
    """All figures; `data` holds music_pop909 and music_openscore_lieder."""
    with tempfile.TemporaryDirectory() as folder:
        progress("quality: reading people's pieces")
        people = in_four(write_down(read_corpus(data), Path(folder) / "people"), BARS)[:: 8 if quick else 1]
        figures = mirrored(people, Path(folder) / "ours", progress)
        figures += calm(people, Path(folder) / "calm", progress, QUICK_CALM_PIECES if quick else CALM_PIECES)
        figures += copied(data, Path(folder) / "grid", progress, jobs, QUICK_COPY_SEEDS if quick else COPY_SEEDS)
        figures += forty_minutes(people, Path(folder) / "long", progress, FORTY_SEEDS[: 1 if quick else None])
    return [*figures, *nats()]


def mirrored(people: Sequence[midi.Piece], out: Path, progress: Progress) -> list[Figure]:
    """One of ours for each of theirs; held against those that could be asked for, and, in the notes, against all."""
    ours = mirror(people, out, MusicConfig(generator=GENERATOR), _counted("quality: mirror", progress))
    pairs = list(zip(ours, people, strict=True))
    asked = _beside([pair for pair in pairs if can_be_asked(pair[1])])
    every = _beside(pairs)
    figures = [_like_people(name, asked, every, LIKE_PEOPLE) for name in WITHIN]
    figures += [_like_people(name, asked, every, STRUCTURE) for name in STRUCTURES]
    return [*figures, *(_overlap(name, asked, every) for name in asked["distributions"])]


def can_be_asked(piece: midi.Piece) -> bool:
    """Whether the piece has no more notes a beat than an intent can wish for."""
    return len(piece.onset) / float(piece.bars[-1] - piece.bars[0]) <= notes_per_beat(1.0)


def _beside(pairs: Sequence[tuple[midi.Piece, midi.Piece]]) -> Report:
    ours, theirs = zip(*pairs, strict=True)
    return evaluate.report_on(evaluate.measure_pieces(ours), evaluate.measure_pieces(theirs))


def _like_people(name: str, asked: Report, every: Report, within: float) -> Figure:
    row, off = asked["metrics"][name], [abs(report["metrics"][name]["ratio"] - 1.0) for report in (asked, every)]
    note = f"median {row['median']:.3f}, people {row['reference']:.3f}; {asked['pieces']} pieces"
    note += f"; all {every['pieces']}: {off[1]:.3f}"
    return Figure(f"{name.replace('_', ' ')}: off people's by", off[0], within, "at most", note=note)


def _overlap(name: str, asked: Report, every: Report) -> Figure:
    shares = [
        found["overlap"] / found["overlap_of_reference_halves"]
        for found in (asked["distributions"][name], every["distributions"][name])
    ]
    found = asked["distributions"][name]
    note = f"overlap {found['overlap']:.3f}; people's halves {found['overlap_of_reference_halves']:.3f} with each other"
    note += f"; all {every['pieces']} pieces: {shares[1]:.3f}"
    return Figure(f"{name}: overlap beside people's own", shares[0], 1 - LIKE_PEOPLE, note=note)


def calm(people: Sequence[midi.Piece], out: Path, progress: Progress, count: int) -> list[Figure]:
    """Dissonance and leaps of calm pieces."""
    pieces = [_compose(out, seed, BARS) for seed in _counted("quality: calm", progress)(range(count))]
    report = evaluate.report_on(evaluate.measure_pieces(pieces), evaluate.measure_pieces(people))
    figures = []
    for name in ("dissonance", "dissonance_peak", "leap_share"):
        row = report["metrics"][name]
        note = f"median {row['median']:.3f}, people's middle nine tenths to {row['reference_95']:.3f}"
        above = row["median"] / max(1e-9, row["reference_95"])
        title = f"calm: {name.replace('_', ' ')}, of people's upper end"
        figures.append(Figure(title, above, 1.0, "at most", note=note))
    return figures


def _compose(out: Path, seed: int, n_bars: int) -> midi.Piece:
    config = config_of(seed)
    piece = Studio(config, Wish(standing(*CALM), n_bars), None, lambda _: None).compose()
    path = out / f"calm-{seed}-{n_bars}.mid"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(path, piece.played)
    return midi.read(path)


def copied(data: Path, out: Path, progress: Progress, jobs: int, seeds: int) -> list[Figure]:
    """Share of pieces that have a long run of melody in common with a training song."""
    tasks = steering.tasks_of(out, GENERATOR, MusicConfig().model, seeds, BARS)
    for number, _ in enumerate(steering.compose_all(tasks, jobs)):
        progress(f"quality: looking for copies, piece {number + 1} of {len(tasks)}")
    pieces = [midi.read(task.path) for task in tasks]
    folders = [data / "music_pop909", data / "music_openscore_lieder"]
    training, _ = evaluate.read_folders(folders, "training")
    found = evaluate.report_copying(pieces, training)
    note = f"{len(pieces)} pieces; longest run {found['longest_run']}, median {found['median_run']:.0f}"
    return [
        Figure(
            "pieces with 16 events of a training melody",
            found["share_of_pieces_with_16_events"],
            0.001,
            "at most",
            note=note,
        )
    ]


def forty_minutes(people: Sequence[midi.Piece], out: Path, progress: Progress, seeds: Sequence[int]) -> list[Figure]:
    """One setting for forty minutes: the worst of the seeds."""
    pieces = [_compose(out, seed, FORTY_BARS) for seed in _counted("quality: forty minutes", progress)(seeds)]
    ours, theirs = evaluate.measure_pieces(pieces).table, evaluate.measure_pieces(people).table
    column = {name: place for place, name in enumerate(evaluate.NAMES)}
    worst = {name: float(np.nanmax(np.abs(ours[:, place]))) for name, place in column.items()}
    people_repeat = float(np.nanpercentile(theirs[:, column["repeats_8"]], 95))
    median = float(np.nanmedian(theirs[:, column["repeats_8"]]))
    drift = float(np.nanpercentile(np.abs(theirs[:, column["register_drift"]]), 95))
    note = f"worst of {len(pieces)} seeds"
    return [
        Figure(
            "forty minutes: eight bars that stood there before, note for note",
            worst["repeats_8"],
            people_repeat,
            "at most",
            note=f"{note}; people in {BARS} bars: median {median:.3f}, upper end {people_repeat:.3f}",
        ),
        Figure("forty minutes: scale consistency lost", worst["key_drift"], 0.05, "at most", note=note),
        Figure(
            "forty minutes: melody moved",
            worst["register_drift"],
            drift,
            "at most",
            "semitones",
            f"{note}; people's upper end",
        ),
    ]


def nats() -> list[Figure]:
    """The figures of the card: on unseen songs, told nothing."""
    numbers = tomllib.loads((MODELS_DIR / MusicConfig().model / "card.toml").read_text("utf-8"))["numbers"]
    ours, best = numbers["nats_per_note_nothing"], numbers["ngram_nats_per_note"]
    return [Figure("nats per note below the best n-gram's", best - ours, 0.25, note=f"ours {ours:.3f}; from the card")]


def _counted(name: str, progress: Progress) -> Callable[[Iterable[Any]], Iterator[Any]]:
    def count(items: Iterable[Any]) -> Iterator[Any]:
        for number, item in enumerate(items):
            progress(f"{name}, piece {number + 1}")
            yield item

    return count
