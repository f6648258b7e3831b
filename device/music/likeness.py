"""Keeps melodies out that a listener never wants to hear: known by their intervals, so in every key and tempo.

A melody is recognised from about seven notes on; a bar that would complete so many of a forbidden one gets another
note there. Pure Python: the phrasebook needs it inside the audio process.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from device.config import Theme
from device.messages import Bar, Note

KNOWN_INTERVALS = 6
"""This many equal intervals one after the other are taken for that melody."""
MOVES = (-2, 2, -1, 1, -3, 3, -4, 4, -5, 5, 7, -7)


def keep_out(never: Sequence[Theme], notes: Sequence[Note], history: Sequence[Bar]) -> list[Note]:
    """The notes of a bar after `history`, the melody changed where it would be one of `never`.

    A note moves to a pitch class that the bar or the one before already holds, so that it stays in the harmony.
    """
    if not never:
        return list(notes)
    known = _fragments(never)
    melody = sorted((note for note in notes if note.voice == "melody"), key=lambda note: note.onset_tick)
    before = _line(history)[-KNOWN_INTERVALS:]
    classes = {note.pitch % 12 for note in (*notes, *(note for bar in history[-1:] for note in bar.notes))}
    line = [*before, *(note.pitch for note in melody)]
    for place in range(len(before), len(line)):
        line[place] = _harmless(line[: place + 1], known, classes)
    moved = dict(zip(map(id, melody), line[len(before) :], strict=True))
    return [msgspec.structs.replace(note, pitch=moved.get(id(note), note.pitch)) for note in notes]


def holds(never: Sequence[Theme], bars: Sequence[Bar]) -> bool:
    """Whether the melody of the bars is, somewhere, one of `never`."""
    line = _line(bars)
    known = _fragments(never)
    return any(_ends_in(line[: end + 1], known) for end in range(len(line)))


def is_one_of(theme: Theme, never: Sequence[Theme]) -> bool:
    """Whether a theme is, by at least half of its notes, one of `never`."""
    line = [note.pitch for bar in theme.bars for note in bar]
    known = _fragments(never)
    recognised = sum(_ends_in(line[max(0, end - KNOWN_INTERVALS) : end + 1], known) for end in range(len(line)))
    return bool(known) and 2 * recognised + KNOWN_INTERVALS >= len(line)


def _line(bars: Sequence[Bar]) -> list[int]:
    notes = (
        note for bar in bars for note in sorted(bar.notes, key=lambda note: note.onset_tick) if note.voice == "melody"
    )
    return [note.pitch for note in notes]


def _fragments(never: Sequence[Theme]) -> set[tuple[int, ...]]:
    """All runs of intervals of the forbidden melodies; one shorter than a run is a run itself."""
    known: set[tuple[int, ...]] = set()
    for theme in never:
        pitches = [note.pitch for bar in theme.bars for note in bar]
        intervals = [b - a for a, b in itertools.pairwise(pitches)]
        length = min(KNOWN_INTERVALS, len(intervals))
        known |= {tuple(intervals[start : start + length]) for start in range(len(intervals) - length + 1)}
    return known


def _ends_in(line: Sequence[int], known: set[tuple[int, ...]]) -> bool:
    intervals = tuple(b - a for a, b in itertools.pairwise(line))
    return any(length and intervals[-length:] in known for length in range(1, KNOWN_INTERVALS + 1))


def _harmless(line: Sequence[int], known: set[tuple[int, ...]], classes: set[int]) -> int:
    """The last pitch of the line, or the nearest that no forbidden melody ends in."""
    if not _ends_in(line, known):
        return line[-1]
    options = [line[-1] + move for move in MOVES if (line[-1] + move) % 12 in classes]
    options += [line[-1] + move for move in MOVES]
    return next((pitch for pitch in options if not _ends_in([*line[:-1], pitch], known)), line[-1])
