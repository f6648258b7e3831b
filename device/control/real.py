"""Numbers of control: a float for the one listener of the box, or an array with one value for each of a cohort.

What is written with these runs unchanged on the box, in the benches and in training, so that what was measured is what
ships. It asks no `if` of a number: `numpy.where` and its kin choose.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Real: TypeAlias = Any
"""A float, or an array of shape (listeners,); NumPy has no type that says both without a cast in each formula."""


def clip(value: Real, low: Real, high: Real) -> Real:
    """`value` brought between `low` and `high`."""
    if isinstance(value, float) and isinstance(low, float) and isinstance(high, float):
        return min(max(value, low), high)  # the same, for one listener several times faster
    return np.minimum(np.maximum(value, low), high)


def at_least(value: Real, low: float) -> Real:
    """`value`, or `low` where that is more."""
    return max(value, low) if isinstance(value, float) else np.maximum(value, low)


def plain(value: Real) -> Real:
    """The same; for one listener as Python's own float, with which long formulas take half the time."""
    return value.item() if isinstance(value, np.generic) else value


def unit(value: Real) -> Real:
    """`value` brought between -1 and 1."""
    return clip(value, -1.0, 1.0)


def where(condition: Real, one: Real, other: Real) -> Real:
    """`one` where the condition holds, else `other`; a number stays a number."""
    if isinstance(condition, bool | np.bool_):
        return one if condition else other
    chosen: Real = np.where(condition, one, other)
    return chosen[()]


def fade(count: Real, since_s: Real, constant_s: float) -> Real:
    """What is left of a count of events `since_s` later."""
    return count * np.exp(-since_s / constant_s)


def towards(value: Real, aim: Real, since_s: Real, constant_s: Real) -> Real:
    """`value` after it went towards `aim` for `since_s`, with a time constant."""
    return aim + (value - aim) * np.exp(-since_s / constant_s)
