"""The bar guard mends a composed bar so that nothing in it is faster, louder or denser than prescribed.

It is small and pure, so that every line can be tested by breaking it (SAFETY.md), and it says in words what it changed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from device.audio.safety.limits import (
    allowed_programs,
    guard_duration,
    guard_pitch,
    guard_tempo,
    guard_velocity,
    notes_per_beat,
)
from device.config import Limits, Prescription
from device.messages import TICKS_PER_BEAT, VOICES, Bar, Note
from device.music.playing import programs_of

BEATS_MIN, BEATS_MAX = 2, 12


class Guarded(NamedTuple):
    bar: Bar
    changes: tuple[str, ...]
    """What was changed, in words."""


def guard_bar(bar: Bar, tempo_bpm: float, prescription: Prescription) -> Guarded:
    """The bar as it may sound, on its way to the tempo `tempo_bpm` or the nearest that is allowed."""
    limits = prescription.limits
    changes: list[str] = []
    beats = min(max(bar.beats, BEATS_MIN), BEATS_MAX)
    if beats != bar.beats:
        changes.append(f"{bar.beats} beats made {beats}")
    tempo = guard_tempo(tempo_bpm, limits)
    if tempo != tempo_bpm:
        changes.append(f"tempo {tempo_bpm:.0f} held at {tempo:.1f} bpm")
    programs = guard_programs(bar.programs, prescription, changes)
    sound = drop_malformed(bar.notes, beats, programs, changes)
    notes = [guard_note(note, limits) for note in sound]
    touched = sum(map(operator.ne, sound, notes))
    if touched:
        changes.append(f"{touched} notes brought into the limits of pitch, velocity and length")
    kept = thin(notes, beats, limits)
    if len(kept) < len(notes):
        changes.append(f"{len(notes) - len(kept)} notes left out: too dense")
    guarded = msgspec.structs.replace(bar, beats=beats, tempo_bpm=tempo, programs=programs, notes=tuple(kept))
    return Guarded(guarded, tuple(changes))


def guard_programs(programs: Mapping[str, int], prescription: Prescription, changes: list[str]) -> dict[str, int]:
    """An instrument for each voice, loaded and not forbidden; a voice for which there is none is left out."""
    allowed, instead = allowed_programs(prescription), programs_of(prescription)
    guarded: dict[str, int] = {}
    for voice in VOICES:
        program = programs.get(voice, instead[voice])
        if program not in allowed:
            changes.append(f"instrument {program} of {voice} is not allowed")
            program = instead[voice]
        if program in allowed:
            guarded[voice] = program
    return guarded


def drop_malformed(notes: Iterable[Note], beats: int, programs: Mapping[str, int], changes: list[str]) -> list[Note]:
    """The notes without those that begin outside the bar, last no time, or are no MIDI notes of a known voice."""
    ticks = beats * TICKS_PER_BEAT
    given = list(notes)
    kept = [
        note
        for note in given
        if 0 <= note.onset_tick < ticks
        and note.duration_tick > 0
        and 0 <= note.pitch <= 127
        and 1 <= note.velocity <= 127
        and note.voice in programs
    ]
    if len(kept) < len(given):
        changes.append(f"{len(given) - len(kept)} notes left out: malformed")
    return kept


def guard_note(note: Note, limits: Limits) -> Note:
    """The note brought into the range of pitch (by octaves where that reaches it), of velocity and of length."""
    return Note(
        onset_tick=note.onset_tick,
        duration_tick=guard_duration(note.duration_tick),
        pitch=guard_pitch(note.pitch, limits),
        velocity=guard_velocity(note.velocity, limits),
        voice=note.voice,
    )


def thin(notes: Iterable[Note], beats: int, limits: Limits) -> list[Note]:
    """The notes without those too many for a beat or a bar; what leads is kept. Sorted by onset, pitch and voice."""
    per_beat = notes_per_beat(limits)
    per_bar = max(1, math.floor(limits.density_max * limits.notes_per_beat_max * beats))
    in_beat = [0] * beats
    kept: list[Note] = []
    for note in sorted(notes, key=_precedence):
        beat = note.onset_tick // TICKS_PER_BEAT
        if in_beat[beat] < per_beat and len(kept) < per_bar:
            in_beat[beat] += 1
            kept.append(note)
    return sorted(kept, key=lambda note: (note.onset_tick, note.pitch, VOICES.index(note.voice)))


def _precedence(note: Note) -> tuple[int, int, int, int, int]:
    return VOICES.index(note.voice), -note.velocity, note.onset_tick, note.pitch, note.duration_tick
