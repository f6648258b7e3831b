"""What pads do between two harmonies: they go on by the nearest way, hold what both share, and are suspended.

All pitches are sounding ones. Pure Python: it also runs inside the audio process.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from device.messages import Bar, Note
from device.music.bass import Outer
from device.music.metre import HALF, layout_of
from device.music.theory import Chord, lead_voices, nearest_first
from device.stage import Random

SUSPENDED = 0.4
"""How often a tone that could be suspended is."""
FARTHEST = 3.0
"""Semitones by which the middle of the pads may move from bar to bar before they are led on by the nearest way."""
FAR = 5
"""Semitones by which the top of the pads rises at most to another voicing."""
LOWEST, WIDTH, BELOW_MELODY = 45, 19, 4
"""The lowest pad that is led, the semitones in which three surely fit, and how far they stay below the register."""


def pads_before(history: Sequence[Bar]) -> list[int]:
    """The pads that the bar before ends with, low to high."""
    if not history:
        return []
    ends = layout_of(history[-1]).ticks
    pads = (note for note in history[-1].notes if note.voice == "pad")
    return sorted({note.pitch for note in pads if note.onset_tick + note.duration_tick >= ends})


def lead_on(pads: Sequence[Note], chord: Chord, before: Sequence[int], register_midi: float) -> list[Note]:
    """The pads of a bar, brought near those `before` where they would jump, as at a change of key."""
    opening = sorted({note.pitch for note in pads if note.onset_tick == 0})
    if len(opening) != len(before) or abs(sum(opening) - sum(before)) <= FARTHEST * len(before):
        return list(pads)
    led = lead_voices(before, chord, LOWEST, max(LOWEST + WIDTH, round(register_midi) - BELOW_MELODY))
    to = dict(zip(opening, led, strict=True))
    return [msgspec.structs.replace(note, pitch=to.get(note.pitch, note.pitch)) for note in pads]


def part(pads: Sequence[Note], bass: Sequence[Note], before: Outer, highest: int) -> list[Note]:
    """The pads in the nearest voicing whose top lies no higher than `highest` and does not go along with the bass.

    It has the same tones; where there is none, lying low enough comes first, and without that they stay.
    """
    opening = sorted({note.pitch for note in pads if note.onset_tick == 0})
    lowest = bass[0].pitch if bass else None
    low, high = max((lowest or 0) + 1, min([LOWEST, *opening])), min(max(opening, default=0) + FAR, highest)
    voicings = nearest_first(opening, {pitch % 12 for pitch in opening}, low, high) if opening else []
    apart = [voicing for voicing in voicings if not before.goes_along(Outer(lowest, voicing[-1]))]
    to = dict(zip(opening, next(iter(apart or voicings), opening), strict=True))
    return [msgspec.structs.replace(note, pitch=to.get(note.pitch, note.pitch)) for note in pads]


def hold(pads: Sequence[Note], bar_ticks: int) -> list[Note]:
    """The pads held until others begin, or to the end of the bar: they are the bed that never vanishes."""
    onsets = sorted({bar_ticks, *(note.onset_tick for note in pads)})
    ends = dict(itertools.pairwise(onsets))
    return [
        msgspec.structs.replace(note, duration_tick=max(note.duration_tick, ends[note.onset_tick] - note.onset_tick))
        for note in pads
    ]


def turn(pads: Sequence[Note], chord: Chord) -> list[Note]:
    """The pads of a bar whose harmony goes to `chord` in mid-bar: a tone of both is held, others go to the nearest."""
    turned: list[Note] = []
    taken = {note.pitch for note in pads if _lasts(note) and note.pitch % 12 in chord.pitch_classes}
    for note in pads:
        if not _lasts(note) or note.pitch % 12 in chord.pitch_classes:
            turned.append(note)
            continue
        pitch = _nearest(note.pitch, chord, taken)
        taken.add(pitch)
        begins = max(HALF, note.onset_tick)
        if note.onset_tick < HALF:
            turned.append(msgspec.structs.replace(note, duration_tick=HALF - note.onset_tick))
        turned.append(Note(begins, note.onset_tick + note.duration_tick - begins, pitch, note.velocity, "pad"))
    return turned


def _lasts(note: Note) -> bool:
    return note.onset_tick + note.duration_tick > HALF


def _nearest(pitch: int, chord: Chord, taken: set[int]) -> int:
    """The tone of the chord nearest to a pitch that nobody has taken, the lower of two."""
    tones = (tone for tone in range(pitch - 12, pitch + 13) if tone % 12 in chord.pitch_classes and tone not in taken)
    return min(tones, key=lambda tone: abs(tone - pitch))


def suspend(
    pads: Sequence[Note], others: Sequence[Note], chord: Chord, before: Sequence[int], rng: Random
) -> list[Note]:
    """The pads with, now and then, one of the bar before held over, which falls by step to its own place in mid-bar.

    The tone that it falls to is not struck by `others` meanwhile, and nothing rubs against it by a semitone.
    """
    around = {note.pitch for note in (*pads, *others) if note.onset_tick < HALF}
    for goal in pads:
        for held in (goal.pitch + 1, goal.pitch + 2):
            rest = around - {goal.pitch}
            is_clear = all((pitch - goal.pitch) % 12 and (pitch - held) % 12 not in (1, 11) for pitch in rest)
            could = goal.onset_tick == 0 and _lasts(goal) and held in before and held % 12 not in chord.pitch_classes
            if could and is_clear and rng.random() < SUSPENDED:
                falls = Note(HALF, goal.duration_tick - HALF, goal.pitch, goal.velocity, "pad")
                return [*(pad for pad in pads if pad is not goal), Note(0, HALF, held, goal.velocity, "pad"), falls]
    return list(pads)
