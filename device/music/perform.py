"""Plays notes that are composed already in another manner: fewer, longer or shorter, harder or softer, pedalled.

What was composed for one manner is heard in another a moment later, when a wish comes in the middle of a bar. Fewer
notes are always a part of more, so that the way back brings the same notes again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from device.messages import TICKS_PER_BEAT, Manner, Note
from device.music.metre import Layout
from device.music.playing import PEDAL_VOICES, SHORTEST_TICKS, SOFTEST
from device.music.theory import base_velocity

SPARSEST = 0.3
"""The least share of a bar's notes that is left, however sparse it is to be: a bar is not emptied by thinning."""
LEADS = {"melody": 2, "bass": 2, "pad": 1, "inner": 0}
"""What a voice adds to the metrical weight of a note: what leads is left out last."""
PEDALLED_VOICES = frozenset({"inner"})
PEDAL_ARTICULATION = 0.8
"""Articulation from which the accompaniment is played with the pedal."""
HARMONY_TICKS = TICKS_PER_BEAT // 2
"""The harmony is taken to change where the bass comes to another note on this grid."""
LENGTHS = (0.3, 3.0)
"""A note's length is changed by no more than this: from staccato to legato and back."""
LINES = frozenset({"melody", "bass"})
"""Voices that sound one note after the other."""


class Touch(NamedTuple):
    """What a manner makes of a single note."""

    duration_tick: int
    sounds: bool


def perform(notes: Sequence[Note], layout: Layout, composed: Manner | None, wanted: Manner) -> list[Touch]:
    """How each note of a bar is played in the wanted manner, in the order given; in the composed one, as written."""
    if composed is None or not notes:
        return [Touch(note.duration_tick, sounds=True) for note in notes]
    kept = thin(notes, layout, _ratio(wanted.density, composed.density))
    ratio = min(max(_ratio(wanted.articulation, composed.articulation), LENGTHS[0]), LENGTHS[1])
    return [Touch(_length(note, notes, ratio), place in kept) for place, note in enumerate(notes)]


def _ratio(wanted: float, composed: float) -> float:
    return wanted / composed if composed > 0.0 else 1.0


def thin(notes: Sequence[Note], layout: Layout, share: float) -> set[int]:
    """Places of the notes that are left of `notes` when only a share of them is to sound; all of them from 1 on."""
    count = math.ceil(len(notes) * min(1.0, max(SPARSEST, share)) - 1e-9)
    by_weight = sorted(range(len(notes)), key=lambda place: (-_weight(notes[place], layout), place))
    return set(by_weight[:count])


def _weight(note: Note, layout: Layout) -> int:
    """Weight of a note: its place in the bar's metre and the voice it belongs to."""
    return layout.weight(note.onset_tick) + LEADS[note.voice]


def _length(note: Note, notes: Sequence[Note], ratio: float) -> int:
    """Length of a note: it grows only up to the next of its line (or pitch), never for a voice that is always held."""
    if ratio == 1.0 or note.voice in PEDAL_VOICES:
        return note.duration_tick
    wanted = round(note.duration_tick * ratio)
    if wanted > note.duration_tick:
        line = note.voice in LINES
        again = (n.onset_tick for n in notes if n.voice == note.voice and (line or n.pitch == note.pitch))
        room = min((tick - note.onset_tick for tick in again if tick > note.onset_tick), default=wanted)
        wanted = max(note.duration_tick, min(wanted, room))
    return max(min(SHORTEST_TICKS, note.duration_tick), wanted)


def velocity_in(note: Note, composed: Manner | None, loudness_db: float) -> int:
    """The velocity of a note that was meant for one loudness and is struck at another, 1 to 127."""
    if composed is None:
        return note.velocity
    shift = base_velocity(loudness_db) - base_velocity(composed.loudness_db)
    return min(127, max(min(SOFTEST, note.velocity), note.velocity + shift))


def pedal_ticks(notes: Sequence[Note], articulation: float) -> tuple[int, ...]:
    """Ticks at which the pedal is lifted and pressed again: at the start and with the harmony; none: it stays up."""
    if articulation < PEDAL_ARTICULATION:
        return ()
    basses = sorted((note.onset_tick, note.pitch) for note in notes if note.voice == "bass")
    ticks, sounding = [0], None
    for tick, pitch in basses:
        if sounding is not None and pitch % 12 != sounding and tick % HARMONY_TICKS == 0 and tick > ticks[-1]:
            ticks.append(tick)
        sounding = pitch % 12
    return tuple(ticks)
