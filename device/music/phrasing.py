"""Plans how a melody goes through the bars of a section, and holds its notes: the same for every generator.

A pure function of seed and section, so that a section that returns returns as it was. How many notes a bar has is
`activity`'s. Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from device.expression import CUES
from device.messages import TICKS_PER_BEAT, Note
from device.music.activity import PHRASE_BARS
from device.music.form import SECTION_BARS
from device.music.metre import HALF
from device.music.playing import ends_bar
from device.music.theory import Chord
from device.stage import keyed_random

ARCHES = (
    (-3.5, -0.5, 2.0, -0.5, 2.0, 6.0, 0.0, -4.0),
    (-4.0, -0.5, 3.5, 1.0, 5.0, 1.5, -0.5, -4.0),
    (-0.5, 3.0, 0.5, -3.0, 1.5, 5.0, 1.0, -4.0),
)
"""Semitones by which the bars of a section lie above the register: an arch, and one that breathes twice."""
LATE = 0.2
"""How often a bar's melody may enter late: a breath inside a phrase."""
OCTAVE = 12
LEGATO = 0.8
"""Articulation from which every note of a melody is held to the next."""


class Line(NamedTuple):
    """What the melody of one bar is asked for."""

    lift: float = 0.0
    """Semitones above the register."""
    is_late: bool = True
    """Whether it may enter after the bar's beginning."""


def line_of(seed: int, section: str, movement: int, bar: int, valence: float = 0.0) -> Line:
    """The line that the bar (0 to 7) of a section asks for: its phrases rise where it is pleasant, else they fall."""
    rng = keyed_random(seed, f"line-{section}", movement)
    rise = CUES["contour_semitones"].bounded(valence, 0.0)
    lift = rng.choice(ARCHES)[bar] + rise * (bar % PHRASE_BARS / (PHRASE_BARS - 1) - 0.5)
    late = [rng.random() < LATE for _ in range(SECTION_BARS)]
    return Line(lift, late[bar])


def singable(melody: Sequence[Note], last: int | None) -> list[Note]:
    """A melody after the pitch `last` without leaps beyond an octave: what would leap so is sung an octave nearer."""
    sung: list[Note] = []
    for note in melody:
        leap = 0 if last is None else note.pitch - last
        near = note.pitch - 12 * (leap > OCTAVE) + 12 * (leap < -OCTAVE)
        sung.append(msgspec.structs.replace(note, pitch=near))
        last = near
    return sung


def settled(melody: Sequence[Note], chords: tuple[Chord, Chord]) -> list[Note]:
    """The melody with held notes brought down to a tone of their chord that they stand a semitone above.

    In passing such a note leads on; held, it rubs for as long as it lasts.
    """
    return [
        msgspec.structs.replace(note, pitch=note.pitch - _stands_above(note, chords[note.onset_tick >= HALF]))
        for note in melody
    ]


def _stands_above(note: Note, chord: Chord) -> bool:
    tones, is_held = chord.pitch_classes, note.duration_tick >= TICKS_PER_BEAT
    return is_held and note.pitch % 12 not in tones and (note.pitch - 1) % 12 in tones


def sustain(melody: Sequence[Note], bar_ticks: int, articulation: float) -> list[Note]:
    """The melody of a bar held: to the next or its end where it is calm, else over all rests that are no breath.

    A last note with a beat or more left is held to the end of the bar in any case.
    """
    onsets = sorted({note.onset_tick for note in melody})
    following = dict(itertools.pairwise([*onsets, bar_ticks]))
    breath = 0 if articulation >= LEGATO else TICKS_PER_BEAT
    return [_held(note, following[note.onset_tick] - note.onset_tick, breath, bar_ticks) for note in melody]


def _held(note: Note, room_tick: int, breath_tick: int, bar_ticks: int) -> Note:
    is_silent = room_tick - note.duration_tick > breath_tick or ends_bar(note.onset_tick, room_tick, bar_ticks)
    return msgspec.structs.replace(note, duration_tick=room_tick) if is_silent else note
