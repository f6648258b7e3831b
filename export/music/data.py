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

from device.messages import TICKS_PER_BEAT, Mode, Note
from device.music.theory import lead_voices, nearest_pitch
from device.music.tokens import (
    CHORD_TICKS,
    LENGTHS,
    MAX_BAR_TOKENS,
    RING_TICKS,
    chords_of,
    describe,
    encode_notes,
    fold,
)
from export.music.corpus import SIXTEENTHS, STEPS, Measure, Song, read_lieder, read_pop909

Ints = npt.NDArray[np.int64]
LENGTH_GRID = np.array(LENGTHS)
BASS_TOP = 55
BASS_REACH = 5
"""A low note at most this far above the bar's first bass note still is the bass."""
PAD_TICKS = 36
"""Accompaniment held at least this long is a pad."""
CALM_CHORD = (55, 60, 64)


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


def textures(song: Song) -> Iterator[list[list[Note]]]:
    """As written; thinned; calm."""
    written = quantise(song)
    yield written
    yield [thin(notes) for notes in written]
    yield list(calm(written, [measure.beats for measure in song.measures]))


def quantise(song: Song) -> list[list[Note]]:
    """The song's notes per bar, on the grid, in four voices with nominal lengths."""
    steps = SIXTEENTHS if song.name.startswith("pop909") else STEPS
    onsets: list[dict[tuple[int, str, int], tuple[float, int]]] = [{} for _ in song.measures]
    starts = np.array([measure.start for measure in song.measures])
    for note in song.notes:
        bar = int(np.searchsorted(starts, note.start + 0.1, side="right")) - 1
        if bar < 0:
            continue
        measure = song.measures[bar]
        ticks = (note.start - measure.start) * measure.scale * TICKS_PER_BEAT
        if ticks < measure.beats * TICKS_PER_BEAT:
            beat, rest = divmod(max(0.0, ticks), TICKS_PER_BEAT)
            tick = int(beat) * TICKS_PER_BEAT + int(steps[np.abs(steps - rest).argmin()])
            length = note.length * measure.scale * TICKS_PER_BEAT
            tick = min(tick, measure.beats * TICKS_PER_BEAT - 6)
            onsets[bar][tick, note.part, note.pitch] = (length, note.velocity)
    return [_voices(bar, measure.beats) for bar, measure in zip(onsets, song.measures, strict=True)]


def _voices(bar: dict[tuple[int, str, int], tuple[float, int]], beats: int) -> list[Note]:
    melody: dict[int, tuple[int, float, int]] = {}
    others: dict[int, list[tuple[int, float, int]]] = {}
    for (tick, part, pitch), (length, velocity) in sorted(bar.items()):
        if part == "melody":
            melody[tick] = (pitch, length, velocity)
        else:
            others.setdefault(tick, []).append((pitch, length, velocity))
    lines: dict[str, list[tuple[int, int, float, int]]] = {"melody": [(t, *note) for t, note in melody.items()]}
    lines |= {"bass": [], "inner": [], "pad": []}
    floor = BASS_TOP
    for tick, chord in sorted(others.items()):
        if chord[0][0] <= floor:
            floor = min(floor, chord[0][0] + BASS_REACH)
            lines["bass"].append((tick, *chord.pop(0)))
        for pitch, length, velocity in chord:
            lines["pad" if length >= PAD_TICKS else "inner"].append((tick, pitch, length, velocity))
    return [note for voice, line in lines.items() for note in _nominal(line, voice, beats)]


def _nominal(line: Sequence[tuple[int, int, float, int]], voice: str, beats: int) -> Iterator[Note]:
    """Fill short gaps up to the voice's next onset (played notes sound shorter than written), then snap lengths."""
    end = beats * TICKS_PER_BEAT
    ticks = sorted({tick for tick, *_ in line})
    for tick, pitch, length, velocity in line:
        following = next((other for other in ticks if other > tick), end)
        gap = following - tick
        filled = gap if gap <= 2 * max(length, 6.0) and gap <= 2 * TICKS_PER_BEAT else length
        if voice in {"melody", "bass"} and following < end:
            filled = min(filled, gap)
        grid = LENGTH_GRID[end + RING_TICKS - tick >= LENGTH_GRID]
        yield Note(tick, int(grid[np.abs(grid - filled).argmin()]), fold(pitch, voice), velocity, voice)


def thin(notes: Sequence[Note]) -> list[Note]:
    """Melody and bass as written; of the accompaniment only the top note on each beat, held for the beat."""
    lead = [note for note in notes if note.voice in {"melody", "bass"}]
    top: dict[int, Note] = {}
    for note in notes:
        if note.voice in {"inner", "pad"} and note.onset_tick % TICKS_PER_BEAT == 0:
            known = top.get(note.onset_tick)
            if known is None or note.pitch > known.pitch:
                top[note.onset_tick] = note
    kept = [
        Note(n.onset_tick, max(n.duration_tick, TICKS_PER_BEAT), n.pitch, n.velocity, n.voice) for n in top.values()
    ]
    return lead + kept


def calm(bars: Sequence[Sequence[Note]], beats: Sequence[int]) -> Iterator[list[Note]]:
    """The melody over pads that move by voice leading and a bass on the roots."""
    voicing: tuple[int, ...] = CALM_CHORD
    for notes, count in zip(bars, beats, strict=True):
        laid: list[Note] = [note for note in notes if note.voice == "melody"]
        first, second = chords_of(notes, count)
        end = count * TICKS_PER_BEAT
        spans = [(0, end, first)] if first == second else [(0, CHORD_TICKS, first), (CHORD_TICKS, end, second)]
        velocity = round(sum(note.velocity for note in notes) / len(notes)) if notes else 60
        for start, stop, chord in spans:
            if chord is None:
                continue
            voicing = lead_voices(voicing, chord, 50, 70)
            laid += [Note(start, stop - start, pitch, velocity, "pad") for pitch in voicing]
            laid.append(Note(start, stop - start, nearest_pitch(chord.root_pc, 43, 36, 50), velocity, "bass"))
        yield laid


if __name__ == "__main__":
    main()
