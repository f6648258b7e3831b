"""The pace of swells to breathe along with: three quarters of the listener's own rate at rest.

Of the paces that Leslie et al. 2019 ("Engineering music to slow breathing") compared, this one slowed breathing best.
"""

from __future__ import annotations

import math
import statistics

from device.messages import FeatureFrame

SHARE = 0.75
RATE = "respiration.rate_bpm"
RATES = 240
"""Number of rates that count, a minute's, the first known ones: later ones show what the swells made of the breath."""


class Breath:
    """Takes rates of breathing and gives a pace; a listener whose breath cannot be told has none."""

    def __init__(self) -> None:
        self._rates: list[float] = []

    def hear(self, frame: FeatureFrame) -> None:
        """Take the rate of breathing from a frame that knows it."""
        if RATE in frame.names and len(self._rates) < RATES:
            rate = frame.values[frame.names.index(RATE)]
            if math.isfinite(rate):
                self._rates.append(rate)

    @property
    def swells_per_min(self) -> float:
        """0 while no rate is known."""
        return SHARE * statistics.median(self._rates) if self._rates else 0.0
