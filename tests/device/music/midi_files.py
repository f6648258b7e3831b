"""MIDI files for tests, as bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import mido

TUNE = (60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 64, 60, 62, 64, 60)
BEAT = 480
Track = tuple[str, int, Sequence[tuple[float, float, int]]]
"""Name, channel, and notes as (onset in beats, length in beats, pitch)."""


def midi(*tracks: Track, meter: tuple[int, int] | None = (4, 4), kind: int = 1) -> bytes:
    file = mido.MidiFile(type=kind, ticks_per_beat=BEAT, charset="utf-8")
    conductor = mido.MidiTrack()
    if meter:
        conductor.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    file.tracks.append(conductor)
    for name, channel, notes in tracks:
        file.tracks.append(_track(name, channel, notes))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _track(name: str, channel: int, notes: Sequence[tuple[float, float, int]]) -> mido.MidiTrack:
    events = [(round(BEAT * onset), 1, pitch) for onset, _, pitch in notes]
    events += [(round(BEAT * (onset + length)), 0, pitch) for onset, length, pitch in notes]
    track, last = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
    for tick, on, pitch in sorted(events):
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=80 * on, time=tick - last))
        last = tick
    return track


def tune(
    pitches: Sequence[int] = TUNE, *, begins: float = 0.0, length: float = 1.0, up: int = 0
) -> list[tuple[float, float, int]]:
    """Notes after one another."""
    return [(begins + length * index, length, pitch + up) for index, pitch in enumerate(pitches)]
