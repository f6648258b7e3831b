"""What lies under a melody: chords, their degrees and inversions, the bass, and what moves between bass and melody."""

from __future__ import annotations

import itertools

import numpy as np

from device.music.theory import Chord, detect_chord
from export.music.chroma import chroma, key_fit
from export.music.features.told import STEP, WINDOW_BARS, Floats, Ints, mean, share
from export.music.metrics import STEPS_PER_BEAT, bar_of
from export.music.midi import Piece

CLEAR_SHARE = 0.75
"""Share of the sound that a chord must hold to be told."""


def halves(piece: Piece) -> Floats:
    """Edges of the halves of the bars, in beats."""
    return np.append(np.stack((piece.bars[:-1], (piece.bars[:-1] + piece.bars[1:]) / 2), axis=1), piece.bars[-1])


def chords(piece: Piece, edges: Floats) -> tuple[list[Chord | None], Ints]:
    """The triad of each span, None where none is clear, and the lowest pitch that sounds in it (-1: silence).

    The bass does not vote, as elsewhere: whether it is the root is asked.
    """
    weights = chroma(piece.onset, piece.onset + piece.length, piece.pitch, edges)
    found: list[Chord | None] = []
    for row in weights:
        chord = detect_chord(row.tolist(), None)
        clear = chord is not None and row[list(chord.pitch_classes)].sum() >= CLEAR_SHARE * row.sum()
        found.append(chord if clear else None)
    return found, lowest(piece, edges)


def lowest(piece: Piece, edges: Floats) -> Ints:
    """Lowest pitch that begins or sounds for a quarter of each span; -1 where there is none."""
    end = piece.onset + piece.length
    found = np.full(len(edges) - 1, -1)
    for place, (start, stop) in enumerate(itertools.pairwise(edges.tolist())):
        inside = np.minimum(end, stop) - np.maximum(piece.onset, start - 0.1) > (stop - start) / 4
        if inside.any():
            found[place] = piece.pitch[inside].min()
    return found


def root_position(piece: Piece) -> float:
    """Share of the clear triads, two a bar, whose root is lowest."""
    found, low = chords(piece, halves(piece))
    known = [(chord, pitch) for chord, pitch in zip(found, low.tolist(), strict=True) if chord and pitch >= 0]
    return share(np.array([pitch % 12 == chord.root_pc for chord, pitch in known], bool))


def tonics(piece: Piece) -> Ints:
    """The tonic of every bar, found in its eight."""
    weights = chroma(piece.onset, piece.onset + piece.length, piece.pitch, piece.bars)
    starts = range(0, len(weights), WINDOW_BARS)
    keys = [
        int(np.argmax(key_fit(weights[start : start + WINDOW_BARS].sum(axis=0, keepdims=True)))) for start in starts
    ]
    return np.repeat(np.array(keys) % 12, WINDOW_BARS)[: len(weights)]


def _degrees(piece: Piece) -> Ints:
    """Semitones from the tonic to the root of each bar whose triad is clear."""
    found, _ = chords(piece, piece.bars)
    pairs = zip(found, tonics(piece).tolist(), strict=True)
    return np.array([(chord.root_pc - tonic) % 12 for chord, tonic in pairs if chord], np.int64)


def tonic_dominant(piece: Piece) -> float:
    """Share of the bars with a clear triad that stand on the first or fifth degree."""
    return share(np.isin(_degrees(piece), (0, 7)))


def degrees(piece: Piece) -> float:
    """Different degrees that clear triads of bars stand on, in the whole piece."""
    return float(len(np.unique(_degrees(piece))))


def clear_chords(piece: Piece) -> float:
    """Share of the half bars whose sound is a triad."""
    found, _ = chords(piece, halves(piece))
    return share(np.array([chord is not None for chord in found]))


def chord_changes(piece: Piece) -> float:
    """Share of the half bars that bring another triad than the half before."""
    found, _ = chords(piece, halves(piece))
    pairs = [(a, b) for a, b in itertools.pairwise(found) if a and b]
    return share(np.array([a != b for a, b in pairs], bool))


def key_changes(piece: Piece) -> float:
    """Share of the eights of bars that are in another key than those before."""
    keys = tonics(piece)[::WINDOW_BARS]
    return share(keys[1:] != keys[:-1])


def bass_steps(piece: Piece) -> float:
    """Share of the bass's moves, from half bar to half bar, that are steps of the scale."""
    low = lowest(piece, halves(piece))
    moves = np.abs(np.diff(low[low >= 0]))
    return share(moves[moves > 0] <= STEP)


def bass_moves(piece: Piece) -> float:
    """Share of the half bars in which the bass leaves its pitch."""
    low = lowest(piece, halves(piece))
    return share(np.diff(low[low >= 0]) != 0)


def middle(piece: Piece) -> Ints:
    """Indices of the notes between melody and bass: neither the tune's nor the lowest of their half bar."""
    low = lowest(piece, halves(piece))
    half = np.clip(np.searchsorted(halves(piece), piece.onset + 0.1, side="right") - 1, 0, len(low) - 1)
    return np.setdiff1d(np.flatnonzero(piece.pitch > low[half]), piece.melody())


def inner_moves(piece: Piece) -> float:
    """Places in a bar at which something between melody and bass begins, beyond the first."""
    places = middle(piece)
    bar, step = bar_of(piece)[places], np.round(piece.onset[places] * STEPS_PER_BEAT).astype(np.int64)
    onsets = np.unique(np.stack((bar, step)), axis=1)[0]
    n_bars = len(piece.bars) - 1
    per_bar = np.bincount(onsets[(onsets >= 0) & (onsets < n_bars)], minlength=n_bars)
    return float(np.maximum(0, per_bar - 1).mean())


def middle_moves(piece: Piece) -> float:
    """Semitones by which the mean pitch between melody and bass moves from bar to bar."""
    places = middle(piece)
    bar = bar_of(piece)[places]
    means = [mean(piece.pitch[places][bar == number]) for number in range(len(piece.bars) - 1)]
    return mean(np.abs(np.diff(means)))
