"""One tokenizer for training and device: a bar of music as at most 96 tokens, with a grammar that forbids the rest.

Own REMI-like vocabulary instead of MidiTok's: a chord plan before the notes, controls beside the tokens instead of
between them, and no 160 MB of dependencies on the device. A bar reads

    bar chord chord (step (note length)+)* end

in C major or A minor; the key is applied at decoding. A piece begins with `start`. Velocity is no token: a bar has a
loudness, and performing shapes the rest.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence

from device.messages import TICKS_PER_BEAT, Bar, Note
from device.music.theory import CHORDS, VOICES, Chord, detect_chord, key_shift

MAX_BAR_TOKENS = 96
BEAT_STEPS = (0, 6, 8, 12, 16, 18)
"""Onsets within a beat: sixteenths and eighth triplets."""
THIRD_TICKS = 8
LENGTHS = (6, 8, 12, 16, 18, 24, 32, 36, 48, 72, 96)
RING_TICKS = 48
"""How far a note may ring past the end of its bar."""
CHORD_TICKS = 48
"""The second chord of a bar begins on its third beat."""
RANGES = {"melody": (53, 90), "inner": (40, 84), "bass": (33, 57), "pad": (45, 79)}
"""Pitches per voice before the key is applied."""
MOST_AT_ONCE = {"melody": 1, "inner": 4, "bass": 1, "pad": 4}
MOST_BEATS = 4
N_STEPS = MOST_BEATS * len(BEAT_STEPS)
STEP_TICKS = tuple(beat * TICKS_PER_BEAT + tick for beat in range(MOST_BEATS) for tick in BEAT_STEPS)


def _vocabulary() -> tuple[str, ...]:
    chords = ["chord=none", *(f"chord={chord.root_pc}{chord.quality}" for chord in CHORDS)]
    steps = [f"step={step}" for step in range(N_STEPS)]
    notes = [f"{voice}={pitch}" for voice in VOICES for pitch in range(RANGES[voice][0], RANGES[voice][1] + 1)]
    return ("start", "bar", *chords, *steps, *notes, *(f"length={ticks}" for ticks in LENGTHS), "end")


VOCABULARY = _vocabulary()
TOKEN_OF = {name: token for token, name in enumerate(VOCABULARY)}
VOCABULARY_CRC = zlib.crc32("\n".join(VOCABULARY).encode())
"""Stands in a model's card, so that a model never speaks another vocabulary than this one."""
START, BAR, END = (TOKEN_OF[name] for name in ("start", "bar", "end"))
FIRST_CHORD = TOKEN_OF["chord=none"]
FIRST_STEP = TOKEN_OF["step=0"]
FIRST_NOTE = TOKEN_OF[f"{VOICES[0]}={RANGES[VOICES[0]][0]}"]
FIRST_LENGTH = TOKEN_OF[f"length={LENGTHS[0]}"]
NOTES = tuple(
    (voice, int(pitch)) for voice, _, pitch in (name.partition("=") for name in VOCABULARY[FIRST_NOTE:FIRST_LENGTH])
)
"""(voice, pitch) of every note token, in order."""
N_MELODY = sum(voice == "melody" for voice, _ in NOTES)


def chord_token(chord: Chord | None) -> int:
    return FIRST_CHORD if chord is None else FIRST_CHORD + 1 + CHORDS.index(chord)


def chord_of(token: int) -> Chord | None:
    return None if token == FIRST_CHORD else CHORDS[token - FIRST_CHORD - 1]


def n_steps(beats: int) -> int:
    return beats * len(BEAT_STEPS)


def is_melody(token: int) -> bool:
    """Whether a note token is of the melody, whose notes are the first of all."""
    return token < FIRST_NOTE + N_MELODY


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


def encode_bar(bar: Bar) -> list[int]:
    """A bar as tokens. Notes beyond what a bar may hold are left out, the least important first."""
    return encode_notes(at_home(bar), bar.beats)


def at_home(bar: Bar) -> list[Note]:
    """The notes of a bar on the grid, in C major or A minor, each in the range of its voice."""
    shift = key_shift(bar.tonic_pc, bar.mode)
    return [_to_home(note, shift, bar.beats) for note in bar.notes]


def encode_notes(notes: Sequence[Note], beats: int) -> list[int]:
    """Notes on the grid, already in C major or A minor, as the tokens of one bar."""
    chords = [chord_token(chord) for chord in chords_of(notes, beats)]
    events: dict[int, dict[int, int]] = defaultdict(dict)
    room = MAX_BAR_TOKENS - len(chords) - 2
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
    return [BAR, *chords, *body, END]


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
