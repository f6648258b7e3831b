"""Makes played notes of composed ones: key, dynamics and articulation, and the bar that carries them.

It is pure Python, as it also runs inside the audio process, with the phrasebook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

import msgspec

from device.config import Limits, Prescription, SessionConfig
from device.expression import CUES
from device.messages import TICKS_PER_BEAT, Bar, Manner, MusicIntent, Note
from device.music.breath import arc_db, rubato_of, swollen, velocity_beside
from device.music.metre import LAYOUTS
from device.music.theory import base_velocity
from device.stage import Random

DEFAULT_PROGRAMS = {"melody": 0, "inner": 0, "bass": 32, "pad": 89}
GENTLE_PROGRAMS = {
    "melody": (0, 11, 73, 46, 4, 71),
    "inner": (0, 46, 24, 11, 4),
    "bass": (32, 43, 35, 42, 0),
    "pad": (89, 48, 52, 91, 19),
}
"""Instruments that take the place of one the listener never wants, for each voice: the first that is left."""
VOICE_LEVEL = {"melody": 4, "inner": -10, "bass": -4, "pad": -14}
PEDAL_VOICES = frozenset({"pad"})
SOFTEST = 24
HELD = 0.9
"""Share of the rest of the bar for which the melody's last note sounds, however detached the music is."""
LEAST = 0.4
"""Strength of a voice that should not play, in a bar where no other does."""
REST = "rest"
"""Stands for the generator of a bar that is silent because that was asked."""
SHORTEST_TICKS = 3
RINGING_TICKS = 12 * TICKS_PER_BEAT
"""The last chord is held for so long, while it fades: nine seconds at most tempi."""


def programs_of(prescription: Prescription) -> dict[str, int]:
    """An instrument for every voice, none of them one the listener never wants."""
    wanted = DEFAULT_PROGRAMS | prescription.programs
    never = set(prescription.never_programs)
    programs: dict[str, int] = {}
    for voice, gentle in GENTLE_PROGRAMS.items():
        options = (wanted[voice], *gentle, *range(128))
        programs[voice] = next((program for program in options if program not in never), wanted[voice])
    return programs


def play(notes: Iterable[Note], intent: MusicIntent, limits: Limits, rng: Random) -> tuple[Note, ...]:
    """Give written notes (at sounding pitch) their velocity and length; at most one of a pitch sounds per voice."""
    written = sorted({(note.voice, note.onset_tick, note.pitch): note for note in notes}.values(), key=_order)
    heights = {
        voice: mean(note.pitch for note in written if note.voice == voice) for voice in {n.voice for n in written}
    }
    played = [
        Note(
            note.onset_tick,
            _length(note, written, intent),
            into_range(note.pitch, limits.pitch_min, limits.pitch_max),
            min(limits.velocity_max, _velocity(note, heights[note.voice], intent, rng)),
            note.voice,
        )
        for note in written
    ]
    return tuple(sorted(played, key=_order))


def _order(note: Note) -> tuple[int, str, int]:
    return note.onset_tick, note.voice, note.pitch


def _velocity(note: Note, mean_pitch: float, intent: MusicIntent, rng: Random) -> int:
    layout, octaves_above = LAYOUTS[intent.metre], (note.pitch - mean_pitch) / 12.0
    depth = CUES["touch"].bounded(intent.target_valence, intent.target_arousal)
    own = velocity_beside(note.voice, layout.weight(note.onset_tick), octaves_above, depth, rng)
    level = base_velocity(intent.loudness_db) + VOICE_LEVEL[note.voice] + own
    return max(SOFTEST, round(swollen(level, arc_db(intent.bar_index, note.onset_tick / layout.ticks))))


def _length(note: Note, written: Sequence[Note], intent: MusicIntent) -> int:
    """The written length, cut where the voice strikes that pitch (or, in a line, any pitch) again, then articulated."""
    line = note.voice in {"melody", "bass"}
    again = (n.onset_tick for n in written if n.voice == note.voice and (line or n.pitch == note.pitch))
    room = min((tick - note.onset_tick for tick in again if tick > note.onset_tick), default=note.duration_tick)
    if intent.final and room == note.duration_tick:
        return RINGING_TICKS - note.onset_tick
    length = min(note.duration_tick, room)
    is_held = note.voice == "melody" and ends_bar(note.onset_tick, length, LAYOUTS[intent.metre].ticks)
    share = min(1.0, max(HELD if is_held else 0.2, intent.articulation))
    return max(SHORTEST_TICKS, round(length * (1.0 if note.voice in PEDAL_VOICES or intent.final else share)))


def ends_bar(onset_tick: int, length_tick: int, bar_ticks: int) -> bool:
    """Whether a note lasts a beat or more up to the end of its bar: people hold such a note of a melody."""
    return length_tick >= TICKS_PER_BEAT and onset_tick + length_tick == bar_ticks


def into_range(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves between two pitches at least an octave apart."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return max(low, pitch)


def make_bar(
    intent: MusicIntent, notes: tuple[Note, ...], config: SessionConfig, generator: str, *, reason: str = ""
) -> Bar:
    """The bar an intent asked for: its tempo, key and mode exactly, the instruments of the prescription."""
    return Bar(
        t_ns=intent.t_ns,
        bar_index=intent.bar_index,
        beats=LAYOUTS[intent.metre].beats,
        metre=intent.metre,
        tempo_bpm=intent.tempo_bpm,
        tonic_pc=intent.tonic_pc,
        mode=intent.mode,
        programs=programs_of(config.prescription),
        notes=notes,
        generator=generator,
        seed=config.seed,
        intent_revision=intent.revision,
        rubato=rubato_of(intent.bar_index, final=intent.final),
        manner=Manner(intent.loudness_db, intent.density, intent.articulation),
        reason=reason,
    )


def rest_bar(intent: MusicIntent, config: SessionConfig) -> Bar:
    """The bar without notes that an intent which is silent asks for."""
    bar = make_bar(intent, (), config, REST, reason="a rest, as was asked")
    return msgspec.structs.replace(bar, silent=True, manner=None, rubato=1.0)


def balanced(notes: Iterable[Note], levels: Mapping[str, float]) -> list[Note]:
    """The notes with voices as strong as their `levels` say, 1 where nothing is said; those at 0 are left out.

    A bar that only such voices play keeps them, at their softest: it was not meant to be a rest.
    """
    given = list(notes)
    kept = [note for note in given if levels.get(note.voice, 1.0) > 0.0]
    return [
        msgspec.structs.replace(note, velocity=max(1, round(note.velocity * (levels.get(note.voice, 1.0) or LEAST))))
        for note in kept or given
    ]
