"""What can be counted of a piece without hearing it: pitch, rhythm, harmony, repetition and drift.

Scale consistency, groove consistency and pitch-class entropy are muspy's, to the last digit. Rhythm is taken on the
grid of sixteenths, to which performances are rounded.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from export.music.chroma import chroma
from export.music.midi import Piece
from export.music.tension import tension_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEPS_PER_BEAT = 4
SCALES = np.array(
    [
        np.roll(np.isin(np.arange(12), tones), root)
        for tones in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
        for root in range(12)
    ],
    float,
)
"""Shape (24, 12): the major, then the natural minor scales."""
CONSONANCE = np.array([0.0, -1.428, -0.582, 0.594, 0.386, 1.240, -0.453])
"""Consonance of the interval classes 0 (not counted) to 6: Huron 1994, Music Perception 11(3), three studies."""
LEAP = 7
"""Semitones; larger melodic steps are leaps."""
WINDOW_BARS = 8
LENGTH_EDGES = 2.0 ** np.arange(-3.25, 4.26, 0.5)
"""Beats, half an octave apart, so that the usual lengths lie in the middle of their bins."""
INTERVAL_MAX = 12


class Metrics(NamedTuple):
    """One piece; NaN where it is too short to tell."""

    scale_consistency: float
    groove_consistency: float
    pitch_class_entropy: float
    """Bits."""
    polyphony: float
    """Notes that sound at once while any does."""
    notes_per_beat: float
    notes_per_s: float
    mean_length_beats: float
    leap_share: float
    """Share of the melody's steps that are beyond a fifth."""
    mean_interval: float
    """Size of the melody's steps, in semitones."""
    dissonance: float
    """How far the pairs that sound together fall short of fifths in Huron's consonance (0), by time: mean over bars."""
    dissonance_peak: float
    """The same: the worst bar in twenty."""
    empty_bars: float
    repeats_4: float
    """Share of the places where four bars follow that have stood there before, note for note."""
    repeats_8: float
    register_drift: float
    """Semitones between the melody's mean pitch in the last quarter and in the first."""
    key_drift: float
    """How much less the last quarter's eight bars keep to one scale than the first's."""
    tension_diameter: float
    tension_momentum: float
    tension_strain: float


def measure(piece: Piece) -> Metrics:
    """All metrics of one piece."""
    steps = np.abs(np.diff(piece.pitch[piece.melody()]))
    dissonances = bar_dissonance(piece)
    tension = tension_of(piece)
    beats = max(1e-9, float(piece.bars[-1] - piece.bars[0]))
    return Metrics(
        scale_consistency=scale_consistency(piece.pitch),
        groove_consistency=groove_consistency(*on_grid(piece)),
        pitch_class_entropy=pitch_class_entropy(piece.pitch),
        polyphony=polyphony(piece.onset, piece.onset + piece.length),
        notes_per_beat=len(piece.pitch) / beats,
        notes_per_s=len(piece.pitch) / max(1e-9, piece.duration_s),
        mean_length_beats=float(piece.length.mean()),
        leap_share=_mean(steps > LEAP),
        mean_interval=_mean(steps),
        dissonance=_mean(dissonances),
        dissonance_peak=float(np.percentile(dissonances, 95)) if len(dissonances) else np.nan,
        empty_bars=empty_bars(piece),
        repeats_4=repeats(piece, 4),
        repeats_8=repeats(piece, 8),
        register_drift=register_drift(piece),
        key_drift=key_drift(piece),
        tension_diameter=_mean(tension.diameter),
        tension_momentum=_mean(tension.momentum),
        tension_strain=_mean(tension.strain),
    )


def _mean(values: npt.NDArray[np.generic]) -> float:
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")


# -- as muspy has them


def scale_consistency(pitch: Ints) -> float:
    """Largest share of the notes that lie in one major or natural minor scale."""
    return float((SCALES @ np.bincount(pitch % 12, minlength=12)).max() / len(pitch))


def pitch_class_entropy(pitch: Ints) -> float:
    share = np.bincount(pitch % 12, minlength=12) / len(pitch)
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


def groove_consistency(onset: Ints, last: int, steps_per_bar: int) -> float:
    """1 minus the mean share of steps in which neighbouring bars differ in whether a note begins.

    Args:
        onset: in steps from the first bar's start.
        last: where the last note ends; a note that ends with a bar opens another, empty one, as in muspy.
        steps_per_bar: one metre throughout.
    """
    n_bars = last // steps_per_bar + 1
    if n_bars < 2:
        return float("nan")
    begins = np.zeros(n_bars * steps_per_bar, bool)
    begins[onset] = True
    patterns = begins.reshape(n_bars, steps_per_bar)
    return float(1.0 - np.count_nonzero(patterns[:-1] != patterns[1:]) / (steps_per_bar * (n_bars - 1)))


def on_grid(piece: Piece) -> tuple[Ints, int, int]:
    """Onsets, last end and bar length in steps for the bars of the piece's commonest length, the others left out."""
    bars = np.round(piece.bars * STEPS_PER_BEAT).astype(np.int64)
    lengths = np.diff(bars)
    usual = int(np.bincount(lengths).argmax())
    kept = lengths == usual
    start = np.round(piece.onset * STEPS_PER_BEAT).astype(np.int64)
    bar = np.searchsorted(bars, start, side="right") - 1
    inside = (bar >= 0) & (bar < len(kept))
    inside[inside] = kept[bar[inside]]
    number = np.cumsum(kept) - 1
    onset = number[bar[inside]] * usual + start[inside] - bars[bar[inside]]
    end = onset + np.round(piece.length[inside] * STEPS_PER_BEAT).astype(np.int64)
    return onset, int(min(end.max(initial=0), kept.sum() * usual)), usual


