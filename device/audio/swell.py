"""Swells of the sound that a listener can breathe along with, more slowly than they breathe.

Pacing at 75 % of the listener's own rate slowed breathing best in Leslie et al. 2019 ("Engineering music to slow
breathing", CHI), where the envelope of the loudness did it. Ours only ever takes away from the loudness.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from device.audio.safety.limits import Ramp

PER_MIN_LOW, PER_MIN_HIGH = 3.0, 20.0
DEPTH_MAX_DB = 3.0
DEPTH_DB_S = 0.1
"""How fast swells grow and are lost again; it comes twice (sink and swell) on top of their own slope."""


class Swell(NamedTuple):
    """A cosine from 0 to minus twice its depth, in step since `start_frame`; with depth 0 there is none."""

    start_frame: float
    period_frames: float
    depth_db: Ramp
    slope_db_s: float
    """The most that the loudness changes by it."""
    sfreq_hz: int

    @classmethod
    def silent(cls, slope_db_s: float, sfreq_hz: int) -> Swell:
        """The swell that takes nothing away."""
        return cls(0.0, 60.0 * sfreq_hz, Ramp(0, 0.0, 0.0, DEPTH_DB_S / sfreq_hz), slope_db_s, sfreq_hz)

    def at(self, frame: int) -> float:
        """What the swell takes from the loudness, in dB, 0 or negative."""
        phase = 2.0 * math.pi * (frame - self.start_frame) / self.period_frames
        return -self.depth_db.at(frame) * (1.0 - math.cos(phase))

    def sounds(self, frame: int) -> bool:
        """Whether there is a swell, or will be."""
        return self.depth_db.at(frame) > 0.0 or self.depth_db.target > 0.0

    def turned(self, frame: int, per_min: float) -> Swell:
        """The swell at another rate from `frame` on, from the same place in it; at 0 (or no number) it dies away.

        A rate that is too quick for the depth there is comes nearer each time it is asked for.
        """
        if not per_min > 0.0:
            return self._replace(depth_db=self.depth_db.towards(0.0, frame))
        wanted_period = 60.0 * self.sfreq_hz / min(max(per_min, PER_MIN_LOW), PER_MIN_HIGH)
        deepest_per_frame = max(0.0, self.slope_db_s - 2.0 * DEPTH_DB_S) / self.sfreq_hz / (2.0 * math.pi)
        depth, depth_now = min(DEPTH_MAX_DB, deepest_per_frame * wanted_period), self.depth_db.at(frame)
        # Deep swells become shallower before they may become as quick as asked.
        period = max(wanted_period, depth_now / deepest_per_frame) if deepest_per_frame else wanted_period
        passed = (frame - self.start_frame) / self.period_frames if depth_now else 0.0
        start = frame - passed * period
        return self._replace(start_frame=start, period_frames=period, depth_db=self.depth_db.towards(depth, frame))
