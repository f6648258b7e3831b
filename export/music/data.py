"""The corpus as tokens and what goes with them: `python -m export.music.data --data DIR --out FILE.npz`.

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

from device.config import Style
from device.messages import Note
from device.music import tokens as t
from device.music.controls import CONTROL_SIZES, LIKENESS, STYLES, TEXTURES, Controls, describe
from device.music.reference import CHORD_SLOTS, Cursor, hint, remember
from export.music.corpus import Song, read_lieder, read_pop909
from export.music.form import closes_of, colours_of, look_back, places_of
from export.music.textures import textures

Array = npt.NDArray[Any]
PARTS = ("train", "held_out")
N_SLOTS = t.N_STEPS + 1
STYLE_OF: dict[str, Style] = {"pop909": "song", "lieder": "lied"}


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


class Part:
    """The growing arrays of one part of the corpus; `arrays` tells what they are."""

    def __init__(self) -> None:
        self.songs: list[int] = []
        self.bars: list[int] = []
        self.tokens, self.steps, self.slots = bytearray(), bytearray(), bytearray()
        self.controls: list[list[int]] = []
        self.back: list[tuple[int, int, int]] = []
        self.events: list[Array] = []

    def add(self, song: Song, texture: int, notes: Sequence[Sequence[Note]]) -> None:
        """One song in one texture."""
        first = len(self.bars)
        self.songs.append(first)
        back = look_back(notes)
        for bar, controls in enumerate(describe_song(song, texture, notes)):
            tokens = t.encode_notes(notes[bar], song.measures[bar].beats)
            self.bars.append(len(self.tokens))
            self._add_tokens([t.START, *tokens] if bar == 0 else tokens)
            self.events.append(events_of(tokens))
            told = controls._replace(likeness=back.likeness[bar])
            self.controls.append([-1 if value is None else value for value in told])
            to, expected = (first + place if place >= 0 else -1 for place in (back.to[bar], back.expected[bar]))
            self.back.append((to, back.likeness[bar], expected))

    def _add_tokens(self, tokens: Sequence[int]) -> None:
        cursor = Cursor()
        for token in tokens:
            cursor.take(token)
            self.tokens.append(token)
            self.steps.append(cursor.step if cursor.step >= 0 else t.N_STEPS)
            self.slots.append(cursor.slot)

    def arrays(self, name: str) -> dict[str, Array]:
        """What the part holds.

        Per token: itself, `steps` (24: none yet) and `slots`; per bar: where its tokens begin, `controls` (-1: not
        told), `back` (bar, likeness, expected bar) and `events` (slots and chords, 3); per song: its first bar.
        """
        return {
            name: np.frombuffer(bytes(self.tokens), np.uint8),
            f"{name}_steps": np.frombuffer(bytes(self.steps), np.uint8),
            f"{name}_slots": np.frombuffer(bytes(self.slots), np.uint8),
            f"{name}_bars": np.array(self.bars, np.int64),
            f"{name}_controls": np.array(self.controls, np.int8),
            f"{name}_back": np.array(self.back, np.int64),
            f"{name}_events": np.stack(self.events),
            f"{name}_songs": np.array(self.songs, np.int64),
        }


def describe_song(song: Song, texture: int, bars: Sequence[Sequence[Note]]) -> Iterator[Controls]:
    """The controls of every bar, measured; but for the likeness."""
    beats = [measure.beats for measure in song.measures]
    harmony = [t.chords_of(notes, count) for notes, count in zip(bars, beats, strict=True)]
    closes = closes_of(bars, beats, harmony, song.modes)
    context = zip(harmony, colours_of(harmony), closes, places_of(closes), strict=True)
    for notes, measure, mode, (chords, colour, close, place) in zip(
        bars, song.measures, song.modes, context, strict=True
    ):
        yield describe(notes, measure.beats, measure.tempo_bpm, mode)._replace(
            colour=colour,
            rhythm=len(set(chords)) - 1,
            style=STYLES.index(STYLE_OF[song.name.partition("/")[0]]),
            texture=texture,
            close=close,
            place=place,
        )


def events_of(tokens: list[int]) -> Array:
    """The hint that the bar of each slot gives to those that refer to it, shape (slots + 2, 3); 255: nothing."""
    remembered = remember(tokens)
    rows = [hint(remembered, slot) for slot in (*range(N_SLOTS), *CHORD_SLOTS)]
    return np.array([[255 if value is None else value for value in row] for row in rows], np.uint8)


def build(songs: Iterable[Song]) -> dict[str, Array]:
    """The arrays of both parts, see `Part.arrays`."""
    parts = {name: Part() for name in PARTS}
    for song in songs:
        part = parts["held_out" if song.held_out else "train"]
        for texture, notes in enumerate(textures(song)):
            part.add(song, texture, notes)
    return {key: array for name, part in parts.items() for key, array in part.arrays(name).items()}


assert len(t.VOCABULARY) < 255
assert len(TEXTURES) == 3
assert tuple(CONTROL_SIZES)[-1] == "likeness"
assert len(LIKENESS) == CONTROL_SIZES["likeness"]

if __name__ == "__main__":
    main()
