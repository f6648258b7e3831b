"""Notices that a channel has drifted from its baseline in a way that is not the listener's state.

Load moves power between the bands: some features of a channel rise, others fall, and their mean stays near its rest
(27 people at mental arithmetic: never beyond 1.2 resting standard deviations in a minute's mean). An electrode that
dries or slips moves all one way. So a slow mean (EWMA) of the mean over features that leaves what states reach is
drift. A channel of one feature, as a wristband's are, has nothing that cancels and is not judged.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

TIME_CONSTANT_S = 60.0
DRIFT_MIN = 1.4
"""Distance that neither rest nor load reaches, in resting standard deviations."""
FEATURES_MIN = 3
CLIP = 4.0
"""One wild window is no drift."""
STEP_MAX_S = 1.0
"""A frame after a pause stands for no more than this."""
WEIGHT_MIN = 0.3
"""A source whose channels have all drifted far is still heard so far."""


class Drift:
    """Slow mean of how far each channel's features lie from rest, all in one direction."""

    def __init__(self, n_channels: int, n_features: int) -> None:
        self._is_judged = n_channels > 0 and n_features >= FEATURES_MIN
        self._mean = np.zeros(n_channels)
        self._heard_s = np.zeros(n_channels)

    def add(self, z: FloatArray, usable: NDArray[np.bool_], since_s: float) -> None:
        """Take z-scores (channels, features); channels that are not usable keep what they had."""
        if not self._is_judged or not usable.any():
            return
        lifted = np.clip(np.nan_to_num(z[usable]), -CLIP, CLIP).mean(axis=1)
        seconds = min(since_s, STEP_MAX_S)
        self._heard_s[usable] += seconds
        # A plain mean while little was heard, then one that forgets.
        gain = seconds / np.minimum(TIME_CONSTANT_S, self._heard_s[usable])
        self._mean[usable] += gain * (lifted - self._mean[usable])

    @property
    def distance(self) -> FloatArray:
        """Distance of each channel from rest, 1 where drift begins; 0 until it was heard for a time constant."""
        return np.asarray(np.where(self._heard_s >= TIME_CONSTANT_S, np.abs(self._mean) / DRIFT_MIN, 0.0))

    @property
    def drifted(self) -> NDArray[np.bool_]:
        """Which channels have drifted, shape (channels,)."""
        return np.asarray(self.distance > 1)

    @property
    def weight(self) -> float:
        """How far the source is still to be heard: falls from 1 as channels go beyond the limit."""
        if not self._is_judged:
            return 1.0
        return 1 - (1 - WEIGHT_MIN) * float(np.clip(self.distance - 1, 0.0, 1.0).max())
