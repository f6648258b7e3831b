"""Forty minutes of one setting: no minute should be another again, and loudness and tension should rise and fall.

    python -m hardware.bench.forty --data DIR --out PICTURE.png [--generator NAME] [--seeds FIRST-LAST] [--bars N]
        [--mood NAME] [--sound] [--json]

A bar is told by its melody, its harmony and its rhythm; a minute resembles another as far as its bars are found again
there. People's measure is the likeness of the two most alike minutes of a slow song. Forty minutes have many more
pairs, so the most alike of every four minutes in a row are held against it, and then, more severely, all pairs.
Loudness is that of the sound where it is rendered (`--sound`: about three minutes a piece); else that of the notes as
they are struck with the level that the story has, which leaves out how many there are.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.commands.piece import Piece, Studio, Wish
from device.config import AudioConfig
from device.music import GENERATORS
from device.sessions.interchange import write_midi
from export.music import midi
from export.music.chroma import chroma
from export.music.features.harmony import tonics
from export.music.features.performance import bar_levels
from export.music.features.told import known
from export.music.metrics import STEPS_PER_BEAT, bar_of
from export.music.tension import tension_of
from hardware.bench import joins
from hardware.bench.breath import MOODS, seeds_of
from hardware.bench.figures import Figure, present
from hardware.bench.held_loudness import MeteredSound
from hardware.bench.intents import config_of, standing
from hardware.bench.slow_songs import CORPORA, SLOW_BPM, whole_songs

Floats = npt.NDArray[np.float64]
BARS = 640
"""Forty minutes at a calm setting."""
SEEDS = (7000, 7000)
SONG_MINUTES = 4
"""Minutes of a long song."""
SONG_MIN_S = 150.0
SONGS = 30
"""Of each corpus."""
RHYTHM_WEIGHT = 0.5
SMOOTH_CLOUDS = 16
PEOPLE_TOP = 95
"""Percentile of people's songs that is the bound."""


class Long(NamedTuple):
    """A long piece as it was composed, as people's pieces are read, and how loud each of its minutes is as sound."""

    composed: Piece
    piece: midi.Piece
    lufs: Floats | None


class Forty(NamedTuple):
    """What is told of one long piece."""

    name: str
    alike: Floats
    """Likeness of every minute with every other, 1 on the diagonal."""
    level_db: Floats
    """Loudness of each minute."""
    tension_min: Floats
    tension: Floats
    """Tensile strain, smoothed, and the minute it is at."""
    keys: list[int]
    """Tonic of every eight bars."""


def bar_features(piece: midi.Piece) -> Floats:
    """Shape (bars, features), rows of length 1: chroma of the melody and of the rest by quarters, and all onsets."""
    n_bars = len(piece.bars) - 1
    quarters = np.linspace(piece.bars[:-1], piece.bars[1:], 4, endpoint=False, axis=1)
    edges = np.append(quarters, piece.bars[-1])
    tune = np.zeros(len(piece.pitch), bool)
    tune[piece.melody()] = True
    parts = []
    for among in (tune, ~tune):
        onset, end = piece.onset[among], (piece.onset + piece.length)[among]
        parts.append(_unit(chroma(onset, end, piece.pitch[among], edges).reshape(n_bars, -1)))
    parts.append(RHYTHM_WEIGHT * _unit(_onsets(piece, tune)))
    return _unit(np.concatenate(parts, axis=1))


