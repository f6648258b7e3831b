"""The bass under a melody: roots, thirds where a step leads there, and no octaves or fifths that follow what is sung.

Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from device.messages import Note
from device.music.metre import HALF
from device.music.theory import Chord, nearest_pitch
from device.stage import Random

BASS_MOVES = {1: 0.55, 2: 0.6}
"""How often the bass moves on in mid-bar, by the notes that it is given."""
BASS_ON_THIRD = 0.12
"""How often a bar begins on the third of its chord, where no step leads there."""
BASS_STEPS = 0.7
"""How often a bass takes the third that lies a step away, and the root does not."""
BASS_RANGE = (36, 52)
MIDDLE = 43
"""The pitch that a bass comes back to."""
PERFECT = (0, 7)
"""Semitones above octaves in which the bass does not go along with a voice above it."""
Chords = tuple[Chord, Chord]
"""Of both halves of a bar."""


class Outer(NamedTuple):
    """The bass and a voice above it at a moment; None before they began."""

    bass: int | None
    upper: int | None

    def goes_along(self, other: Outer) -> bool:
        """Whether both move from one octave or fifth to the next in one direction."""
        if self.bass is None or self.upper is None or other.bass is None or other.upper is None:
            return False
        same = (self.upper - self.bass) % 12 == (other.upper - other.bass) % 12 in PERFECT
        return same and (other.bass - self.bass) * (other.upper - self.upper) > 0


def bass_line(
    chords: Chords, count: int, bar_ticks: int, melody: Sequence[Note], before: Outer, rng: Random | None
) -> list[Note]:
    """One bass note or two: on the root or, by chance and where a step leads there, on the third.

    It does not go along with the melody in octaves or fifths where another tone is at hand.
    """
    if not count:
        return []
    early, late = (_sung_at(melody, tick, before.upper) for tick in (0, HALF))
    first, others = _tones(chords[0], before, early, rng)
    if chords[0] != chords[1]:
        others = (nearest_pitch(chords[1].root_pc, first, *BASS_RANGE),)
    elif rng.random() > BASS_MOVES[count] if rng else count < 2:
        return [Note(0, bar_ticks, first, 0, "bass")]
    apart = [pitch for pitch in others if not Outer(first, early).goes_along(Outer(pitch, late))] or others
    second = rng.choice(apart) if rng else others[-1]
    return [Note(0, HALF, first, 0, "bass"), Note(HALF, bar_ticks - HALF, second, 0, "bass")]


def countered(bass: Sequence[Note], early: int | None, late: int | None) -> list[Note]:
    """The bass with its second note in the other octave where it goes along with what lies above each of both."""
    notes = list(bass)
    if len(notes) == 2 and Outer(notes[0].pitch, early).goes_along(Outer(notes[1].pitch, late)):
        notes[1] = msgspec.structs.replace(notes[1], pitch=_other_octave(notes[1].pitch))
    return notes


def _tones(chord: Chord, before: Outer, sung: int | None, rng: Random | None) -> tuple[int, tuple[int, ...]]:
    """The tone on which the bass begins a bar, and those to which it may go on."""
    near = MIDDLE if before.bass is None else 0.5 * (before.bass + MIDDLE)
    root, third, fifth = (nearest_pitch(pc, near, *BASS_RANGE) for pc in chord.pitch_classes)
    if rng is None or before.bass is None:
        return root, (third, fifth)
    steps = rng.random() < (BASS_STEPS if _is_nearer(third, root, before.bass) else BASS_ON_THIRD)
    if steps:
        return third, (root,)
    if before.goes_along(Outer(root, sung)):
        root = _other_octave(root)
    return root, (third, fifth)


def _other_octave(pitch: int) -> int:
    """The same tone the other way, where the range has it: what would move along moves against."""
    return next((other for other in (pitch - 12, pitch + 12) if BASS_RANGE[0] <= other <= BASS_RANGE[1]), pitch)


def _sung_at(melody: Sequence[Note], tick: int, before: int | None) -> int | None:
    """The pitch that the melody has come to by a tick."""
    return next((note.pitch for note in reversed(melody) if note.onset_tick <= tick), before)


def _is_nearer(third: int, root: int, last: int) -> bool:
    return 0 < abs(third - last) <= 2 < abs(root - last)
