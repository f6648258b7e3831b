"""One tokenizer for training and device: a bar of music as at most 100 tokens, with a grammar that forbids the rest.

Own REMI-like vocabulary instead of MidiTok's: per-bar controls (which MidiTok switches off for one multi-voice stream),
a chord plan before the notes, no 160 MB of dependencies on the device. A bar reads

    meter mode tempo density register loudness valence arousal | chord chord | (step (note length)+)* end

in C major or A minor; the key is applied at decoding. The first part is given, never predicted. Velocity is no token:
the bar has a loudness class, and playing shapes the rest.
"""

from __future__ import annotations

import bisect
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from device.messages import TICKS_PER_BEAT, Bar, Mode, Note
from device.music.theory import CHORDS, VOICES, Chord, detect_chord, key_shift

MAX_BAR_TOKENS = 100
BEAT_STEPS = (0, 6, 8, 12, 16, 18)
"""Onsets within a beat: sixteenths and eighth triplets."""
LENGTHS = (6, 8, 12, 16, 18, 24, 32, 36, 48, 72, 96)
RING_TICKS = 48
"""How far a note may ring past the end of its bar."""
CHORD_TICKS = 48
"""The second chord of a bar begins on its third beat."""
RANGES = {"melody": (53, 90), "inner": (40, 84), "bass": (33, 57), "pad": (45, 79)}
"""Pitches per voice before the key is applied."""
MOST_AT_ONCE = {"melody": 1, "inner": 4, "bass": 1, "pad": 4}
BEATS = (3, 4)
MODES: tuple[Mode, ...] = ("major", "minor")
TEMPO_EDGES_BPM = (52.0, 60.0, 68.0, 78.0, 90.0, 104.0, 124.0)
DENSITY_EDGES = (0.6, 1.0, 1.5, 2.0, 2.6, 3.3, 4.2, 5.2, 6.5)
"""Notes per beat, all voices."""
REGISTER_EDGES_MIDI = (60.0, 63.0, 66.0, 69.0, 72.0, 75.0, 79.0)
"""Mean pitch of the upper line, in C major or A minor."""
LOUDNESS_EDGES = (48.0, 56.0, 64.0, 72.0, 80.0, 90.0)
"""Mean velocity."""
AFFECT_EDGES = (-0.6, -0.2, 0.2, 0.6)
N_STEPS = max(BEATS) * len(BEAT_STEPS)
STEP_TICKS = tuple(beat * TICKS_PER_BEAT + tick for beat in range(max(BEATS)) for tick in BEAT_STEPS)


class Controls(NamedTuple):
    """The classes a bar is asked to have, or was measured to have; None: not told (never for `meter`)."""

    meter: int
    mode: int | None = None
    tempo: int | None = None
    density: int | None = None
    register: int | None = None
    loudness: int | None = None
    valence: int | None = None
    arousal: int | None = None


CONTROL_SIZES = dict(
    zip(
        Controls._fields,
        (
            len(BEATS),
            len(MODES),
            *(len(edges) + 1 for edges in (TEMPO_EDGES_BPM, DENSITY_EDGES, REGISTER_EDGES_MIDI)),
            len(LOUDNESS_EDGES) + 1,
            len(AFFECT_EDGES) + 1,
            len(AFFECT_EDGES) + 1,
        ),
        strict=True,
    )
)


def _vocabulary() -> tuple[str, ...]:
    controls = [f"{name}={value}" for name, size in CONTROL_SIZES.items() for value in [*range(size), "?"]]
    chords = ["chord=none", *(f"chord={chord.root_pc}{chord.quality}" for chord in CHORDS)]
    steps = [f"step={step}" for step in range(N_STEPS)]
    notes = [f"{voice}={pitch}" for voice in VOICES for pitch in range(RANGES[voice][0], RANGES[voice][1] + 1)]
    return (*controls, *chords, *steps, *notes, *(f"length={ticks}" for ticks in LENGTHS), "end")


VOCABULARY = _vocabulary()
TOKEN_OF = {name: token for token, name in enumerate(VOCABULARY)}
VOCABULARY_CRC = zlib.crc32("\n".join(VOCABULARY).encode())
"""Stands in a model's card, so that a model never speaks another vocabulary than this one."""
END = TOKEN_OF["end"]
FIRST_CHORD = TOKEN_OF["chord=none"]
FIRST_STEP = TOKEN_OF["step=0"]
FIRST_NOTE = TOKEN_OF[f"{VOICES[0]}={RANGES[VOICES[0]][0]}"]
FIRST_LENGTH = TOKEN_OF[f"length={LENGTHS[0]}"]
N_CONTROLS = len(CONTROL_SIZES)
NOTES = tuple(
    (voice, int(pitch)) for voice, _, pitch in (name.partition("=") for name in VOCABULARY[FIRST_NOTE:FIRST_LENGTH])
)
"""(voice, pitch) of every note token, in order."""


def control_tokens(controls: Controls) -> list[int]:
    pairs = zip(Controls._fields, controls, strict=True)
    return [TOKEN_OF[f"{name}={'?' if value is None else value}"] for name, value in pairs]


def chord_token(chord: Chord | None) -> int:
    return FIRST_CHORD if chord is None else FIRST_CHORD + 1 + CHORDS.index(chord)


def chord_of(token: int) -> Chord | None:
    return None if token == FIRST_CHORD else CHORDS[token - FIRST_CHORD - 1]


def n_steps(beats: int) -> int:
    return beats * len(BEAT_STEPS)


