"""Small pieces with known answers, for the tests of what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np

from export.music.midi import Piece

TICKS = 480
Written = tuple[float, float, int]
"""Onset and length in beats, pitch."""


def piece(
    notes: Sequence[Written],
    *,
    bpm: float = 60.0,
    beats: float = 4.0,
    velocity: float = 64.0,
    voice: str | Sequence[str] = "melody",
    name: str = "piece",
) -> Piece:
    """A piece in one tempo and metre."""
    voices = [voice] * len(notes) if isinstance(voice, str) else list(voice)
    ordered = sorted(zip(notes, voices, strict=True), key=lambda item: (item[0][0], item[0][2]))
    onset, length, pitch = (np.array(column, float) for column in zip(*(note for note, _ in ordered), strict=True))
    n_bars = max(1, int(np.ceil((onset + length).max() / beats - 1e-9)))
    return Piece(
        name=name,
        bars=np.arange(n_bars + 1) * beats,
        onset=onset,
        length=length,
        pitch=pitch.astype(np.int64),
        velocity=np.full(len(onset), velocity),
        voice=np.array([voice for _, voice in ordered]),
        map_beats=np.array([-1000.0, 10_000.0]),
        map_s=np.array([-1000.0, 10_000.0]) * 60.0 / bpm,
    )


def scale_tune(n_notes: int, tonic: int = 60, step: float = 1.0) -> list[Written]:
    """A tune up and down the major scale, without a pause."""
    degrees = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2)
    return [(place * step, step, tonic + degrees[place % len(degrees)]) for place in range(n_notes)]


def chord(onset: float, length: float, *pitches: int) -> list[Written]:
    return [(onset, length, pitch) for pitch in pitches]


def write(
    path: Path,
    notes: Sequence[Written],
    *,
    name: str = "",
    bpm: float = 60.0,
    meta: Sequence[mido.MetaMessage] = (),
    velocity: int = 64,
) -> Path:
    """A file with a track of tempo and metre and one of notes."""
    events = sorted(
        [(round(onset * TICKS), 1, pitch) for onset, _, pitch in notes]
        + [(round((onset + length) * TICKS), 0, pitch) for onset, length, pitch in notes]
    )
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, on, pitch in events:
        track.append(mido.Message("note_on", note=pitch, velocity=velocity * on, time=tick - now))
        now = tick
    file = mido.MidiFile(ticks_per_beat=TICKS)
    file.tracks += [mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)), *meta]), track]
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path
