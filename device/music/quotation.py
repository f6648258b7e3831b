"""States the listener's own melody note for note when the music begins; afterwards every generator varies it.

What is asked of the mood still chooses key, mode, tempo, loudness and all that accompanies. Pure Python: the phrasebook
needs it inside the audio process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from device.config import SessionConfig, Theme
from device.messages import Mode, MusicIntent, Note
from device.music.colours import COLOURS, chord_named, harmonise
from device.music.form import SECTION_BARS
from device.music.metre import LAYOUTS
from device.music.theory import Chord, in_other_mode, key_shift
from device.music.tokens import LENGTHS, RANGES, RING_TICKS, snap
from device.stage import keyed_random

STATED_BARS = 2 * SECTION_BARS
"""Most bars of a melody that are stated: two sections, which lie in one key."""
REGISTER = 69.0
"""The melody is moved by octaves to lie around this pitch, whatever the key."""
LOWEST, HIGHEST = RANGES["melody"]
"""It stays within the melody's range, in its home key as where it sounds."""
PLAIN = {colour.mode: colour for colour in COLOURS if colour.name in ("ionian", "aeolian")}
"""The harmony that songs of either mode have: borrowed chords would make a known melody another one."""


class Quotation(NamedTuple):
    """A bar of the melody and the chord that holds it, in C major or A minor."""

    notes: tuple[Note, ...]
    """None where the melody rests."""
    chord: Chord
    shift: int
    """Semitones up to the key asked for."""

    @property
    def sounding(self) -> list[Note]:
        """The notes at sounding pitch."""
        return [msgspec.structs.replace(note, pitch=note.pitch + self.shift) for note in self.notes]

    @property
    def sounding_chord(self) -> Chord:
        return Chord((self.chord.root_pc + self.shift) % 12, self.chord.quality)


def quote(config: SessionConfig, intent: MusicIntent) -> Quotation | None:
    """What of the listener's melody is stated in a bar; None where none is, it is over, or the piece ends."""
    theme, index = config.theme, intent.bar_index
    voices = config.prescription.preference.voices
    if theme is None or theme.metre != intent.metre or index >= stated_bars(theme):
        return None
    if intent.final or "melody" not in voices:
        return None
    bars = [[_in_mode(note, theme.mode, intent.mode) for note in bar] for bar in theme.bars[:STATED_BARS]]
    shift = key_shift(intent.tonic_pc, intent.mode)
    octaves = _octaves([note.pitch for bar in bars for note in bar], shift)
    notes = tuple(_placed(note, octaves, LAYOUTS[theme.metre].ticks) for note in bars[index])
    return Quotation(notes, _chord(config.seed, bars, index, intent.mode), shift)


def stated_bars(theme: Theme | None) -> int:
    """How many bars the statement lasts."""
    return 0 if theme is None else min(len(theme.bars), STATED_BARS)


def _in_mode(note: Note, before: Mode, after: Mode) -> Note:
    return msgspec.structs.replace(note, pitch=in_other_mode(note.pitch, before, after))


def _octaves(pitches: Sequence[int], shift: int) -> int:
    """Semitones, whole octaves, that bring a line in its home key nearest to the register and leave it in range."""
    middle = sorted(pitches)[len(pitches) // 2] + shift if pitches else REGISTER

    def worth(move: int) -> tuple[int, float]:
        placed = [pitch + move + above for pitch in pitches for above in (0, shift)]
        outside = sum(not LOWEST <= pitch <= HIGHEST for pitch in placed)
        return outside, abs(middle + move - REGISTER)

    return min((-24, -12, 0, 12, 24), key=worth)


def _placed(note: Note, octaves: int, bar_ticks: int) -> Note:
    pitch = note.pitch + octaves
    while pitch < LOWEST:
        pitch += 12
    while pitch > HIGHEST:
        pitch -= 12
    ends = bar_ticks + RING_TICKS - note.onset_tick
    length = snap(note.duration_tick, [ticks for ticks in LENGTHS if ticks <= ends])
    return msgspec.structs.replace(note, pitch=pitch, duration_tick=length)


def _chord(seed: int, bars: Sequence[Sequence[Note]], index: int, mode: Mode) -> Chord:
    """The chord of a bar: what holds its melody, near to a progression that the seed chose."""
    colour, section = PLAIN[mode], index - index % SECTION_BARS
    progression = keyed_random(seed, "quotation", section).choice(colour.progressions).split()
    here = [*bars[section : section + SECTION_BARS], *[()] * SECTION_BARS][:SECTION_BARS]
    return chord_named(harmonise(here, colour, progression)[index - section], 0 if mode == "major" else 9)
