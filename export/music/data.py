"""The corpus as tokens: `python -m export.music.data --data DIR --out FILE.npz`.

Every song appears in three textures with the same melody and harmony: as written, thinned, and laid out calmly with
pads. No openly licensed calm music was found, so calm textures are made from songs rather than hoped for.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from device.messages import Mode, Note
from device.music.tokens import MAX_BAR_TOKENS, describe, encode_notes
from export.music.corpus import Measure, Song, read_lieder, read_pop909
from export.music.textures import textures

Ints = npt.NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with music_pop909 and music_openscore_lieder")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {**build(read_corpus(arguments.data))}
    np.savez_compressed(arguments.out, **arrays)


def read_corpus(data: Path) -> Iterator[Song]:
    songs = itertools.chain(
        read_pop909(data / "music_pop909", data / "music_pop909_annotations"),
        read_lieder(data / "music_openscore_lieder", data.parent / "manifest_music.csv"),
    )
    yield from tqdm(songs, unit="song", mininterval=5.0)


def build(songs: Iterable[Song]) -> dict[str, Ints]:
    """`train` and `held_out` tokens; `*_bars`: where bars begin; `*_songs`: where songs begin, in tokens."""
    tokens: dict[str, list[int]] = {"train": [], "held_out": []}
    bars: dict[str, list[int]] = {"train": [], "held_out": []}
    starts: dict[str, list[int]] = {"train": [], "held_out": []}
    for song in songs:
        part = "held_out" if song.held_out else "train"
        for texture in textures(song):
            starts[part].append(len(tokens[part]))
            for measure, mode, notes in zip(song.measures, song.modes, texture, strict=True):
                bars[part].append(len(tokens[part]))
                tokens[part] += encode(notes, measure, mode)
    arrays = {part: np.array(tokens[part], np.uint16) for part in tokens}
    arrays |= {f"{part}_bars": np.array(bars[part]) for part in bars}
    return arrays | {f"{part}_songs": np.array(starts[part]) for part in starts}


def encode(notes: Sequence[Note], measure: Measure, mode: Mode) -> list[int]:
    tokens = encode_notes(notes, measure.beats, describe(notes, measure.beats, measure.tempo_bpm, mode))
    assert len(tokens) <= MAX_BAR_TOKENS
    return tokens


if __name__ == "__main__":
    main()