# -- texture and harmony


def polyphony(start: Floats, end: Floats) -> float:
    times = np.concatenate((start, end))
    order = np.argsort(times, kind="stable")
    n_sounding = np.cumsum(np.concatenate((np.ones(len(start)), -np.ones(len(end))))[order])[:-1]
    spans = np.diff(times[order])
    heard = n_sounding > 0
    return float((n_sounding * spans)[heard].sum() / max(1e-9, spans[heard].sum()))


def bar_dissonance(piece: Piece) -> Floats:
    """Dissonance of each bar in which two pitch classes sound together; slices are sixteenths."""
    edges = np.arange(piece.bars[0], piece.bars[-1] + 1e-6, 1 / STEPS_PER_BEAT)
    weights = chroma(piece.onset, piece.onset + piece.length, piece.pitch, edges)
    pairs = np.stack([(weights * np.roll(weights, -gap, axis=1)).sum(axis=1) for gap in range(1, 7)], axis=1)
    pairs[:, 5] /= 2.0  # a tritone meets itself from both sides
    together = pairs.sum(axis=1)
    heard = together > 1e-12
    rough = CONSONANCE.max() - (pairs[heard] @ CONSONANCE[1:]) / together[heard]
    bar = np.searchsorted(piece.bars, edges[:-1][heard] + 1e-6, side="right") - 1
    counts = np.bincount(bar)
    return np.asarray(np.bincount(bar, rough)[counts > 0] / counts[counts > 0])


# -- repetition and drift


def bar_of(piece: Piece) -> Ints:
    """The bar each note begins in, on the grid; -1 or the number of bars outside."""
    steps = np.round(piece.onset * STEPS_PER_BEAT)
    return np.searchsorted(np.round(piece.bars * STEPS_PER_BEAT), steps, side="right") - 1


def bar_contents(piece: Piece) -> list[frozenset[Hashable]]:
    """The (step, pitch) pairs of each bar."""
    contents: list[set[Hashable]] = [set() for _ in range(len(piece.bars) - 1)]
    starts = np.round(piece.bars * STEPS_PER_BEAT)
    for bar, onset, pitch in zip(bar_of(piece).tolist(), piece.onset.tolist(), piece.pitch.tolist(), strict=True):
        if 0 <= bar < len(contents):
            contents[bar].add((round(onset * STEPS_PER_BEAT) - int(starts[bar]), pitch))
    return [frozenset(content) for content in contents]


def empty_bars(piece: Piece) -> float:
    """Share of bars in which nothing sounds."""
    last = np.maximum.accumulate(piece.onset + piece.length)
    before = np.searchsorted(piece.onset, piece.bars[1:] - 1e-6) - 1
    rings = np.where(before >= 0, last[np.maximum(before, 0)], -np.inf)
    return float((rings <= piece.bars[:-1] + 1e-6).mean())


def repeats(piece: Piece, n_bars: int) -> float:
    """Share of the places, from the first where it could be, at which `n_bars` bars follow that stood there before."""
    contents = bar_contents(piece)
    sections = [tuple(contents[at : at + n_bars]) for at in range(len(contents) - n_bars + 1)]
    first: dict[Hashable, int] = {}
    found = []
    for at, section in enumerate(sections):
        begun = first.setdefault(section, at)
        if at >= n_bars:
            found.append(begun <= at - n_bars and any(section))
    return _mean(np.array(found))


def register_drift(piece: Piece) -> float:
    """How far the melody has moved from the first quarter of the piece to the last, in semitones."""
    tune = piece.melody()
    quarter = (piece.onset[tune] - piece.bars[0]) / max(1e-9, float(piece.bars[-1] - piece.bars[0])) * 4.0
    first, last = piece.pitch[tune][quarter < 1.0], piece.pitch[tune][quarter >= 3.0]
    return abs(_mean(last) - _mean(first))


def key_drift(piece: Piece) -> float:
    """Scale consistency of windows of eight bars in the first quarter minus that in the last."""
    bar = bar_of(piece)
    n_bars = len(piece.bars) - 1
    starts = range(0, max(1, n_bars - WINDOW_BARS + 1), WINDOW_BARS // 2)
    windows = [piece.pitch[(bar >= start) & (bar < start + WINDOW_BARS)] for start in starts]
    kept = np.array([scale_consistency(window) if len(window) else np.nan for window in windows])
    quarter = max(1, len(kept) // 4)
    return _mean(kept[:quarter]) - _mean(kept[-quarter:])


# -- distributions


def length_shares(piece: Piece) -> Floats:
    """Shares of the notes per bin of length."""
    inside = np.clip(piece.length, LENGTH_EDGES[0], LENGTH_EDGES[-1] - 1e-6)
    return np.asarray(np.histogram(inside, LENGTH_EDGES)[0] / len(inside))


def interval_shares(piece: Piece) -> Floats:
    """Shares of the melody's steps, from an octave or more down to an octave or more up."""
    steps = np.clip(np.diff(piece.pitch[piece.melody()]), -INTERVAL_MAX, INTERVAL_MAX) + INTERVAL_MAX
    return np.asarray(np.bincount(steps, minlength=2 * INTERVAL_MAX + 1) / max(1, len(steps)))


def overlap(shares: Sequence[Floats], reference: Sequence[Floats]) -> float:
    """Area that the mean distributions of two sets of pieces have in common: 1 minus their total variation."""
    return float(np.minimum(np.mean(shares, axis=0), np.mean(reference, axis=0)).sum())
