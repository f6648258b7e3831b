"""Bars as the guard lets them through, calm and lively."""

from __future__ import annotations

from device.messages import Note, PlayedBar

CALM_PITCHES, LIVELY_PITCHES = (48, 52, 55, 60), (76, 79, 83, 88)


def played(
    tempo_bpm: float, loudness_db: float, n_notes: int, pitches: tuple[int, ...], brightness: float
) -> PlayedBar:
    length = 96 // n_notes
    notes = tuple(Note(i * length, length, pitches[i % len(pitches)], 70, "melody") for i in range(n_notes))
    return PlayedBar(
        t_ns=0,
        bar_index=0,
        start_frame=0,
        n_frames=1,
        beats=4,
        tempo_bpm=tempo_bpm,
        tempo_from_bpm=tempo_bpm,
        tempo_to_bpm=tempo_bpm,
        loudness_db=loudness_db,
        brightness=brightness,
        programs={"melody": 0},
        notes=notes,
        generator="test",
    )


CALM = played(56, -18, 4, CALM_PITCHES, 0.2)
LIVELY = played(116, -2, 16, LIVELY_PITCHES, 0.9)
