"""Calibrates a source with the listener's own words: pairs of its log-odds and what the listener reported just then.

A small Bayesian map, logit' = slope * logit + shift, is fitted to them. It is used only if it foretells blocks of words
that it was not fitted to: better than one fixed answer would (else words and sensors do not agree), and better than the
source as it is (else there is nothing to mend). Where the source is about another axis, time alone must be beaten too.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from device.dsp.windows import FloatArray

NEUTRAL = 0.1
"""A report nearer to the middle takes no side."""
SIDE_MIN = 6
"""Words needed on either side of the axis."""
TAPS_MAX = 60
"""Greatest number of words that count: the newest ones."""
CORRECTION_S = 10.0
"""A word that follows sooner takes the place of the one before."""
BLOCK_S = 300.0
"""Words within this time are not independent: they are left out together."""
GAIN_MIN = 2.0
"""Least gain in log-likelihood over one fixed answer. Under 1 of 100 scrambled sets reach it; in whole sessions of 36
scrambled words up to 4 of 100 do so at some moment."""
FOREIGN_GAIN_MIN = 6.0
"""The same for a source whose log-odds are about another axis: that is a claim, and either direction would do. Up to 2
of 100 whole sessions of scrambled words reach it."""
TREND_STEEPNESS = 2.0
"""Log-odds that a plain trend reaches one standard deviation of time from the middle."""
SLOPE_SD, SHIFT_SD = 0.5, 1.0
NEWTON_STEPS = 12
LOGIT_BOUND = 6.0

Verdict = Literal["too few", "agrees", "mends", "disagrees"]


class Tap(NamedTuple):
    t_ns: int
    log_odds: float
    report: float
    """-1 to 1."""


class Map(NamedTuple):
    """logit' = slope * logit + shift, and how unsure both are."""

    slope: float
    shift: float
    variance: tuple[float, float, float]
    """Variance of the slope, variance of the shift, and their covariance."""

    def apply(self, log_odds: FloatArray) -> FloatArray:
        """Log-odds as the listener would put them, drawn towards 0 by what is not known of the map."""
        slope, shift, both = self.variance
        unsure = slope * log_odds**2 + 2 * both * log_odds + shift
        moved: FloatArray = (self.slope * log_odds + self.shift) / np.sqrt(1 + np.pi / 8 * np.maximum(unsure, 0.0))
        return np.clip(moved, -LOGIT_BOUND, LOGIT_BOUND)


IDENTITY = Map(1.0, 0.0, (0.0, 0.0, 0.0))


