"""Form, measured in the corpus: where phrases close, how bright the harmony is, which earlier bar a bar takes up."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.messages import TICKS_PER_BEAT, Mode, Note
from device.music import tokens as t
from device.music.controls import CLOSES, LIKENESS_EDGES, N_PLACES, heard_colour
from device.music.theory import HOME, Chord, degree_triad

Floats = npt.NDArray[np.float32]
Harmony = tuple[Chord | None, Chord | None]
REACH_BARS = 64
"""How far back a bar may refer."""
CHAIN_BONUS, SQUARE_BONUS = 0.05, 0.01
"""Two bars equally alike: first the one after the last referred to, then the one a multiple of four bars back."""
LEAST_NOTES = 2
REST_TICKS = 48
REST_SHARE = 1.8
"""A phrase closes before a pause of two beats, and of so many usual steps of the melody."""
LEAST_PHRASE_BARS = 2
VARIED = 2


class Back(NamedTuple):
    """What each bar refers to; -1: nothing."""

    to: list[int]
    likeness: list[int]
    """Class of `controls.LIKENESS`."""
    expected: list[int]
    """What could be guessed before the bar is written: the bar after the one that the last bar took up."""


def look_back(bars: Sequence[Sequence[Note]]) -> Back:
    """The earlier bar whose melody is most like each bar's own, by onsets and by pitches on onsets."""
    alike = likeness_of(bars)
    to: list[int] = []
    likeness: list[int] = []
    expected: list[int] = []
    for bar, row in enumerate(alike):
        chained = to[-1] + 1 if to and to[-1] >= 0 and likeness[-1] >= VARIED else -1
        expected.append(chained if chained < bar else -1)
        first = max(0, bar - REACH_BARS)
        scores = row[first:bar].copy()
        if len(scores):
            scores[(bar - np.arange(first, bar)) % 4 == 0] += SQUARE_BONUS
            if first <= expected[-1]:
                scores[expected[-1] - first] += CHAIN_BONUS
        best = first + int(scores.argmax()) if len(scores) else -1
        found = bisect.bisect(LIKENESS_EDGES, float(row[best])) if best >= 0 else 0
        to.append(best if found else -1)
        likeness.append(found)
    return Back(to, likeness, expected)


def likeness_of(bars: Sequence[Sequence[Note]]) -> Floats:
    """How alike the melodies of any two bars are, 0 to 1, shape (bars, bars); 0 where one has fewer than two notes."""
    onsets = np.zeros((len(bars), t.N_STEPS), np.float32)
    pitched = np.zeros((len(bars), t.N_STEPS * t.N_MELODY), np.float32)
    for bar, notes in enumerate(bars):
        for note in notes:
            if note.voice == "melody":
                step = t.STEP_TICKS.index(note.onset_tick)
                onsets[bar, step] = 1.0
                pitched[bar, step * t.N_MELODY + note.pitch - t.RANGES["melody"][0]] = 1.0
    counts = onsets.sum(axis=1)
    total = np.maximum(counts[:, None] + counts[None], 1.0)
    alike = (onsets @ onsets.T + pitched @ pitched.T) / total
    alike[counts < LEAST_NOTES] = 0.0
    alike[:, counts < LEAST_NOTES] = 0.0
    found: Floats = alike.astype(np.float32)
    return found


def closes_of(
    bars: Sequence[Sequence[Note]], beats: Sequence[int], harmony: Sequence[Harmony], modes: Sequence[Mode]
) -> list[int]:
    """Class of `controls.CLOSES` per bar: a phrase closes where the melody rests, fully on the tonic."""
    starts = np.concatenate([[0], np.cumsum(beats)[:-1]]) * TICKS_PER_BEAT
    onsets = sorted(
        int(start) + note.onset_tick
        for start, notes in zip(starts, bars, strict=True)
        for note in notes
        if note.voice == "melody"
    )
    gaps = np.diff([*onsets, onsets[-1] + 10 * REST_TICKS]) if onsets else np.zeros(0)
    rest = max(REST_TICKS, REST_SHARE * float(np.median(gaps))) if onsets else 0.0
    closes = [0] * len(bars)
    last = -LEAST_PHRASE_BARS
    for onset, gap in zip(onsets, gaps, strict=True):
        bar = int(np.searchsorted(starts, onset, side="right")) - 1
        if gap >= rest and bar - last >= LEAST_PHRASE_BARS:
            tonic = degree_triad(HOME[modes[bar]], modes[bar], 0)
            closes[bar] = CLOSES.index("full" if harmony[bar][1] == tonic else "half")
            last = bar
    return closes


def places_of(closes: Sequence[int]) -> list[int]:
    """Bars since the last close."""
    places, place = [], 0
    for close in closes:
        places.append(min(place, N_PLACES - 1))
        place = 0 if close else place + 1
    return places


def colours_of(harmony: Sequence[Harmony]) -> list[int | None]:
    """Class of the brightness of the harmony around each bar."""
    return [
        heard_colour(chord for pair in harmony[max(0, bar - 1) : bar + 2] for chord in pair)
        for bar in range(len(harmony))
    ]
