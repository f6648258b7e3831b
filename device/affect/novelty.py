"""Says which channels look like nothing the reader has ever learnt, so that it does not read them.

A net answers everything, noise too. A channel's features are held against those of all people and headsets in training,
before anybody's own rest: so a scrambled signal is refused as a baseline already. What the checks of `dsp.quality` name
by their cause (railed, hum, muscle) is caught there; this is for the rest.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray


class Normal(msgspec.Struct, frozen=True):
    """Mean and spread of a channel's features over people, and how far from them is too far."""

    mean: list[float]
    """Shape (features,)."""
    whitening: list[list[float]]
    """Shape (features, features): deviations times this have unit covariance."""
    distance_max: float
    """Greatest Mahalanobis distance that is still read."""


class Familiar:
    """Mahalanobis distance from the normal."""

    def __init__(self, normal: Normal) -> None:
        self._mean, self._whitening = np.array(normal.mean), np.array(normal.whitening)
        self._distance_max = normal.distance_max

    def is_strange(self, values: FloatArray) -> NDArray[np.bool_]:
        """Which channels of (..., channels, features) are beyond; one with an unknown feature is."""
        return np.asarray(~(self.distance(values) <= self._distance_max))

    def distance(self, values: FloatArray) -> FloatArray:
        """Shape (..., channels); NaN where a feature is."""
        with np.errstate(invalid="ignore"):  # an infinite feature is beyond, whatever comes of it
            distance: FloatArray = np.linalg.norm((values - self._mean) @ self._whitening, axis=-1)
        return distance