class Taps:
    """Words about one axis beside what one source read; `is_aligned`: whether its log-odds are about that axis at all.

    An aligned source's map begins at identity and may not turn it around. Another's begins at nothing, and takes either
    direction.
    """

    def __init__(self, *, is_aligned: bool) -> None:
        self._is_aligned = is_aligned
        self._gain_min = GAIN_MIN if is_aligned else FOREIGN_GAIN_MIN
        self._taps: list[Tap] = []
        self._judged: tuple[Verdict, Map] | None = None

    def __len__(self) -> int:
        return len(self._taps)

    def take(self, tap: Tap) -> None:
        """Add a word; one that takes no side tells nothing."""
        if abs(tap.report) < NEUTRAL:
            return
        if self._taps and tap.t_ns - self._taps[-1].t_ns < CORRECTION_S * 1e9:
            self._taps.pop()
        self._taps = [*self._taps, tap][-TAPS_MAX:]
        self._judged = None

    @property
    def verdict(self) -> Verdict:
        return self._judgement()[0]

    @property
    def map(self) -> Map:
        """The map to use: identity unless another was borne out."""
        return self._judgement()[1]

    def _judgement(self) -> tuple[Verdict, Map]:
        self._judged = self._judged or self._judge()
        return self._judged

    def _judge(self) -> tuple[Verdict, Map]:
        log_odds = np.clip([tap.log_odds for tap in self._taps], -LOGIT_BOUND, LOGIT_BOUND)
        side = np.array([float(tap.report > 0) for tap in self._taps])
        if min(side.sum(), (1 - side).sum()) < SIDE_MIN:
            return "too few", IDENTITY
        held_out = self._held_out(log_odds, side)
        fixed = likelihood(np.full_like(side, logit_of(float(side.mean()))), side)
        as_it_is = likelihood(log_odds, side)
        if self._is_aligned and as_it_is >= max(held_out, fixed + self._gain_min):
            return "agrees", IDENTITY
        rival = fixed if self._is_aligned else max(fixed, self._time_alone(side))
        if held_out < rival + self._gain_min:
            return "disagrees", IDENTITY
        return "mends", fit(log_odds, side, is_aligned=self._is_aligned)

    def _held_out(self, log_odds: FloatArray, side: FloatArray) -> float:
        """Log-likelihood of each block under the map that all the other blocks give."""
        blocks = self._blocks()
        total = 0.0
        for block in np.unique(blocks):
            out = blocks == block
            found = fit(log_odds[~out], side[~out], is_aligned=self._is_aligned)
            total += likelihood(found.apply(log_odds[out]), side[out])
        return total

    def _time_alone(self, side: FloatArray) -> float:
        """Log-likelihood of words that merely change as the session goes on: calming is what it is for."""
        t_s = np.array([tap.t_ns - self._taps[0].t_ns for tap in self._taps]) / 1e9
        course = TREND_STEEPNESS * (t_s - t_s.mean()) / max(float(t_s.std()), 1.0)
        return likelihood(fit(course, side, is_aligned=False).apply(course), side)

    def _blocks(self) -> FloatArray:
        """Number of the block each word lies in; one begins with the first word that the last does not hold."""
        numbers, begin_ns = [0.0], self._taps[0].t_ns
        for tap in self._taps[1:]:
            is_new = tap.t_ns - begin_ns > BLOCK_S * 1e9
            begin_ns = tap.t_ns if is_new else begin_ns
            numbers.append(numbers[-1] + is_new)
        return np.array(numbers)


def fit(log_odds: FloatArray, side: FloatArray, *, is_aligned: bool) -> Map:
    """The most probable map from log-odds to the side that was reported (0 or 1), by Newton's method."""
    rows = np.stack((log_odds, np.ones_like(log_odds)), axis=1)
    prior_mean, prior_precision = np.array([float(is_aligned), 0.0]), np.diag([SLOPE_SD**-2, SHIFT_SD**-2])
    found, hessian = _climb(rows, side, prior_mean, prior_precision)
    if is_aligned and found[0] < 0:
        flat, hessian_flat = _climb(rows[:, 1:], side, prior_mean[1:], prior_precision[1:, 1:])
        return Map(0.0, float(flat[0]), (0.0, float(1 / hessian_flat[0, 0]), 0.0))
    spread = np.linalg.inv(hessian)
    return Map(float(found[0]), float(found[1]), (float(spread[0, 0]), float(spread[1, 1]), float(spread[0, 1])))


def _climb(
    rows: FloatArray, side: FloatArray, mean: FloatArray, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The parameters of greatest posterior probability, and the curvature there."""
    found = mean.copy()
    hessian = precision
    for _ in range(NEWTON_STEPS):
        expected = 0.5 * (1 + np.tanh(rows @ found / 2))
        gradient = rows.T @ (side - expected) - precision @ (found - mean)
        hessian = (rows * (expected * (1 - expected))[:, None]).T @ rows + precision
        step = np.linalg.solve(hessian, gradient)
        found = found + step / max(1.0, float(np.abs(step).max()))
    return found, hessian


def likelihood(log_odds: FloatArray, side: FloatArray) -> float:
    """Log-likelihood of reported sides (0 or 1)."""
    return float(-(np.logaddexp(0.0, -log_odds) * side + np.logaddexp(0.0, log_odds) * (1 - side)).sum())


def logit_of(side: float) -> float:
    bounded = min(max(side, 1e-3), 1 - 1e-3)
    return math.log(bounded / (1 - bounded))
