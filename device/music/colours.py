"""Modal colours from bright to dark, and the harmony that belongs to each.

After Ehrlich et al. 2019 (doi 10.1371/journal.pone.0213516), whose rules go from lydian to locrian with valence and
were validated with listeners; locrian, which has no stable home chord, is left out. The two modes of an intent hold
three colours each, so a bar's mode stays what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.messages import Mode, Note
from device.music.theory import Chord


class Colour(NamedTuple):
    """One mode of the church."""

    name: str
    mode: Mode
    darkest: float
    """The lowest valence it stands for."""
    scale: tuple[int, ...]
    """Semitones above the tonic."""
    progressions: tuple[str, ...]
    """Eight chords, a bar each: half a close in the fourth bar, a whole one in the eighth."""
    dominant: str
    """What leads home."""


COLOURS = (
    Colour(
        "lydian", "major", 0.8, (0, 2, 4, 5, 7, 9, 11),
        ("I IV V I I II V I", "I V I IV I II V I", "I II V I IV I V I"), "V",
    ),
    Colour(
        "ionian", "major", 0.25, (0, 2, 4, 5, 7, 9, 11),
        ("I vi IV V I IV V I", "I IV I V vi IV V I", "I iii IV I vi ii V I", "I V vi IV I IV V I"), "V",
    ),
    Colour(
        "mixolydian", "major", -1.0, (0, 2, 4, 5, 7, 9, 10),
        ("I bVII iv v I v iv I", "I v iv bVII I iv v I", "I iv I bVII I v iv I"), "bVII",
    ),
    Colour(
        "dorian", "minor", -0.3, (0, 2, 3, 5, 7, 9, 10),
        ("i IV i v i bIII IV i", "i bIII IV v i IV v i", "i ii i IV bIII IV v i"), "v",
    ),
    Colour(
        "aeolian", "minor", -0.75, (0, 2, 3, 5, 7, 8, 10),
        ("i bVI iv V i bVI V i", "i iv bVII bIII bVI iv V i", "i bVII bVI V i iv V i"), "V",
    ),
    Colour(
        "phrygian", "minor", -1.0, (0, 2, 3, 5, 7, 8, 10),
        ("i bVI bII V i iv V i", "i iv bVI V i bII V i", "i iv V i bVI bII V i"), "V",
    ),
)  # fmt: skip
"""Brightest first, from simple chords to richer and borrowed ones. The lydian fourth and the phrygian second stand in
their own chords alone and the dominant leads home: whole phrases in those modes are heard as other keys, phrygian as a
major one (measured by key profiles)."""
ROOTS = {"i": 0, "bii": 1, "ii": 2, "biii": 3, "iii": 4, "iv": 5, "v": 7, "bvi": 8, "vi": 9, "bvii": 10}
HELD_WEIGHT = 0.35
"""How much the chord that a progression has in a bar counts against the notes that lie there, which sum to 1."""


def mood_colour(valence: float, mode: Mode) -> Colour:
    """The colour of a mode for a valence of -1 (dark) to 1 (bright)."""
    own = [colour for colour in COLOURS if colour.mode == mode]
    return next((colour for colour in own if valence >= colour.darkest), own[-1])


def chord_named(numeral: str, tonic_pc: int) -> Chord:
    """The triad that a roman numeral stands for: upper case major, lower case minor, b a semitone lower."""
    quality = "maj" if numeral.removeprefix("b").isupper() else "min"
    return Chord((tonic_pc + ROOTS[numeral.lower()]) % 12, quality)


def palette(colour: Colour) -> list[str]:
    """Every chord of the colour's progressions."""
    return sorted({numeral for line in colour.progressions for numeral in line.split()})


def harmonise(bars: Sequence[Sequence[Note]], colour: Colour, progression: Sequence[str]) -> tuple[str, ...]:
    """A chord for each bar of a melody in C or A: the one that holds most of it, close to the progression; home last.

    Notes are weighted by their length; the tonic of the bars is C in major, A in minor.
    """
    home = 0 if colour.mode == "major" else 9

    def fit(numeral: str, bar: Sequence[Note], planned: str) -> float:
        total = sum(note.duration_tick for note in bar)
        tones = chord_named(numeral, home).pitch_classes
        inside = sum(note.duration_tick for note in bar if note.pitch % 12 in tones)
        return inside / max(1, total) + HELD_WEIGHT * (numeral == planned)

    chosen = [
        max(palette(colour), key=lambda numeral, bar=bar, planned=planned: fit(numeral, bar, planned))  # type: ignore[misc]
        for bar, planned in zip(bars, progression, strict=True)
    ]
    return (*chosen[:-1], progression[-1])
