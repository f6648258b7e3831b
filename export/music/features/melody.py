"""How a melody goes: how busy its bars are, where it breathes, how it steps, and how its rhythm lies in the metre."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from export.music.features.told import STEP, WINDOW_BARS, Floats, Ints, mean, share, windows
from export.music.metrics import STEPS_PER_BEAT, bar_of
from export.music.midi import Piece

GAP_S = 1.0
"""A longer silence of the melody is a gap."""
PHRASE_S, PHRASE_TIMES = 1.0, 1.8
"""A phrase ends where the next onset is at least so far, in seconds and in median distances of the melody's onsets."""


def counts(piece: Piece) -> Ints:
    """Notes of the melody in each bar."""
    bar = bar_of(piece)[piece.melody()]
    n_bars = len(piece.bars) - 1
    return np.bincount(bar[(bar >= 0) & (bar < n_bars)], minlength=n_bars)


def commonest_count(piece: Piece) -> float:
    """Share of the bars that have the commonest number of melody notes."""
    found = counts(piece)
    return float(np.bincount(found).max() / len(found))


def count_spread(piece: Piece) -> float:
    """Deviation of the number of melody notes in a bar, beside its mean."""
    found = counts(piece)
    return float(found.std() / max(1e-9, found.mean()))


def rests(piece: Piece) -> float:
    """Share of bars in which the melody strikes nothing."""
    return share(counts(piece) == 0)


def phrase_ends(piece: Piece) -> tuple[Ints, Floats]:
    """Indices of the last notes of phrases, and seconds to the onset that follows each."""
    tune = piece.melody()
    apart = np.diff(piece.start_s[tune])
    if not len(apart):
        return np.empty(0, np.int64), np.empty(0)
    last = apart >= max(PHRASE_S, PHRASE_TIMES * float(np.median(apart)))
    return tune[:-1][last], apart[last]


def held(piece: Piece) -> float:
    """Share of the time to the next onset for which the last note of a phrase sounds: median."""
    last, apart = phrase_ends(piece)
    sounding = piece.end_s[last] - piece.start_s[last]
    return float(np.median(np.minimum(1.0, sounding / apart))) if len(last) else float("nan")


def phrase_beats(piece: Piece) -> float:
    """Beats from the end of a phrase to that of the next: median."""
    last, _ = phrase_ends(piece)
    return float(np.median(np.diff(piece.onset[last]))) if len(last) > 1 else float("nan")


def gaps_per_min(piece: Piece) -> float:
    """Silences of the melody above a second, a minute."""
    tune = piece.melody()
    silence = piece.start_s[tune][1:] - np.maximum.accumulate(piece.end_s[tune])[:-1]
    return float((silence > GAP_S).sum() * 60.0 / max(1.0, piece.duration_s))


def repeated(piece: Piece) -> float:
    """Share of the melody's steps that stay where they are."""
    return share(np.diff(piece.pitch[piece.melody()]) == 0)


def stepwise(piece: Piece) -> float:
    """Share of the melody's moves that are steps of the scale."""
    moves = np.abs(np.diff(piece.pitch[piece.melody()]))
    return share(moves[moves > 0] <= STEP)


def turns(piece: Piece) -> float:
    """Share of the melody's moves that change direction."""
    moves = np.sign(np.diff(piece.pitch[piece.melody()]))
    moves = moves[moves != 0]
    return share(moves[1:] != moves[:-1])


def _per_window(piece: Piece, places: Ints) -> Iterator[Ints]:
    """Those of the places that begin in each eight bars."""
    bar = bar_of(piece)[places]
    return (places[(bar >= first) & (bar < end)] for first, end in windows(piece))


def pitches(piece: Piece) -> float:
    """Different pitches of the melody in eight bars."""
    return mean([len(np.unique(piece.pitch[inside])) for inside in _per_window(piece, piece.melody()) if len(inside)])


def span(piece: Piece) -> float:
    """Semitones between the melody's lowest and highest note in eight bars."""
    return mean([np.ptp(piece.pitch[inside]) for inside in _per_window(piece, piece.melody()) if len(inside)])


def lengths(piece: Piece) -> float:
    """Different distances between the melody's onsets, in sixteenths, in eight bars."""
    found = []
    for inside in _per_window(piece, piece.melody()):
        steps = np.round(piece.onset[inside] * STEPS_PER_BEAT).astype(np.int64)
        found.append(len(np.unique(np.diff(steps))))
    return mean(found)


def rhythms(piece: Piece) -> float:
    """Different rhythms of the melody among eight bars, as a share of them."""
    steps, bar = np.round(piece.onset * STEPS_PER_BEAT), bar_of(piece)
    tune = piece.melody()
    starts = np.round(piece.bars * STEPS_PER_BEAT)
    patterns = [tuple(steps[tune][bar[tune] == number] - starts[number]) for number in range(len(piece.bars) - 1)]
    return mean([len(set(patterns[first:end])) / WINDOW_BARS for first, end in windows(piece)])


def off_beat(piece: Piece) -> float:
    """Share of the melody's onsets between the beats."""
    steps = np.round(piece.onset[piece.melody()] * STEPS_PER_BEAT).astype(np.int64)
    return share(steps % STEPS_PER_BEAT != 0)


def melody_share(piece: Piece) -> float:
    """Share of the notes that are the melody's."""
    return len(piece.melody()) / len(piece.pitch)


def legato(piece: Piece) -> float:
    """Share of the time to the next onset for which a melody note sounds: median."""
    tune = piece.melody()
    apart = np.diff(piece.onset[tune])
    return float(np.median(np.minimum(1.0, piece.length[tune][:-1] / apart))) if len(apart) else float("nan")
