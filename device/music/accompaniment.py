"""Writes what lies under a melody that follows rules: pads by voice leading, broken chords, a bass.

The phrasebook and the rules share it. Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.config import Preference
from device.messages import TICKS_PER_BEAT, Bar, Metre, MusicIntent, Note
from device.music.activity import MELODY_SHARE
from device.music.bass import Chords, Outer, bass_line, countered
from device.music.metre import HALF, LAYOUTS
from device.music.pads import hold, pads_before, part, suspend, turn
from device.music.theory import Chord, lead_voices, notes_per_beat
from device.stage import Random

BROKEN: dict[Metre, dict[int, tuple[int, ...]]] = {
    "4/4": {
        0: (),
        2: (24, 72),
        3: (24, 48, 72),
        4: (12, 36, 60, 84),
        6: (12, 24, 36, 60, 72, 84),
        8: (0, 12, 24, 36, 48, 60, 72, 84),
        12: (0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88),
        16: tuple(range(0, 96, 6)),
    },
    "3/4": {
        0: (),
        2: (24, 48),
        3: (24, 36, 48),
        4: (24, 24, 48, 48),
        5: (12, 24, 36, 48, 60),
        6: (0, 12, 24, 36, 48, 60),
        9: (0, 8, 16, 24, 32, 40, 48, 56, 64),
        12: tuple(range(0, 72, 6)),
    },
    "6/8": {
        0: (),
        2: (16, 64),
        4: (16, 24, 64, 72),
        6: (16, 24, 40, 64, 72, 88),
        8: (8, 16, 32, 40, 56, 64, 80, 88),
        12: (0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88),
        16: (0, 8, 8, 16, 24, 32, 32, 40, 48, 56, 56, 64, 72, 80, 80, 88),
    },
}
"""Onsets of the broken chord by number of notes: in three after the bass as in a waltz, with pairs where they are four,
in 6/8 rocking between it and the beats."""
SWINGS = ((0, 1, 2, 3, 2, 1), (0, 2, 1, 3), (3, 2, 1, 0, 1, 2), (0, 1, 2, 1))
"""Orders in which a broken chord visits its tones, low to high."""
ROCKING: frozenset[Metre] = frozenset({"3/4", "6/8"})
ROCKED = frozenset({"auto", "full"})
"""Metres that are heard by what answers the bass, so that it plays in these textures, however calm it is."""
FOOTINGS = ((1, 0, 2, 1, 0, 2, 1, 0), (1, 2, 0, 1, 2, 1, 0, 1), (0, 1, 2, 1, 0, 2, 0, 1))
"""The tone of the chord at which the broken chords of a section's bars begin, counted from below its voicing."""
OTHER_SWING = 2
"""The bar of each phrase that has another order of tones: one figure in every bar wears out."""
INNER_SHARES = {"auto": 1.0, "full": 1.4, "thin": 0.5, "calm": 0.3}
"""How much of the broken chords a wished texture leaves."""
TENOR = (55, 60, 64)
"""Where a broken chord lies if no pads tell it."""
RUBBING = (1, 13)
"""Semitones."""
HIGHEST = 127


class Figure(NamedTuple):
    """How the inner voice breaks the chord in one bar."""

    swing: tuple[int, ...]
    footing: int
    """Place of its lowest tone among those of the chord, from the one below the voicing."""


def figure_of(rng: Random, bar: int) -> Figure:
    """The figure of a bar (0 to 7) of the section that `rng` stands for."""
    usual, other = rng.sample(SWINGS, 2)
    return Figure(other if bar % 4 == OTHER_SWING else usual, rng.choice(FOOTINGS)[bar])


class Counts(NamedTuple):
    """How many notes each voice gets in a bar."""

    melody: int
    inner: int
    bass: int
    pad: int


def share_out(density: float, metre: Metre, preference: Preference | None = None, melody: int | None = None) -> Counts:
    """Divide the notes a density stands for among the voices that play; the inner one takes what the melody leaves.

    The melody has as many as `activity` says, unless it is alone.
    """
    preference = preference or Preference()
    voices = preference.voices
    in_four, total = (round(notes_per_beat(density) * beats) for beats in (4, LAYOUTS[metre].beats))
    pad = 0 if "pad" not in voices else 1 if in_four < 5 or preference.texture == "thin" else 2 if in_four < 7 else 3
    bass = 0 if "bass" not in voices else 1 if in_four < 12 else 2
    if melody is None or len(voices) == 1:
        melody = min(6, max(1, round(MELODY_SHARE * total)))
    if "melody" not in voices:
        melody = 0
    left = round(max(0, total - pad - melody - bass) * INNER_SHARES[preference.texture])
    rocks = metre in ROCKING and preference.texture in ROCKED
    wanted = left or rocks or not (pad or bass or melody)
    inner = max((count for count in BROKEN[metre] if count <= max(2, left + 1)), default=0)
    return Counts(melody, inner if wanted and "inner" in voices else 0, bass, pad)


def counts_of(intent: MusicIntent, preference: Preference, melody: int | None) -> Counts:
    """The notes of each voice in a bar whose melody was planned to have so many; None: a theme says itself."""
    if intent.final:
        return closing_counts(preference)
    return share_out(intent.density, intent.metre, preference, melody)


def closing_counts(preference: Preference) -> Counts:
    """The last chord: held by all who play."""
    full = Counts(1, 0, 1, 3)
    own = Counts(
        *(count if voice in preference.voices else 0 for voice, count in zip(Counts._fields, full, strict=True))
    )
    return own if any(own) else Counts(0, 3, 0, 0)