def describe(notes: Sequence[Note], beats: int, tempo_bpm: float, mode: Mode) -> Controls:
    """Measure the controls of a bar in C major or A minor: of the corpus, and of bars the device must continue."""
    velocity = sum(note.velocity for note in notes) / len(notes) if notes else LOUDNESS_EDGES[0]
    register = upper_line(notes)
    density = len(notes) / beats
    valence, arousal = affect_of(mode, tempo_bpm, density, register, velocity)
    return Controls(
        BEATS.index(beats),
        MODES.index(mode),
        bisect.bisect(TEMPO_EDGES_BPM, tempo_bpm),
        bisect.bisect(DENSITY_EDGES, density),
        None if register is None else bisect.bisect(REGISTER_EDGES_MIDI, register),
        bisect.bisect(LOUDNESS_EDGES, velocity),
        bisect.bisect(AFFECT_EDGES, valence),
        bisect.bisect(AFFECT_EDGES, arousal),
    )


def upper_line(notes: Iterable[Note]) -> float | None:
    """Mean pitch of the melody, or of the highest notes where there is none."""
    melody = [note.pitch for note in notes if note.voice == "melody"]
    if melody:
        return sum(melody) / len(melody)
    top: dict[int, int] = {}
    for note in notes:
        top[note.onset_tick] = max(note.pitch, top.get(note.onset_tick, 0))
    return sum(top.values()) / len(top) if top else None


def affect_of(
    mode: Mode, tempo_bpm: float, density: float, register: float | None, velocity: float
) -> tuple[float, float]:
    """Valence and arousal (about -1 to 1) that the cues of a bar stand for.

    Linear and additive, weights in the order mode > tempo > register > dynamics of Eerola, Friberg and Bresin 2013
    (doi 10.3389/fpsyg.2013.00487); mode carries no arousal. Tempo counts half by beat and half by notes per second.
    """
    onsets = density * tempo_bpm / 60.0
    speed = 0.5 * (tempo_bpm - 80.0) / 25.0 + 0.5 * (onsets - 4.0) / 2.5
    height = 0.0 if register is None else (register - 69.0) / 7.0
    force = (velocity - 70.0) / 16.0
    valence = 0.45 * (1.0 if mode == "major" else -1.0) + 0.2 * speed + 0.15 * height + 0.05 * force
    arousal = 0.55 * speed + 0.1 * height + 0.3 * force
    return valence, arousal


def chords_of(notes: Sequence[Note], beats: int) -> tuple[Chord | None, Chord | None]:
    """The harmony of both parts of a bar, from its notes."""
    ends = (CHORD_TICKS, beats * TICKS_PER_BEAT)
    first, second = (_chord_between(notes, start, end) for start, end in zip((0, CHORD_TICKS), ends, strict=True))
    return first, second or first


def _chord_between(notes: Sequence[Note], start: int, end: int) -> Chord | None:
    weights = [0.0] * 12
    lowest: int | None = None
    for note in notes:
        overlap = min(end, note.onset_tick + note.duration_tick) - max(start, note.onset_tick)
        if overlap > 0:
            weights[note.pitch % 12] += overlap * (0.6 if note.voice == "melody" else 1.0)
            if note.voice != "melody" and (lowest is None or note.pitch < lowest):
                lowest = note.pitch
    return detect_chord(weights, None if lowest is None else lowest % 12)


def encode_bar(bar: Bar, controls: Controls | None = None) -> list[int]:
    """A bar as tokens; its controls are measured unless given. Notes beyond 100 tokens are left out."""
    shift = key_shift(bar.tonic_pc, bar.mode)
    home = [_to_home(note, shift, bar.beats) for note in bar.notes]
    if controls is None:
        controls = describe(home, bar.beats, bar.tempo_bpm, bar.mode)
    return encode_notes(home, bar.beats, controls)


def encode_notes(notes: Sequence[Note], beats: int, controls: Controls) -> list[int]:
    """Notes on the grid, already in C major or A minor, as the tokens of one bar."""
    chords = [chord_token(chord) for chord in chords_of(notes, beats)]
    events: dict[int, dict[int, int]] = defaultdict(dict)
    room = MAX_BAR_TOKENS - N_CONTROLS - len(chords) - 1
    for note in sorted(notes, key=_importance):
        step = STEP_TICKS.index(note.onset_tick)
        token = TOKEN_OF[f"{note.voice}={note.pitch}"]
        cost = 2 if step in events else 3
        full = sum(NOTES[t - FIRST_NOTE][0] == note.voice for t in events.get(step, ())) >= MOST_AT_ONCE[note.voice]
        if not full and cost <= room and token not in events.get(step, ()):
            events[step][token] = FIRST_LENGTH + LENGTHS.index(note.duration_tick)
            room -= cost
    body = [
        token
        for step in sorted(events)
        for token in (FIRST_STEP + step, *(t for pair in sorted(events[step].items()) for t in pair))
    ]
    return [*control_tokens(controls), *chords, *body, END]


def _importance(note: Note) -> tuple[int, int, int]:
    rank = {"melody": 0, "bass": 1, "pad": 2, "inner": 3}[note.voice]
    return rank, note.onset_tick % TICKS_PER_BEAT, note.onset_tick


def _to_home(note: Note, shift: int, beats: int) -> Note:
    onset = snap(note.onset_tick, STEP_TICKS[: n_steps(beats)])
    longest = beats * TICKS_PER_BEAT + RING_TICKS - onset
    length = snap(note.duration_tick, [ticks for ticks in LENGTHS if ticks <= longest])
    return Note(onset, length, fold(note.pitch - shift, note.voice), note.velocity, note.voice)


def snap(tick: int, grid: Sequence[int]) -> int:
    """The value of the sorted `grid` nearest to `tick`; of two equally near, the lower."""
    return min(grid, key=lambda value: abs(value - tick))


def fold(pitch: int, voice: str) -> int:
    """The pitch moved by octaves into the range of its voice."""
    low, high = RANGES[voice]
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
