"""Writes what lies under a melody that follows rules: pads by voice leading, broken chords, a bass.

The phrasebook and the rules share it. Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.config import Preference
from device.messages import Bar, Note
from device.music.playing import BAR_TICKS, BEATS
from device.music.theory import Chord, lead_voices, nearest_pitch, notes_per_beat

BROKEN: dict[int, tuple[int, ...]] = {
    0: (),
    2: (24, 72),
    3: (24, 48, 72),
    4: (12, 36, 60, 84),
    6: (12, 24, 36, 60, 72, 84),
    8: (0, 12, 24, 36, 48, 60, 72, 84),
    12: (0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88),
    16: tuple(range(0, 96, 6)),
}
"""Onsets of the broken chord by number of notes."""
SWINGS = ((0, 1, 2, 3, 2, 1), (0, 2, 1, 3), (3, 2, 1, 0, 1, 2), (0, 1, 2, 1))
"""Orders in which a broken chord visits its tones, low to high."""
INNER_SHARES = {"auto": 1.0, "full": 1.4, "thin": 0.5, "calm": 0.3}
"""How much of the broken chords a wished texture leaves."""


class Counts(NamedTuple):
    """How many notes each voice gets in a bar."""

    melody: int
    inner: int
    bass: int
    pad: int


def share_out(density: float, preference: Preference | None = None) -> Counts:
    """Divide the notes a density stands for among the voices that play."""
    preference = preference or Preference()
    voices = preference.voices
    total = round(notes_per_beat(density) * BEATS)
    pad = 0 if "pad" not in voices else 1 if total < 5 or preference.texture == "thin" else 2 if total < 7 else 3
    bass = 0 if "bass" not in voices else 1 if total < 12 else 2
    melody = 0 if "melody" not in voices else min(6, max(1, round(0.32 * total)))
    left = round(max(0, total - pad - melody - bass) * INNER_SHARES[preference.texture])
    wanted = left or not (pad or bass or melody)
    inner = max((count for count in BROKEN if count <= max(2, left + 1)), default=0)
    return Counts(melody, inner if wanted and "inner" in voices else 0, bass, pad)


def breathing(counts: Counts, melody: int) -> Counts:
    """The same with `melody` notes for the melody, where it plays and is not alone."""
    alone = not (counts.inner or counts.bass or counts.pad)
    return counts if alone or not counts.melody else counts._replace(melody=melody)


def closing_counts(preference: Preference) -> Counts:
    """The last chord: held by all who play."""
    full = Counts(1, 0, 1, 3)
    own = Counts(
        *(count if voice in preference.voices else 0 for voice, count in zip(Counts._fields, full, strict=True))
    )
    return own if any(own) else Counts(0, 3, 0, 0)


def accompany(
    chord: Chord, counts: Counts, swing: Sequence[int], register_midi: float, history: Sequence[Bar]
) -> list[Note]:
    """Pads, broken chord and bass of a bar under a melody around `register_midi`, led on from `history`."""
    middle = min(67, max(55, round(register_midi) - 12))
    voicing = lead_voices(_voicing(history, middle), chord, middle - 9, middle + 7)
    pads = voicing[len(voicing) - counts.pad :]
    notes = [Note(0, BAR_TICKS, pitch, 0, "pad") for pitch in pads]
    ladder = [*voicing, voicing[0] + 12]
    for number, onset in enumerate(BROKEN[counts.inner]):
        pitch = ladder[swing[number % len(swing)]]
        notes.append(Note(onset, 24 if counts.inner <= 8 else 12, pitch, 0, "inner"))
    return notes + _bass(chord, counts.bass, history)


def _bass(chord: Chord, count: int, history: Sequence[Bar]) -> list[Note]:
    last = last_pitch(history, "bass")
    near = 43 if last is None else 0.5 * (last + 43)
    root = nearest_pitch(chord.root_pc, near, 36, 52)
    if count < 2:
        return [Note(0, BAR_TICKS, root, 0, "bass")][:count]
    fifth = nearest_pitch(chord.pitch_classes[2], root + 3, 36, 55)
    return [Note(0, BAR_TICKS // 2, root, 0, "bass"), Note(BAR_TICKS // 2, BAR_TICKS // 2, fifth, 0, "bass")]


def _voicing(history: Sequence[Bar], middle: int) -> tuple[int, ...]:
    """The last full pad chord, unless the register has moved away from it."""
    for bar in reversed(history[-4:]):
        pads = sorted({note.pitch for note in bar.notes if note.voice == "pad"})
        if len(pads) == 3 and abs(pads[1] - middle) <= 7:
            return tuple(pads)
    return (middle - 5, middle, middle + 4)


def last_pitch(history: Sequence[Bar], voice: str) -> int | None:
    """The last note a voice played in the last two bars."""
    for bar in reversed(history[-2:]):
        notes = [note for note in bar.notes if note.voice == voice]
        if notes:
            return max(notes, key=lambda note: note.onset_tick).pitch
    return None
