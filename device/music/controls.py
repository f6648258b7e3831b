"""Names what a bar is told to be, or was measured to be: classes that steer the composer, one set per bar.

They are no tokens. Every token of a bar carries them as a sum of embeddings, so they cost no context and reach every
decision (Sulun et al. 2022, doi 10.1109/ACCESS.2022.3169744, found the same for valence and arousal). None: not told.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from device.messages import Mode, Note
from device.music.theory import HOME, SCALES, VOICES, Chord

BEATS = (3, 4)
MODES: tuple[Mode, ...] = ("major", "minor")
STYLES = ("song", "lied")
"""Kind of music that the texture comes from: popular song or art song."""
TEXTURES = ("full", "thin", "calm")
CLOSES = ("none", "half", "full")
LIKENESS = ("new", "loose", "varied", "close")
"""How much of the melody of the bar it refers to a bar takes up."""
LIKENESS_EDGES = (0.3, 0.55, 0.85)
N_PLACES = 8
CLARITY_EDGES = (0.8, 0.95)
"""Share of the sounding time that lies in the scale of the mode: how clear the key is."""
MOST_CHORDS = 2
COLOUR_EDGES = (0.2, 0.4, 0.6, 0.8)
"""Share of major triads among the major and minor ones around the bar: how bright its harmony is."""
TEMPO_EDGES_BPM = (52.0, 60.0, 68.0, 78.0, 90.0, 104.0, 124.0)
DENSITY_EDGES = (0.6, 1.0, 1.5, 2.0, 2.6, 3.3, 4.2, 5.2, 6.5)
"""Notes per beat, all voices."""
REGISTER_EDGES_MIDI = (60.0, 63.0, 66.0, 69.0, 72.0, 75.0, 79.0)
"""Mean pitch of the upper line, in C major or A minor."""
LOUDNESS_EDGES = (48.0, 56.0, 64.0, 72.0, 80.0, 90.0)
"""Mean velocity."""
LEAP_EDGES = (1.3, 2.1, 3.2)
"""Mean melodic interval inside the bar, in semitones."""
DISSONANCE_EDGES = (0.06, 0.14, 0.24)
ROUGH_INTERVALS = {1: 1.0, 2: 0.6, 6: 0.6, 10: 0.4, 11: 0.8}
"""How rough an interval class sounds, after the order of Hutchinson and Knopoff 1978."""


class Controls(NamedTuple):
    """Classes of one bar; None: not told (never for `meter`)."""

    meter: int
    mode: int | None = None
    clarity: int | None = None
    colour: int | None = None
    rhythm: int | None = None
    """Harmonic rhythm: chords in the bar, less one."""
    tempo: int | None = None
    density: int | None = None
    register: int | None = None
    loudness: int | None = None
    leaps: int | None = None
    dissonance: int | None = None
    voices: int | None = None
    """Which voices sound: a bit for each of `theory.VOICES`."""
    style: int | None = None
    texture: int | None = None
    close: int | None = None
    """Whether a phrase closes here, by half or fully."""
    place: int | None = None
    """Bars since the last close, at most 7."""
    likeness: int | None = None
    """How much of the referred bar returns; told only together with a reference."""


CONTROL_SIZES: dict[str, int] = dict(
    zip(
        Controls._fields,
        (
            len(BEATS),
            len(MODES),
            len(CLARITY_EDGES) + 1,
            len(COLOUR_EDGES) + 1,
            MOST_CHORDS,
            len(TEMPO_EDGES_BPM) + 1,
            len(DENSITY_EDGES) + 1,
            len(REGISTER_EDGES_MIDI) + 1,
            len(LOUDNESS_EDGES) + 1,
            len(LEAP_EDGES) + 1,
            len(DISSONANCE_EDGES) + 1,
            2 ** len(VOICES),
            len(STYLES),
            len(TEXTURES),
            len(CLOSES),
            N_PLACES,
            len(LIKENESS),
        ),
        strict=True,
    )
)


def describe(notes: Sequence[Note], beats: int, tempo_bpm: float, mode: Mode) -> Controls:
    """Measure what one bar in C major or A minor tells by itself: one of the corpus, or one that is continued."""
    velocity = sum(note.velocity for note in notes) / len(notes) if notes else LOUDNESS_EDGES[0]
    register = upper_line(notes)
    leaps = mean_interval(notes)
    return Controls(
        meter=BEATS.index(beats),
        mode=MODES.index(mode),
        clarity=bisect.bisect(CLARITY_EDGES, in_scale(notes, mode)),
        tempo=bisect.bisect(TEMPO_EDGES_BPM, tempo_bpm),
        density=bisect.bisect(DENSITY_EDGES, len(notes) / beats),
        register=None if register is None else bisect.bisect(REGISTER_EDGES_MIDI, register),
        loudness=bisect.bisect(LOUDNESS_EDGES, velocity),
        leaps=None if leaps is None else bisect.bisect(LEAP_EDGES, leaps),
        dissonance=bisect.bisect(DISSONANCE_EDGES, roughness(notes)),
        voices=voice_bits({note.voice for note in notes}),
    )


def voice_bits(voices: Iterable[str]) -> int:
    return sum(1 << VOICES.index(voice) for voice in set(voices))


def upper_line(notes: Iterable[Note]) -> float | None:
    """Mean pitch of the melody, or of the highest notes where there is none."""
    melody = [note.pitch for note in notes if note.voice == "melody"]
    if melody:
        return sum(melody) / len(melody)
    top: dict[int, int] = {}
    for note in notes:
        top[note.onset_tick] = max(note.pitch, top.get(note.onset_tick, 0))
    return sum(top.values()) / len(top) if top else None


def in_scale(notes: Iterable[Note], mode: Mode) -> float:
    """Share of the notes' time on the scale of C major or A minor; its raised leading tone counts as of the scale."""
    scale = {(HOME[mode] + step) % 12 for step in SCALES[mode]} | {(HOME[mode] + 11) % 12}
    inside = total = 0
    for note in notes:
        total += note.duration_tick
        inside += note.duration_tick * (note.pitch % 12 in scale)
    return inside / total if total else 1.0


def mean_interval(notes: Iterable[Note]) -> float | None:
    """Semitones from melody note to melody note, on average; None with fewer than two."""
    return mean_step([pitch for _, pitch in sorted((n.onset_tick, n.pitch) for n in notes if n.voice == "melody")])


def mean_step(pitches: Sequence[int]) -> float | None:
    """Semitones from each pitch to the next, on average; None with fewer than two."""
    steps = [abs(b - a) for a, b in itertools.pairwise(pitches)]
    return sum(steps) / len(steps) if steps else None


def roughness(notes: Sequence[Note]) -> float:
    """Mean roughness of the intervals that sound together whenever a note begins: 0 for a bare consonance."""
    rough, pairs = 0.0, 0
    for begun in notes:
        for other in notes:
            if other is not begun and other.onset_tick <= begun.onset_tick < other.onset_tick + other.duration_tick:
                rough += ROUGH_INTERVALS.get(abs(begun.pitch - other.pitch) % 12, 0.0)
                pairs += 1
    return rough / pairs if pairs else 0.0


def heard_colour(chords: Iterable[Chord | None]) -> int | None:
    """The class of the share of major triads; None without any major or minor one."""
    qualities = [chord.quality for chord in chords if chord is not None and chord.quality != "dim"]
    return bisect.bisect(COLOUR_EDGES, qualities.count("maj") / len(qualities)) if qualities else None
