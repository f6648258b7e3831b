"""Finds the gain that brings music to its loudness, whatever instruments and however many notes play; slowly.

It learns how loud the music is that comes in, over what sounds and not over the rests between, and answers with a gain
that drifts. A gain that follows a phrase would be heard to pump, so it takes tens of seconds to follow.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from device.audio.filters import BlockFilter
from device.audio.loudness import OFFSET_LU, k_weighting, to_lufs

MEMORY_S = 20.0
"""Sound counts for this long."""
FIRST_S = 1.5
"""So much sound stands for the music before anything was heard: the beginning is found in seconds."""
GATE_LU = 10.0
"""What is softer than the rest by this is a rest, or ringing out, and is not raised (as in EBU R128)."""
GATE_LUFS = -70.0
MOMENTARY_S = 0.4
"""What passes the gate is judged over this long, as EBU R128 does; else the gaps between short notes would be rests."""
RECENT_S = 3.0
SINK_DB_S = 0.2
"""The gate sinks while nothing passes it, so that music which stays soft is heard as music after a while."""
DRIFT_DB_S = 0.5
GAIN_MIN_DB, GAIN_MAX_DB = -24.0, 24.0
FULL_POWER = 1e4
"""More than any sound; what is no number counts for nothing."""


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - OFFSET_LU) / 10.0))


GATE_POWER = _power(GATE_LUFS)


class Leveller:
    """Call `gain_db` once for each block of music, with the block as it comes in."""

    def __init__(self, wanted_lufs: float, usual_lufs: float, sfreq_hz: int, block_frames: int) -> None:
        self._filter = BlockFilter(k_weighting(sfreq_hz), block_frames)
        self._wanted_lufs = wanted_lufs
        self._block_s = block_frames / sfreq_hz
        self._energy = _power(usual_lufs) * FIRST_S
        self._heard_s = FIRST_S
        self._sounds = self._recent = 0.0
        """Power of what sounded in the last seconds, and of all that came, rests too."""
        self._momentary: deque[float] = deque(maxlen=max(1, round(MOMENTARY_S / self._block_s)))
        self._gain_db = self._aim_db()

    def gain_db(self, block: npt.NDArray[np.floating]) -> float:
        """The gain for this block, at most `DRIFT_DB_S` from the one before."""
        weighted = self._filter.pass_on(block)
        power = float(np.vdot(weighted, weighted)) / len(block)
        power = min(power, FULL_POWER) if power >= 0.0 else 0.0
        self._recent += (power - self._recent) * self._block_s / RECENT_S
        self._momentary.append(power)
        self._learn(sum(self._momentary) / len(self._momentary))
        step_db = DRIFT_DB_S * self._block_s
        self._gain_db += min(max(self._aim_db() - self._gain_db, -step_db), step_db)
        return self._gain_db

    def recent_lufs(self) -> float:
        """Loudness of the last seconds with its gain, rests included."""
        return to_lufs(self._recent) + self._gain_db

    def _learn(self, power: float) -> None:
        if power <= GATE_POWER:
            return
        if power < self._sounds * 10.0 ** (-GATE_LU / 10.0):
            self._sounds *= 10.0 ** (-SINK_DB_S * self._block_s / 10.0)
            return
        self._sounds += (power - self._sounds) * (self._block_s / RECENT_S if self._sounds else 1.0)
        kept = min(1.0, MEMORY_S / (self._heard_s + self._block_s))
        self._energy = kept * (self._energy + power * self._block_s)
        self._heard_s = kept * (self._heard_s + self._block_s)

    def _aim_db(self) -> float:
        heard_lufs = to_lufs(self._energy / self._heard_s)
        return min(max(self._wanted_lufs - heard_lufs, GAIN_MIN_DB), GAIN_MAX_DB)
