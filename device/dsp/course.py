"""Holds a slow measure against its own last 20 minutes.

Rest at the start is soon long ago: skin conductance creeps, hearts settle. A value that is high for the last 20 minutes
tells of strain where one that is high for the session does not: on the open wristband recordings that is worth five
points.
"""

from __future__ import annotations

import math
from collections import deque

REACH_S = 1200.0
GAP_S = 60.0
"""A longer silence begins another course."""


class Course:
    """Running mean of the values of the last 20 minutes, one a second or so."""

    def __init__(self) -> None:
        self._values: deque[tuple[int, float]] = deque()

    def rise(self, t_ns: int, value: float) -> float:
        """Take a value and tell how far it is above the mean of the course with it; NaN where it is not known."""
        if not math.isfinite(value):
            return math.nan
        if self._values and not 0 <= t_ns - self._values[-1][0] <= GAP_S * 1e9:
            self._values.clear()
        self._values.append((t_ns, value))
        while t_ns - self._values[0][0] > REACH_S * 1e9:
            self._values.popleft()
        # Summed anew: a running sum would remember what has left it by its rounding.
        return value - math.fsum(known for _, known in self._values) / len(self._values)
