"""The little music theory that the generators, the tokenizer and the training data share. Pure Python on purpose.

The phrasebook runs inside the audio process, which must stay small: nothing here may import numpy.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import NamedTuple

from device.messages import Mode

VOICES = ("melody", "inner", "bass", "pad")
SCALES: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
HOME: dict[Mode, int] = {"major": 0, "minor": 9}
"""Pitch classes of the tonics in which the composer thinks."""
QUALITIES: dict[str, tuple[int, ...]] = {"maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6)}


NOTES_PER_BEAT = (0.75, 6.0)
"""Onsets per beat that densities 0 and 1 stand for."""


class Chord(NamedTuple):
    root_pc: int
    quality: str

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Root, third and fifth."""
        return tuple((self.root_pc + interval) % 12 for interval in QUALITIES[self.quality])


CHORDS = tuple(Chord(root, quality) for root in range(12) for quality in QUALITIES)


def notes_per_beat(density: float) -> float:
    """Onsets per beat, all voices together, that an intent's density (0 to 1) stands for."""
    least, most = NOTES_PER_BEAT
    return least + (most - least) * min(1.0, max(0.0, density))


def base_velocity(loudness_db: float) -> int:
    """MIDI velocity of an unaccented note.

    The audio side sets the loudness itself; velocity follows it at half its range, for the timbre of soft playing.
    """
    return round(min(96.0, max(40.0, 84.0 + loudness_db)))


def key_shift(tonic_pc: int, mode: Mode) -> int:
    """Semitones from C major or A minor, in which the composer thinks, to the key asked for: -5 to 6."""
    return (tonic_pc - HOME[mode] + 5) % 12 - 5


def in_other_mode(pitch: int, before: Mode, after: Mode) -> int:
    """The same degree in the other of the two home keys, C major and A minor, which lies a third away."""
    if before == after:
        return pitch
    above = (pitch - HOME[before]) % 12
    degree = max(place for place, step in enumerate(SCALES[before]) if step <= above)
    third = 3 if after == "major" else -3
    return pitch + third + SCALES[after][degree] - SCALES[before][degree]


def degree_triad(tonic_pc: int, mode: Mode, degree: int) -> Chord:
    """The triad on a degree (0 to 6) of the scale; the fifth degree of minor is major, as its cadences want."""
    scale = SCALES[mode]
    root = scale[degree % 7]
    third = (scale[(degree + 2) % 7] - root) % 12
    fifth = (scale[(degree + 4) % 7] - root) % 12
    quality = "dim" if fifth == 6 else ("maj" if third == 4 or (mode == "minor" and degree == 4) else "min")
    return Chord((tonic_pc + root) % 12, quality)


def nearest_pitch(pitch_class: int, near: float, low: int = 0, high: int = 127) -> int:
    """The pitch of that class nearest to `near` within `low` to `high` (a range of an octave or more)."""
    pitch = round(near) + (pitch_class - round(near) + 6) % 12 - 6
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def goal_pitch(wish: float, chord: Chord, last: int | None) -> int:
    """A chord tone near `wish` that a melody reaches without a leap from its last pitch, and rather not that again."""
    near = wish if last is None or abs(last - wish) > 9 else 0.55 * wish + 0.45 * last
    tones = [pitch for pitch in range(round(near) - 9, round(near) + 10) if pitch % 12 in chord.pitch_classes]
    return min(tones, key=lambda pitch: abs(pitch - near) + 3.0 * (pitch == last))


def lead_voices(previous: Sequence[int], chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The voicing of `chord` between `low` and `high` that moves least from `previous` and leaves no tone out.

    Three voices need a range of an octave and a half to be sure of one.
    """
    return nearest_first(previous, chord.pitch_classes, low, high)[0]


def nearest_first(previous: Sequence[int], tones: Collection[int], low: int, high: int) -> list[tuple[int, ...]]:
    """Voicings between `low` and `high` that leave none of the tones out, if the voices suffice; least motion first."""
    options = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    voices = sorted(previous)
    full = [
        voicing
        for voicing in itertools.combinations(options, len(voices))
        if len({pitch % 12 for pitch in voicing}) == min(len(voices), len(tones))
    ]
    return sorted(full, key=lambda voicing: sum(abs(a - b) for a, b in zip(voices, voicing, strict=True)))


def detect_chord(weights: Sequence[float], bass_pc: int | None) -> Chord | None:
    """The triad that explains most of twelve pitch-class weights, or None for silence; the bass note hints the root."""
    total = sum(weights)
    if total <= 0.0:
        return None

    def fit(chord: Chord) -> float:
        inside = sum(weights[pc] for pc in chord.pitch_classes)
        covered = sum(weights[pc] > 0.05 * total for pc in chord.pitch_classes)
        penalty = 0.05 * total * (chord.quality == "dim")
        return inside + 0.1 * total * covered + 0.25 * total * (bass_pc == chord.root_pc) - penalty

    return max(CHORDS, key=fit)
