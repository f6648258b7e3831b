"""Two policies on the same listeners: how large their difference is, and how sure of it one can be."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RESAMPLES = 2000
CONFIDENCE = 0.99
WORST_SHARE = 0.05
CHUNK = 50


class Interval(NamedTuple):
    """An estimate between its ends."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{CONFIDENCE:.0%} interval {self.low:+.1%} to {self.high:+.1%}"


def gain(ours: Floats, theirs: Floats, seed: int = 0) -> Interval:
    """By which share the mean over listeners is greater with `ours`, with a bootstrap interval over pairs.

    Both have shape (listeners,), the same listener at the same place: what makes listeners differ is no noise then
    (percentile bootstrap, Efron & Tibshirani 1993, chapter 13).

    Raises:
        ValueError: they are no pairs.
    """
    if ours.shape != theirs.shape or ours.ndim != 1:
        raise ValueError("a listener has one value with each policy")
    shares = _resampled(ours, theirs, np.random.default_rng(seed))
    low, high = np.quantile(shares, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(_share(ours.mean(), theirs.mean())), float(low), float(high))


def worst(values: Floats, share: float = WORST_SHARE) -> float:
    """The mean of the greatest `share` of the values: how those fare who fare worst, where greater is worse."""
    count = max(1, round(share * len(values)))
    return float(np.partition(values, -count)[-count:].mean())


def _resampled(ours: Floats, theirs: Floats, random: np.random.Generator) -> Floats:
    """The gain in each of `RESAMPLES` draws of as many pairs, with replacement."""
    shares = []
    for _ in range(0, RESAMPLES, CHUNK):
        drawn = random.integers(len(ours), size=(CHUNK, len(ours)))
        shares.append(_share(ours[drawn].mean(axis=1), theirs[drawn].mean(axis=1)))
    return np.concatenate(shares)


def _share(ours: Any, theirs: Any) -> Any:
    return (ours - theirs) / np.maximum(np.abs(theirs), 1e-9)