def _onsets(piece: midi.Piece, tune: npt.NDArray[np.bool_]) -> Floats:
    """Which of sixteen places of each bar the melody strikes."""
    n_bars = len(piece.bars) - 1
    bar = bar_of(piece)
    inside = tune & (bar >= 0) & (bar < n_bars)
    step = np.round((piece.onset[inside] - piece.bars[bar[inside]]) * STEPS_PER_BEAT).astype(np.int64) % 16
    found = np.zeros((n_bars, 16))
    found[bar[inside], step] = 1.0
    return found


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def minutes(piece: midi.Piece) -> npt.NDArray[np.int64]:
    """The whole minute each bar begins in, counted from the first bar; -1 in what is left of the last."""
    start_s = piece.seconds(piece.bars) - piece.seconds(piece.bars[:1])
    minute = (start_s[:-1] // 60.0).astype(np.int64)
    return np.where(minute < int(start_s[-1] // 60.0), minute, -1)


def likeness(piece: midi.Piece) -> Floats:
    """Shape (minutes, minutes): mean, over the bars of both, of how much the other's most similar bar is like them."""
    rows, minute = bar_features(piece), minutes(piece)
    groups = [rows[minute == number] for number in range(minute.max() + 1)]
    alike = np.eye(len(groups))
    for a, first in enumerate(groups):
        for b, second in enumerate(groups[:a]):
            pairs = first @ second.T
            both = np.concatenate((pairs.max(axis=1), pairs.max(axis=0)))
            alike[a, b] = alike[b, a] = both.mean()
    return alike


def most_alike(alike: Floats) -> float:
    """Likeness of the two most alike minutes; NaN of a single one."""
    others = alike[np.triu_indices(len(alike), 1)]
    return float(others.max()) if len(others) else float("nan")


def in_a_row(alike: Floats) -> Floats:
    """The same of every four minutes in a row: as long as people's songs."""
    starts = range(len(alike) - SONG_MINUTES + 1)
    return np.array([most_alike(alike[a : a + SONG_MINUTES, a : a + SONG_MINUTES]) for a in starts])


def look(long: Long) -> Forty:
    """Everything that is drawn of a piece."""
    piece = long.piece
    minute, levels = minutes(piece), bar_levels(piece)
    story = np.array([intent.story_db for intent in long.composed.intents])[: len(levels)]
    levels[: len(story)] += story  # what rings on at the end has no intent
    struck = np.array([known(levels[minute == number]).mean() for number in range(minute.max() + 1)])
    strain = tension_of(piece)
    smooth = np.convolve(strain.strain, np.full(SMOOTH_CLOUDS, 1 / SMOOTH_CLOUDS), "valid")
    middle = strain.beat[SMOOTH_CLOUDS // 2 :][: len(smooth)]
    return Forty(
        piece.name,
        likeness(piece),
        struck if long.lufs is None else long.lufs[: len(struck)],
        (piece.seconds(middle) - piece.seconds(piece.bars[:1])) / 60.0,
        smooth,
        tonics(piece)[::8].tolist(),
    )


def compose(generator: str, seed: int, n_bars: int, mood: str, folder: Path, *, is_heard: bool) -> Long:
    """A piece in one setting.

    Raises:
        SystemMissingError, SoundError: it is to be heard, and there is no synthesiser or sound font.
    """
    path, config = folder / f"{generator}-{mood}-{seed}.mid", config_of(seed, generator)
    wish = Wish(standing(*MOODS[mood]), n_bars)
    with ExitStack() as stack:
        sound = stack.enter_context(closing(MeteredSound(config, path.with_suffix(".wav")))) if is_heard else None
        composed = Studio(config, wish, sound, lambda _: None).compose()
        lufs = by_minute(sound, config.device.audio) if sound else None
    write_midi(path, composed.played)
    return Long(composed, midi.read(path), lufs)


def by_minute(sound: MeteredSound, audio: AudioConfig) -> Floats:
    """Loudness in LUFS of each minute of a sound, silence and all."""
    powers = np.array(sound.powers)
    size = round(60.0 * audio.sfreq_hz / audio.block_frames)
    whole = powers[: len(powers) // size * size].reshape(-1, size).mean(axis=1)
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(whole, 1e-12)))


def songs(data: Path, count: int) -> list[midi.Piece]:
    """Slow songs of people that last long enough to have minutes to compare."""
    return [
        piece
        for name in CORPORA.values()
        for piece in itertools.islice(filter(_is_long_and_slow, whole_songs(data / name)), count)
    ]


def _length_s(piece: midi.Piece) -> float:
    return float(np.ptp(piece.seconds(piece.bars[[0, -1]])))


def _is_long_and_slow(piece: midi.Piece) -> bool:
    length_s = _length_s(piece)
    return length_s > SONG_MIN_S and float(piece.bars[-1] - piece.bars[0]) * 60.0 <= SLOW_BPM * length_s


def figures(ours: Sequence[Forty], theirs: Floats) -> list[Figure]:
    """Ours beside people's bound."""
    bound = float(np.percentile(theirs, PEOPLE_TOP))
    note = f"people's songs: median {np.median(theirs):.2f}, {PEOPLE_TOP} % below {bound:.2f}"
    found = []
    for piece in ours:
        four = float(np.median(in_a_row(piece.alike)))
        keys = np.array(piece.keys)
        changes = float((keys[1:] != keys[:-1]).sum())
        found += [
            Figure(f"{piece.name}: most alike of four minutes, median", four, bound, "at most", note=note),
            Figure(f"{piece.name}: most alike of all minutes", most_alike(piece.alike), bound, "at most", note=note),
            Figure(f"{piece.name}: loudness by minute, range", float(np.ptp(piece.level_db)), 3.0, unit="dB"),
            Figure(f"{piece.name}: changes of key", changes, 1.0, note=f"{len(set(piece.keys))} keys"),
        ]
    return found


def draw(out: Path, ours: Sequence[Forty], theirs: Floats) -> None:
    """A column for each piece: minutes against minutes, their loudness, tension; and people's songs beside."""
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415 - only a picture needs it

    bound = float(np.percentile(theirs, PEOPLE_TOP))
    picture = Picture(figsize=(6 * len(ours), 11), layout="constrained")
    axes = picture.subplots(4, len(ours), squeeze=False, height_ratios=(3, 1, 1, 1))
    for column, piece in zip(axes.T, ours, strict=True):
        column[0].imshow(piece.alike, origin="lower", cmap="magma", vmin=0.3, vmax=1.0)
        column[0].set_title(f"{piece.name}: how alike are its minutes", fontsize=9)
        column[1].hist(theirs, bins=20, range=(0.3, 1.0), color="#888888", label="people's songs")
        column[1].hist(
            in_a_row(piece.alike), bins=20, range=(0.3, 1.0), color="#c0392b", alpha=0.6, label="every four minutes"
        )
        column[1].axvline(bound, color="black", linewidth=0.8)
        column[1].set_title("the two most alike minutes; line: 95 % of people's", fontsize=8)
        column[1].legend(fontsize=7, frameon=False)
        column[2].plot(piece.level_db - piece.level_db.max(), color="#1f3a93")
        column[2].set_ylim(-9, 0.5)
        column[2].set_title("loudness by minute, dB below the loudest", fontsize=8)
        column[3].plot(piece.tension_min, piece.tension, color="#1e8449", linewidth=0.7)
        column[3].set_title("tonal tension (tensile strain), minutes", fontsize=8)
    picture.savefig(out, dpi=60)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.forty", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--out", type=Path, required=True, help="the picture (PNG)")
    parser.add_argument("--generator", default="transformer", choices=sorted(GENERATORS))
    parser.add_argument("--seeds", type=seeds_of, default=SEEDS, help="first and last seed")
    parser.add_argument("--bars", type=int, default=BARS)
    parser.add_argument("--mood", default="calm", choices=sorted(MOODS))
    parser.add_argument("--sound", action="store_true", help="measure loudness on the rendered sound")
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args(argv)
    if not (options.data / "open").is_dir():
        print(f"isotone: {options.data} holds no folder open/. Name the data folder.", file=sys.stderr)
        return 8
    theirs = np.array([most_alike(likeness(song)) for song in songs(options.data / "open", SONGS)])
    first, last = options.seeds
    with tempfile.TemporaryDirectory() as folder:
        pieces = [
            compose(options.generator, seed, options.bars, options.mood, Path(folder), is_heard=options.sound)
            for seed in range(first, last + 1)
        ]
    ours = [look(piece) for piece in pieces]
    draw(options.out, ours, theirs)
    of_joins = [figure for long in pieces for figure in joins.figures(long.piece.name, long.composed)]
    present([*figures(ours, theirs), *of_joins], as_json=options.as_json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
