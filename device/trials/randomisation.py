"""Tests a difference by the very randomisation that assigned the blocks, and gives its interval.

Only the labels are left to chance, within each stratum, so the share of false positives is held whatever the outcomes
are like: autocorrelated, drifting, tied or heavy-tailed (Edgington and Onghena, Randomization Tests, 4th edition,
2007; for one person: Dugard, File and Todman 2012). Levels of the strata, and a common drift over the places within
them, are taken out of the outcomes first: that touches no label, and so costs no validity (Rosenbaum 2002).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS_MIN, DRAWS_MAX = 1_999, 4_999
CELLS = 4_000_000
"""Draws times units that are looked at: fewer draws for the largest tables, and never fewer than the least."""
CHUNK = 100
"""Draws that are dealt at once."""
SEED = 0
"""The same table has the same verdict, always."""
TIE = 1e-9
"""Statistics that differ by less, relatively, are the same number."""
CONFOUNDED = 0.8
"""Share of the treatment that the place explains from which on drift and effect can no longer be told apart."""


class Design(NamedTuple):
    """Units, which are blocks or means of several, in the order of their strata; arrays of shape (units,)."""

    stratum: npt.NDArray[np.int64]
    """Number of the stratum, within which the labels were left to chance; from 0, in order."""
    treated: npt.NDArray[np.bool_]
    place: Floats | None = None
    """When the unit was, within its stratum; None: not known."""


class Contrast(NamedTuple):
    """Treated against untreated units, strata for strata."""

    estimate: float
    """Mean difference, in units of the outcome."""
    error: float
    """Its standard error; NaN where nothing is left to estimate it from."""
    sd: float
    """Standard deviation of a unit beside strata, drift and treatment."""
    information: float
    """What the design tells of the difference: the variance of the estimate is that of a unit divided by this."""
    p: float
    """Two-sided."""
    low: float
    high: float
    """The interval of level 1 - alpha."""


def contrast(design: Design, outcome: Floats, alpha: float = 0.05) -> Contrast:
    """Estimate and test the difference; without any information all but `p` (1) and `information` (0) is NaN."""
    left, drift = _without_levels(design, outcome)
    sums = np.stack([left, drift], axis=1)
    within = _spread_within(design)
    treated_sum, along = design.treated @ sums
    information = float(within - along**2)
    if information < TIE:
        return Contrast(math.nan, math.nan, math.nan, 0.0, 1.0, math.nan, math.nan)
    estimate = float(treated_sum) / information
    # Sum of squares that the treatment explains: it orders the draws as Student's t does, and needs no division by 0.
    explained = estimate**2 * information
    total = float(left @ left)
    draws = _draws(_sizes(design), min(DRAWS_MAX, max(DRAWS_MIN, CELLS // len(left))))
    drawn_sums = draws @ sums
    drawn = np.sort(drawn_sums[:, 0] ** 2 / np.maximum(within - drawn_sums[:, 1] ** 2, TIE))
    p = (1 + np.count_nonzero(drawn >= explained * (1 - TIE))) / (1 + len(drawn))
    freedom = len(left) - int(design.stratum[-1]) - 2 - bool(drift.any())
    if freedom < 1:
        return Contrast(estimate, math.nan, math.nan, information, float(p), math.nan, math.nan)
    sd = math.sqrt(max(0.0, total - explained) / freedom)
    error = sd / math.sqrt(information)
    reach = error * _critical(drawn, total, freedom, alpha)
    if p >= alpha and reach < abs(estimate):
        reach = math.nan  # so few labels explain all there is that chance might have dealt them: no end is known
    return Contrast(estimate, error, sd, information, float(p), estimate - reach, estimate + reach)


def _critical(drawn: Floats, total: float, freedom: int, alpha: float) -> float:
    """Student's t that a share of less than `alpha` of the draws, the actual one among them, goes beyond.

    It is a hair more, so that an estimate that just reaches it has an interval with 0 inside.
    """
    rank = min(math.floor((1 - alpha) * (len(drawn) + 1)), len(drawn) - 1)
    explained = float(drawn[rank]) * (1 + 4 * TIE)
    return math.sqrt(explained * freedom / max(total - explained, TIE * total)) if total > 0 else 0.0


def _without_levels(design: Design, outcome: Floats) -> tuple[Floats, Floats]:
    """What is left of the outcomes without levels and drift, and the drift of length 1; 0 where none is taken out."""
    left, none = _centred(outcome, design.stratum), np.zeros(len(outcome))
    if design.place is None:
        return left, none
    drift = _centred(design.place, design.stratum)
    length = math.sqrt(float(drift @ drift))
    if length < TIE or is_confounded(design):
        return left, none
    drift /= length
    return left - (left @ drift) * drift, drift


def is_confounded(design: Design) -> bool:
    """Whether the place explains so much of the treatment that drift and effect cannot be told apart."""
    if design.place is None:
        return False
    drift = _centred(design.place, design.stratum)
    return float(design.treated @ drift) ** 2 > CONFOUNDED * _spread_within(design) * float(drift @ drift)


def _spread_within(design: Design) -> float:
    """Sum of squares of the labels within strata, whatever their order."""
    counts = np.bincount(design.stratum, weights=design.treated)
    return float(np.sum(counts - counts**2 / np.bincount(design.stratum)))


def _centred(values: Floats, stratum: npt.NDArray[np.int64]) -> Floats:
    means = np.bincount(stratum, weights=values) / np.bincount(stratum)
    centred: Floats = values - means[stratum]
    return np.where(np.abs(centred) > TIE * np.max(np.abs(values), initial=0.0), centred, 0.0)


def _sizes(design: Design) -> tuple[tuple[int, int], ...]:
    """Units and treated units of each stratum."""
    counts = np.bincount(design.stratum, weights=design.treated)
    return tuple(zip(np.bincount(design.stratum).tolist(), counts.astype(int).tolist(), strict=True))


@lru_cache(maxsize=4)
def _draws(sizes: tuple[tuple[int, int], ...], n_draws: int) -> Floats:
    """Labels as chance might have dealt them, of shape (draws, units)."""
    random = np.random.default_rng(SEED)
    labels = np.concatenate([np.arange(size) < treated for size, treated in sizes]).astype(np.float64)
    stratum = np.repeat(np.arange(len(sizes)), [size for size, _ in sizes])
    draws = np.empty((n_draws, len(labels)))
    for begin in range(0, n_draws, CHUNK):
        part = draws[begin : begin + CHUNK]
        part[:] = labels[np.argsort(stratum + random.random(part.shape), axis=1)]
    return draws
