"""The last thing before the synthesiser: nothing that leaves it is faster, louder or denser than prescribed.

Small and pure on purpose, so that every line can be tested by breaking it (SAFETY.md). It mends what it can and says
in words what it changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from device.config import Limits, Prescription
from device.messages import TICKS_PER_BEAT, Bar, MusicIntent, Note
from device.music.playing import programs_of

VOICES = ("melody", "bass", "inner", "pad")
"""All voices there are; where a bar is too dense, the ones named last are thinned first."""
BEATS_MIN, BEATS_MAX = 2, 12
RING_BEATS = 16
"""A note rings no longer than this."""
SILENT_DB = -60.0
"""The softest the music gets by being turned down."""


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
    touched = sum(given != note for given, note in zip(sound, notes, strict=True))
    if touched:
        changes.append(f"{touched} notes brought into the limits of pitch, velocity and length")
    kept = thin(notes, beats, limits)
    if len(kept) < len(notes):
        changes.append(f"{len(notes) - len(kept)} notes left out: too dense")
    guarded = msgspec.structs.replace(bar, beats=beats, tempo_bpm=tempo, programs=programs, notes=tuple(kept))
    return Guarded(guarded, tuple(changes))


def guard_tempo(tempo_bpm: float, limits: Limits) -> float:
    """Inside the limits; how fast it gets there is up to `device.audio.pace`."""
    low, high = sorted((limits.tempo_min_bpm, limits.tempo_max_bpm))
    return min(max(tempo_bpm, low), high) if math.isfinite(tempo_bpm) else low


def guard_programs(programs: Mapping[str, int], prescription: Prescription, changes: list[str]) -> dict[str, int]:
    """Per voice an instrument that was loaded and is not forbidden; a voice for which there is none is left out."""
    allowed, instead = allowed_programs(prescription), programs_of(prescription)
    guarded = {}
    for voice in VOICES:
        program = programs.get(voice, instead[voice])
        if program not in allowed:
            changes.append(f"instrument {program} of {voice} is not allowed")
            program = instead[voice]
        if program in allowed:
            guarded[voice] = program
    return guarded


def allowed_programs(prescription: Prescription) -> tuple[int, ...]:
    """The instruments that may sound, and so the ones to load: chosen for a voice and not on the never-play list."""
    return tuple(sorted(set(programs_of(prescription).values()) - set(prescription.never_programs)))


def drop_malformed(notes: Iterable[Note], beats: int, programs: Mapping[str, int], changes: list[str]) -> list[Note]:
    """Without notes that begin outside the bar, last no time, or are no MIDI notes of a known voice."""
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
    """Inside the range of pitch (moved by octaves where that reaches it), of velocity and of length."""
    return Note(
        onset_tick=note.onset_tick,
        duration_tick=guard_duration(note.duration_tick),
        pitch=guard_pitch(note.pitch, limits),
        velocity=guard_velocity(note.velocity, limits),
        voice=note.voice,
    )


def guard_duration(duration_tick: int) -> int:
    return min(duration_tick, RING_BEATS * TICKS_PER_BEAT)


def guard_velocity(velocity: int, limits: Limits) -> int:
    return min(velocity, limits.velocity_max)


def guard_pitch(pitch: int, limits: Limits) -> int:
    low, high = sorted((limits.pitch_min, limits.pitch_max))
    if pitch < low:
        pitch += 12 * -((pitch - low) // 12)
    elif pitch > high:
        pitch -= 12 * -((high - pitch) // 12)
    return min(max(pitch, low), high)


def thin(notes: Iterable[Note], beats: int, limits: Limits) -> list[Note]:
    """No beat and no bar with more notes than allowed; what leads is kept. Sorted by onset, pitch and voice."""
    per_beat = max(1, math.floor(limits.notes_per_beat_max))
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


def guard_loudness(loudness_db: float, limits: Limits) -> float:
    """At most the prescribed loudness; what is no number is silent."""
    wanted = loudness_db if not math.isnan(loudness_db) else SILENT_DB
    return min(max(wanted, SILENT_DB), limits.loudness_max_db)


def guard_share(share: float) -> float:
    """0 to 1; what is no number is 0."""
    return min(max(share, 0.0), 1.0) if not math.isnan(share) else 0.0


def guard_intent(intent: MusicIntent, limits: Limits) -> MusicIntent:
    """The same wish in numbers that the phrasebook and the ramps can follow."""
    low, high = sorted((limits.pitch_min, limits.pitch_max))
    return msgspec.structs.replace(
        intent,
        tempo_bpm=guard_tempo(intent.tempo_bpm, limits),
        density=min(guard_share(intent.density), limits.density_max),
        register_midi=low + (high - low) * guard_share((intent.register_midi - low) / max(1, high - low)),
        loudness_db=guard_loudness(intent.loudness_db, limits),
        brightness=guard_share(intent.brightness),
        articulation=guard_share(intent.articulation),
        tonic_pc=intent.tonic_pc % 12,
    )


class Ramp(NamedTuple):
    """A value on its way to a target in a straight line and at no more than a given slope."""

    start_frame: int
    start: float
    target: float
    slope_per_frame: float

    def at(self, frame: int) -> float:
        reach = self.slope_per_frame * max(0, frame - self.start_frame)
        return min(max(self.target, self.start - reach), self.start + reach)

    def towards(self, target: float, frame: int) -> Ramp:
        """From where it is at `frame` to a new target."""
        return Ramp(frame, self.at(frame), target, self.slope_per_frame)
