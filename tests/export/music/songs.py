"""Small scores for the tests of the corpus, written with mido."""

from __future__ import annotations

from pathlib import Path

import mido

TICKS = 480
SCALE = (0, 2, 4, 5, 7, 9, 11)


def track(notes: list[tuple[float, float, int]], name: str = "", channel: int = 0) -> mido.MidiTrack:
    """Notes as (start, length, pitch) in quarters."""
    events = sorted(
        [(round(start * TICKS), 1, pitch) for start, _, pitch in notes]
        + [(round((start + length) * TICKS), 0, pitch) for start, length, pitch in notes]
    )
    result = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, on, pitch in events:
        result.append(mido.Message("note_on", note=pitch, velocity=70 * on, time=tick - now, channel=channel))
        now = tick
    return result


def conductor(bpm: float, meter: tuple[int, int]) -> mido.MidiTrack:
    return mido.MidiTrack(
        [
            mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]),
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)),
        ]
    )


def tune(beats: int, tonic: int, step: float = 1.0) -> list[tuple[float, float, int]]:
    """A tune up and down the major scale."""
    order = [0, 1, 2, 3, 4, 5, 6, 4, 2, 4, 3, 1]
    return [(place * step, step, tonic + SCALE[order[place % len(order)]]) for place in range(round(beats / step))]


def chords(beats: int, tonic: int) -> list[tuple[float, float, int]]:
    roots = (0, 5, 7, 0)
    notes = []
    for bar, start in enumerate(range(0, beats, 4)):
        root = roots[bar % 4]
        bass = tonic - 24 + root
        notes += [(start, 4.0, bass)] + [(start + 1, 1.0, tonic - 12 + root + tone) for tone in (0, 4, 7)]
    return notes


def write_lied(path: Path, *, tonic: int = 64, meter: tuple[int, int] = (4, 4), beats: int = 48) -> Path:
    file = mido.MidiFile(ticks_per_beat=TICKS)
    file.tracks += [conductor(72, meter), track(tune(beats, tonic)), track(chords(beats, tonic), channel=1)]
    file.save(path)
    return path


def write_pop909(folder: Path, name: str, *, tonic: int = 66, beats: int = 48) -> None:
    """A song whose annotated first beat comes half a second in."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    file.tracks += [
        mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120))]),
        track([(start + 1, length, pitch) for start, length, pitch in tune(beats, tonic)], "MELODY"),
        track([], "BRIDGE", 1),
        track([(start + 1, length, pitch) for start, length, pitch in chords(beats, tonic)], "PIANO", 2),
    ]
    file.save(folder / f"{name}.mid")
    rows = [f"{0.5 + 0.5 * beat} {float(beat % 2 == 0)} {float(beat % 4 == 0)}" for beat in range(beats + 1)]
    (folder / f"{name}_beat_midi.txt").write_text("\n".join(rows) + "\n", "utf-8")