class Setting(NamedTuple):
    """What is given of a bar before anything lies under its melody."""

    chords: Chords
    counts: Counts
    metre: Metre
    figure: Figure
    history: Sequence[Bar]
    closes: bool = False
    """Whether a phrase closes here."""
    tonic_pc: int | None = None
    """The key's tonic; where it is another than before, the pads go on by step before all else."""

    @property
    def enters_key(self) -> bool:
        """Whether the music comes into another key."""
        return self.tonic_pc is not None and bool(self.history) and self.history[-1].tonic_pc != self.tonic_pc


def accompany(melody: Sequence[Note], register_midi: float, setting: Setting, rng: Random | None) -> list[Note]:
    """Pads, broken chord and bass of a bar under a melody around `register_midi`, led on from what was before."""
    pads = bed(setting.chords[0], setting.metre, register_midi, setting.history)
    return lay_under(melody, pads[len(pads) - setting.counts.pad :], setting, rng)


def bed(chord: Chord, metre: Metre, register_midi: float, history: Sequence[Bar]) -> list[Note]:
    """Three pads of a chord for a whole bar under a melody around `register_midi`, low to high, led on from before."""
    middle = min(67, max(50, round(register_midi) - 12))
    voicing = lead_voices(_voicing(history, middle), chord, middle - 9, middle + 7)
    return [Note(0, LAYOUTS[metre].ticks, pitch, 0, "pad") for pitch in voicing]


def lay_under(melody: Sequence[Note], pads: Sequence[Note], setting: Setting, rng: Random | None) -> list[Note]:
    """The pads that stand on the first chord as they go through the bar, with a broken chord and a bass.

    Where a phrase closes the bass keeps to the roots; without chance nothing moves, as at the end. Bass and pads do not
    go along in octaves or fifths, and pads lie below the melody, but where they step into another key.
    """
    chords, ticks, before = setting.chords, LAYOUTS[setting.metre].ticks, pads_before(setting.history)
    low, sung = (last_pitch(setting.history, voice) for voice in ("bass", "melody"))
    bass = bass_line(chords, setting.counts.bass, ticks, melody, Outer(low, sung), None if setting.closes else rng)
    below = HIGHEST if setting.enters_key else min((note.pitch for note in melody), default=HIGHEST) - 1
    pads = part(hold(pads, ticks), bass, Outer(low, before[-1] if before else None), below)
    if chords[0] != chords[1]:
        pads = turn(pads, chords[1])
    bass = countered(bass, *(max(_sounding(pads, tick), default=None) for tick in (0, HALF)))
    if rng:
        pads = suspend(pads, [*melody, *bass], chords[0], before, rng)
    return [*pads, *_inner(melody, pads, setting), *bass]


def _inner(melody: Sequence[Note], pads: Sequence[Note], setting: Setting) -> list[Note]:
    """The broken chords of both halves of the bar, over the pads that sound there."""
    onsets, halves = BROKEN[setting.metre][setting.counts.inner], zip((0, HALF), setting.chords, strict=True)
    # Fewer than three pads are no chord.
    voicings = [found if len(found := _sounding(pads, tick)) > 2 else _close_position(chord) for tick, chord in halves]
    early, late = (broken_chord(voicing, onsets, setting.figure, melody) for voicing in voicings)
    return [*(note for note in early if note.onset_tick < HALF), *(note for note in late if note.onset_tick >= HALF)]


def _sounding(pads: Sequence[Note], tick: int) -> list[int]:
    """Pitches of the pads that sound at a tick, low to high."""
    return sorted({note.pitch for note in pads if note.onset_tick <= tick < note.onset_tick + note.duration_tick})


def _close_position(chord: Chord) -> tuple[int, ...]:
    return lead_voices(TENOR, chord, TENOR[0] - 5, TENOR[-1] + 5)


def broken_chord(
    voicing: Sequence[int], onsets: Sequence[int], figure: Figure, melody: Sequence[Note] = ()
) -> list[Note]:
    """The inner voice: a note for each onset, over a chord's tones and their octaves, that does not rub the melody."""
    ladder = [voicing[-1] - 12, *voicing, voicing[0] + 12, voicing[1] + 12]
    length = TICKS_PER_BEAT if len(onsets) <= 8 else TICKS_PER_BEAT // 2
    lowest = min((note.pitch for note in melody), default=HIGHEST)
    below = [place for place in range(figure.footing + 1) if ladder[place + max(figure.swing)] < lowest]
    footing = max(below, default=0)
    notes: list[Note] = []
    for number, onset in enumerate(onsets):
        sung = [note.pitch for note in melody if onset - note.duration_tick < note.onset_tick < onset + length]
        place = footing + figure.swing[number % len(figure.swing)]
        tones = [ladder[place - lower] for lower in range(place + 1)]
        pitch = next((tone for tone in tones if not _rubs(tone, sung)), tones[0])
        notes.append(Note(onset, length, pitch, 0, "inner"))
    return notes


def _rubs(pitch: int, sung: Sequence[int]) -> bool:
    """Whether a pitch is a minor second or ninth from one that is sung, or not below it."""
    return any(above <= pitch or above - pitch in RUBBING for above in sung)


def _voicing(history: Sequence[Bar], middle: int) -> tuple[int, ...]:
    """The last full pad chord that a bar ended with, unless the register has moved away from it."""
    for bar in reversed(history[-4:]):
        pads = pads_before([bar])
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
