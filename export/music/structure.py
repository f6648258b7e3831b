"""Structure indicators after Wu and Yang 2020 (The Jazz Transformer on the Front Line), from notes instead of audio.

How strongly does the best-repeated stretch of 3 to 8, of 8 to 15 and of 15 or more seconds repeat? As there, that is
the largest fitness, among stretches of such a length, in the fitness scape plot (Mueller, Jiang and Grosche 2013) of a
self-similarity matrix. What is computed here, per piece:

1. A frame per beat: the sounding time of the 12 pitch classes, and in which of four sixteenths notes begin; each is
   brought to length 1, the rhythm counts a half.
2. Cosine similarity of all pairs of beats, averaged over four beats along the diagonal; the largest fifth is stretched
   to 0 to 1, everything else is a penalty of -2, the main diagonal is 1.
3. For every stretch of beats: those places, not overlapping, where it comes again, chosen so that their summed
   similarity is largest. Beats are the unit, so repeats run along the diagonal: there is no tempo to be warped.
4. Fitness: the harmonic mean of the mean similarity and of the share of the piece those places cover, both without the
   stretch's own trivial match.

The first 256 beats count, so that the cost is bounded (about 0.3 s) and pieces of the same length can be compared:
fitness falls with length, so compare like with like.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.music.chroma import chroma
from export.music.metrics import STEPS_PER_BEAT
from export.music.midi import Piece

Floats = npt.NDArray[np.float64]
BEATS_MAX = 256
SMOOTH_BEATS = 4
KEPT_SHARE = 0.2
PENALTY = -2.0
RHYTHM_WEIGHT = 0.5
SHORT_S, MIDDLE_S, LONG_S = 3.0, 8.0, 15.0


class Structure(NamedTuple):
    """Largest fitness, 0 to 1, among stretches of 3 to 8 s, of 8 to 15 s, and of 15 s and more; NaN: none so long."""

    short: float
    middle: float
    long: float


def measure(piece: Piece) -> Structure:
    frames = features(piece)
    first = float(piece.bars[0])
    length_s = piece.seconds(np.array([first, first + len(frames)]))
    beat_s = max(1e-3, float(np.diff(length_s)[0])) / len(frames)
    best = fitness_per_length(similarity(frames))
    seconds = np.arange(len(best)) * beat_s
    ranges = ((SHORT_S, MIDDLE_S), (MIDDLE_S, LONG_S), (LONG_S, np.inf))
    return Structure(*(_largest(best[(seconds >= low) & (seconds < high)]) for low, high in ranges))


def _largest(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")


def features(piece: Piece) -> Floats:
    """Shape (beats, 12 + 4): how each beat sounds and where in it notes begin."""
    n_beats = int(min(BEATS_MAX, max(1.0, np.floor(piece.bars[-1] - piece.bars[0]))))
    onset = piece.onset - piece.bars[0]
    sound = chroma(onset, onset + piece.length, piece.pitch, np.arange(n_beats + 1.0))
    step = np.round(onset * STEPS_PER_BEAT).astype(np.int64)
    step = step[(step >= 0) & (step < n_beats * STEPS_PER_BEAT)]
    begins = np.zeros(n_beats * STEPS_PER_BEAT)
    begins[step] = 1.0
    rhythm = begins.reshape(n_beats, STEPS_PER_BEAT)
    return np.concatenate((_unit(sound), RHYTHM_WEIGHT * _unit(rhythm)), axis=1)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def similarity(frames: Floats) -> Floats:
    """The self-similarity matrix, shape (beats, beats): 1 on the diagonal, 0 to 1 where alike, else the penalty."""
    unit = _unit(frames)
    alike = _smooth(unit @ unit.T)
    n_beats = len(alike)
    others = alike[~np.eye(n_beats, dtype=bool)]
    floor, top = (np.quantile(others, 1.0 - KEPT_SHARE), others.max()) if len(others) else (0.0, 1.0)
    kept = (alike - floor) / max(1e-9, top - floor)
    matrix = np.where((alike >= floor) & (kept > 0), kept, PENALTY)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _smooth(matrix: Floats) -> Floats:
    """Each entry averaged with those that follow on its diagonal, fewer at the edges."""
    total, count = np.zeros_like(matrix), np.zeros_like(matrix)
    n_beats = len(matrix)
    for ahead in range(min(SMOOTH_BEATS, n_beats)):
        total[: n_beats - ahead, : n_beats - ahead] += matrix[ahead:, ahead:]
        count[: n_beats - ahead, : n_beats - ahead] += 1.0
    return total / count


def fitness_per_length(matrix: Floats) -> Floats:
    """The largest fitness of a stretch of each length in beats (index); NaN below 2 beats."""
    n_beats = len(matrix)
    best = np.full(n_beats + 1, np.nan)
    runs = np.cumsum(_diagonals(matrix), axis=1)
    for length in range(2, n_beats + 1):
        best[length] = _best_fitness(_scores(runs, n_beats, length), n_beats, length)
    return best


def _diagonals(matrix: Floats) -> Floats:
    """Diagonals as rows, with a zero before: row d + n - 1, column i + 1 holds the entry (i, i + d); else 0."""
    n_beats = len(matrix)
    rows, columns = np.indices(matrix.shape)
    diagonals = np.zeros((2 * n_beats - 1, n_beats + 1))
    diagonals[columns - rows + n_beats - 1, rows + 1] = matrix
    return diagonals


def _scores(runs: Floats, n_beats: int, length: int) -> Floats:
    """Summed similarity of the stretch that begins at row i with the one that begins at column j."""
    places = np.arange(n_beats - length + 1)
    diagonal = places[None, :] - places[:, None] + n_beats - 1
    return np.asarray(runs[diagonal, places[:, None] + length] - runs[diagonal, places[:, None]])


def _best_fitness(scores: Floats, n_beats: int, length: int) -> float:
    """The largest fitness over the rows: choose places that do not overlap, by dynamic programming over columns."""
    n_places = len(scores)
    gains = np.maximum(scores, 0.0).T.copy()
    counts = (scores > 0).T.astype(np.int64)
    total, chosen = np.zeros((n_places + length, n_places)), np.zeros((n_places + length, n_places), np.int64)
    # Row j + length holds the best of the places up to j.
    for column in range(n_places):
        taken = total[column] + gains[column]
        better = taken > total[column + length - 1]
        total[column + length] = np.where(better, taken, total[column + length - 1])
        chosen[column + length] = np.where(better, chosen[column] + counts[column], chosen[column + length - 1])
    covered = chosen[-1] * length
    alike = (total[-1] - length) / np.maximum(covered, 1)
    share = (covered - length) / n_beats
    both = alike + share
    fitness = np.where((alike > 0) & (share > 0), 2.0 * alike * share / np.maximum(both, 1e-9), 0.0)
    return float(fitness.max())
