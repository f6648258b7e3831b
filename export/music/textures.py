"""A song's notes on the grid, in four voices, and in three textures: as written, thinned, calm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from device.messages import TICKS_PER_BEAT, Note
from device.music.theory import lead_voices, nearest_pitch
from device.music.tokens import CHORD_TICKS, LENGTHS, RING_TICKS, chords_of, fold
from export.music.corpus import SIXTEENTHS, STEPS, Song

LENGTH_GRID = np.array(LENGTHS)
BASS_TOP = 55
BASS_REACH = 5
"""A low note at most this far above the bar's first bass note still is the bass."""
PAD_TICKS = 36
"""Accompaniment held at least this long is a pad."""
CALM_CHORD = (55, 60, 64)


def textures(song: Song) -> Iterator[list[list[Note]]]:
    """The textures: as written, thinned, calm."""
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
            tick = int(beat) * TICKS_PER_BEAT + int(steps[np.argmin(np.abs(steps - rest))])
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
        yield Note(tick, int(grid[np.argmin(np.abs(grid - filled))]), fold(pitch, voice), velocity, voice)


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
