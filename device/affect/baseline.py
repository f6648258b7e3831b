"""The listener's own rest: what each feature of each channel is at the start, so that later change can be read.

The largest single gain there is (0.67 to 0.77 on the open EEG recordings), and it needs no labels. A minute is short,
so mean and spread are drawn towards those of the people in training, the spread more than the mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

CHANNEL_SHARE = 0.25
"""A channel needs this share of the baseline to be read later."""


class Population(NamedTuple):
    """Rest of the people in training, per channel and feature, and how many seconds their word is worth."""

    mean: FloatArray
    sd: FloatArray
    mean_weight_s: float
    sd_weight_s: float


class Baseline:
    """Running mean and spread of (channels, features) over the first `wanted_s` usable seconds."""

    def __init__(self, population: Population, wanted_s: float) -> None:
        self._population, self._wanted_s = population, wanted_s
        self._weight_s = np.zeros_like(population.mean)
        self._sum = np.zeros_like(population.mean)
        self._sum_squares = np.zeros_like(population.mean)
        self.covered_s = 0.0
        self.closed = False
        """Whether rest is over, however much of it was usable."""

    @property
    def complete(self) -> bool:
        return self.covered_s >= self._wanted_s * (CHANNEL_SHARE if self.closed else 1.0)

    @property
    def ready_channels(self) -> NDArray[np.bool_]:
        """Channels that were usable long enough, shape (channels,)."""
        return np.asarray((self._weight_s >= CHANNEL_SHARE * self._wanted_s).any(axis=1))

    def add(self, values: FloatArray, usable: NDArray[np.bool_], since_s: float, window_s: float) -> None:
        """Take features (channels, features) of a window that ended `since_s` after the one before.

        The first stands for all of its window, a later one for what is new in it.
        """
        if not usable.any() or self.complete or self.closed:
            return
        seconds = min(since_s, window_s) if self.covered_s else window_s
        known = usable[:, None] & np.isfinite(values)
        weight_s = np.where(known, seconds, 0.0)
        deviation = np.where(known, values - self._population.mean, 0.0)
        self._weight_s += weight_s
        self._sum += weight_s * deviation
        self._sum_squares += weight_s * deviation**2
        self.covered_s += seconds

    def z(self, values: FloatArray) -> FloatArray:
        """`values` (..., channels, features) in the listener's own resting standard deviations."""
        population, weight_s = self._population, self._weight_s
        own = np.maximum(weight_s, np.finfo(float).tiny)
        variance = np.maximum(self._sum_squares / own - (self._sum / own) ** 2, 0.0)
        mean = population.mean + self._sum / (weight_s + population.mean_weight_s)
        sd = np.sqrt(
            (weight_s * variance + population.sd_weight_s * population.sd**2) / (weight_s + population.sd_weight_s)
        )
        scaled: FloatArray = (values - mean) / sd
        return scaled
