"""How people touch a piano: velocity by metre and height, fitted linearly, and how far notes stray from that.

    python -m export.music.breath --data DIR --out device/music/breath.toml

From the training songs of POP909 (MIT, (c) 2020 Music X Lab), whose velocities people played. Its onsets lie on a
click's grid (nine in ten within a millisecond), so it tells nothing about timing, and nothing is fitted to it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.messages import TICKS_PER_BEAT
from export.music import metrics, midi
from export.music.features.performance import EVEN
from export.music.features.told import Floats, Ints
from export.music.splits import splits

CORPUS = "music_pop909"
TERMS = ("downbeat", "middle", "beat", "eighth", "off", "height")
"""Fields of `device.music.breath.Touch`."""
VOICES = ("melody", "accompaniment")
FEWEST = 3
"""Notes of a voice in a bar whose deviations tell something."""
RIDGE = 10.0


class Notes(NamedTuple):
    """Notes of one voice: what is known of each, and by how much it is struck harder than its bar."""

    terms: Floats
    deviation: Floats


class Fit(NamedTuple):
    weights: Floats
    residual_sd: float
    explained: float
    """Share of the variance on held-out songs."""
    n_notes: int


def notes_of(piece: midi.Piece, voice: str) -> Notes:
    """The notes of a voice in bars where it plays enough of them; accompaniment stands for all that is no melody."""
    places = np.flatnonzero((piece.voice == "melody") == (voice == "melody"))
    bar = metrics.bar_of(piece)[places]
    inside = (bar >= 0) & (bar < len(piece.bars) - 1)
    places, bar = places[inside], bar[inside]
    n_bars = len(piece.bars) - 1
    count = np.maximum(1, np.bincount(bar, minlength=n_bars))
    velocity, pitch = piece.velocity[places].astype(float), piece.pitch[places].astype(float)
    deviation = velocity - (np.bincount(bar, velocity, n_bars) / count)[bar]
    height = (pitch - (np.bincount(bar, pitch, n_bars) / count)[bar]) / 12.0
    tick = np.round((piece.onset[places] - piece.bars[bar]) * TICKS_PER_BEAT).astype(int)
    terms = np.column_stack([*_metre(tick), height])
    enough = count[bar] >= FEWEST
    return Notes(terms[enough], deviation[enough])


def _metre(tick: Ints) -> tuple[Floats, ...]:
    """One term for each kind of beat, in the order of `TERMS`."""
    half, beat, eighth = tick % (2 * TICKS_PER_BEAT) == 0, tick % TICKS_PER_BEAT == 0, tick % (TICKS_PER_BEAT // 2) == 0
    first = tick == 0
    kinds = (first, half & ~first, beat & ~half, eighth & ~beat, ~eighth)
    return tuple(kind.astype(float) for kind in kinds)


def fit(training: Sequence[Notes], held_out: Sequence[Notes]) -> Fit:
    """Ridge regression, with what remains of it."""
    terms, deviation = (np.concatenate(parts) for parts in zip(*training, strict=True))
    gram = terms.T @ terms + RIDGE * np.eye(terms.shape[1])
    weights = np.linalg.solve(gram, terms.T @ deviation)
    left = deviation - terms @ weights
    unseen, told = (np.concatenate(parts) for parts in zip(*held_out, strict=True))
    explained = 1.0 - float(((told - unseen @ weights) ** 2).mean() / told.var())
    return Fit(weights, float(left.std()), explained, len(deviation))


def songs(data: Path, every: int) -> Iterator[tuple[midi.Piece, bool]]:
    """Each `every`-th song that somebody played, and whether it is held out."""
    paths = midi.find(data / CORPUS)[::every]
    for path, split in zip(paths, splits(paths), strict=True):
        for piece in midi.read_all([path])[0]:
            if np.ptp(piece.velocity) > EVEN:
                yield piece, split == "held-out"


def toml(fits: dict[str, Fit], command: str, n_songs: int) -> str:
    """The file `device/music/breath.toml`."""
    lines = [
        "# Written by the command below `provenance`; what the fields mean stands in the module beside this file.",
        "",
        "[provenance]",
        f'command = "{command}"',
        'corpus = "POP909, (c) 2020 Music X Lab, MIT: velocities of played piano tracks, training songs"',
        'units = "MIDI velocity beside the mean of voice and bar; height per octave"',
        f"songs = {n_songs}",
    ]
    for voice, found in fits.items():
        lines += ["", f"[{voice}]", *(f"{term} = {w:.2f}" for term, w in zip(TERMS, found.weights, strict=True))]
        lines += [
            f"residual_sd = {found.residual_sd:.2f}",
            f"explained = {found.explained:.3f}",
            f"notes = {found.n_notes}",
        ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m export.music.breath", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the open corpora")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=3, help="takes each so manieth song (default 3)")
    options = parser.parse_args(argv)
    training: dict[str, list[Notes]] = {voice: [] for voice in VOICES}
    unseen: dict[str, list[Notes]] = {voice: [] for voice in VOICES}
    n_songs = 0
    for piece, is_held_out in songs(options.data, options.every):
        n_songs += not is_held_out
        for voice in VOICES:
            (unseen if is_held_out else training)[voice].append(notes_of(piece, voice))
    fits = {voice: fit(training[voice], unseen[voice]) for voice in VOICES}
    command = f"python -m export.music.breath --data DIR --out device/music/breath.toml --every {options.every}"
    options.out.write_text(toml(fits, command, n_songs), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
