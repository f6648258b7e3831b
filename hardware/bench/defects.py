"""What can be wrong with a bar, found without the grammar's help."""

from __future__ import annotations

from collections.abc import Sequence

from device.config import Limits
from device.messages import TICKS_PER_BEAT, Bar, MusicIntent, Note
from device.music import tokens as t
from device.music.controls import BEATS
from device.music.grammar import Decoded


def faults_of(decoded: Decoded) -> list[str]:
    """Faults of a written bar: notes off the grid, outside it, out of range, or too many at once."""
    steps = t.STEP_TICKS[: t.n_steps(decoded.beats)]
    longest = decoded.beats * TICKS_PER_BEAT + t.RING_TICKS
    faults = [f"{decoded.beats} beats"] if decoded.beats not in BEATS else []
    at_once: dict[tuple[int, str], int] = {}
    for note in decoded.notes:
        low, high = t.RANGES[note.voice]
        at_once[note.onset_tick, note.voice] = at_once.get((note.onset_tick, note.voice), 0) + 1
        if note.onset_tick not in steps or note.duration_tick not in t.LENGTHS:
            faults.append(f"{note} off the grid")
        if note.onset_tick + note.duration_tick > longest:
            faults.append(f"{note} too long")
        if not low <= note.pitch <= high:
            faults.append(f"{note} out of range")
    faults += [f"{n} of {voice} at {tick}" for (tick, voice), n in at_once.items() if n > t.MOST_AT_ONCE[voice]]
    return faults + _doubled(decoded.notes)


def _doubled(notes: Sequence[Note]) -> list[str]:
    places = [(note.onset_tick, note.voice, note.pitch) for note in notes]
    return ["a note is struck twice at once"] if len(set(places)) < len(places) else []


def faults_of_bar(bar: Bar, intent: MusicIntent, limits: Limits) -> list[str]:
    """Faults of a played bar: not what was asked for, not exactly one bar long, or nothing a synthesiser can play."""
    end = bar.beats * TICKS_PER_BEAT
    wrong = (bar.bar_index, bar.tempo_bpm, bar.mode, bar.tonic_pc) != (
        intent.bar_index, intent.tempo_bpm, intent.mode, intent.tonic_pc,
    )  # fmt: skip
    faults = ["not the bar that was asked for"] if wrong else []
    faults += ["no notes"] if not bar.notes else []
    for note in bar.notes:
        if not (0 <= note.onset_tick < end and 0 < note.duration_tick <= end + t.RING_TICKS - note.onset_tick):
            faults.append(f"{note} outside the bar")
        if not (limits.pitch_min <= note.pitch <= limits.pitch_max and 1 <= note.velocity <= limits.velocity_max):
            faults.append(f"{note} outside the prescription")
        if note.voice not in t.RANGES:
            faults.append(f"{note} of no voice")
    return faults + _doubled(bar.notes)
