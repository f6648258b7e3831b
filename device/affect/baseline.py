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
CARRIED_REST_S = 20.0
"""Enough rest of a listener whose earlier sessions are known."""
CARRIED_MIN_S = 2.0
"""Earlier sessions worth less rest than this, which is what people in training are worth, say nothing new."""
SPREAD_WORTH = 4.0
"""An earlier spread is worth so many times an earlier mean: it changes less from one session to the next."""


class Population(NamedTuple):
    """Rest of the people in training, per channel and feature, and how many seconds their word is worth."""

    mean: FloatArray
    sd: FloatArray
    mean_weight_s: float | FloatArray
    sd_weight_s: float | FloatArray


class Rest(NamedTuple):
    """One listener's rest: mean, spread and seconds behind them, each of shape (channels, features)."""

    mean: FloatArray
    sd: FloatArray
    weight_s: FloatArray

    def drawn_from(self, population: Population) -> Population:
        """What to expect of this listener: the people in training, and earlier sessions by their weight."""
        mean_weight_s = population.mean_weight_s + self.weight_s
        spread_s = SPREAD_WORTH * self.weight_s
        sd_weight_s = population.sd_weight_s + spread_s
        mean = (population.mean_weight_s * population.mean + self.weight_s * self.mean) / mean_weight_s
        variance = (population.sd_weight_s * population.sd**2 + spread_s * self.sd**2) / sd_weight_s
        return Population(mean, np.sqrt(variance), mean_weight_s, sd_weight_s)


class Baseline:
    """Running mean and spread of (channels, features) over the first `wanted_s` usable seconds.

    With the rest of earlier sessions (`carried`) it can be read before it is complete. One that was `taken` in this
    session already is complete: whoever listens now is no more at rest.
    """

    def __init__(
        self, population: Population, wanted_s: float, carried: Rest | None = None, *, taken: Rest | None = None
    ) -> None:
        carried = taken or carried
        self._population = carried.drawn_from(population) if carried else population
        self._carried, self._wanted_s = carried, wanted_s
        self._taken_s = np.zeros_like(population.mean) if taken is None else taken.weight_s
        self._weight_s = np.zeros_like(population.mean)
        self._sum = np.zeros_like(population.mean)
        self._sum_squares = np.zeros_like(population.mean)
        self.covered_s = 0.0 if taken is None else wanted_s
        self.closed = taken is not None
        """Whether rest is over, however much of it was usable."""

    @property
    def complete(self) -> bool:
        return self.covered_s >= self._wanted_s * (CHANNEL_SHARE if self.closed else 1.0)

    @property
    def ready(self) -> bool:
        """Whether it can be read against: complete, or near enough to what earlier sessions tell."""
        return self.complete or (self._is_known and self.covered_s >= min(CARRIED_REST_S, self._wanted_s))

    @property
    def _is_known(self) -> bool:
        return self._carried is not None and float(self._carried.weight_s.mean()) >= CARRIED_MIN_S

    @property
    def share(self) -> float:
        """How much of it there is, 0 to 1."""
        return 1.0 if self.complete else self.covered_s / self._wanted_s

    def rest(self) -> Rest:
        """What this session and, by their weight, earlier ones tell of the listener's rest."""
        own_s = np.maximum(self._weight_s, np.finfo(float).tiny)
        shift = self._sum / own_s
        variance = np.maximum(self._sum_squares / own_s - shift**2, 0.0)
        mean, weight_s = self._population.mean + shift, self._weight_s
        if self._carried is None:
            return Rest(mean, np.sqrt(variance), weight_s)
        total_s = np.maximum(weight_s + self._carried.weight_s, np.finfo(float).tiny)
        both = (weight_s * mean + self._carried.weight_s * self._carried.mean) / total_s
        variance = (weight_s * variance + self._carried.weight_s * self._carried.sd**2) / total_s
        return Rest(both, np.sqrt(variance), weight_s + self._carried.weight_s)

    @property
    def ready_channels(self) -> NDArray[np.bool_]:
        """Channels that were usable long enough, shape (channels,)."""
        if self._taken_s.any():  # its seconds are weighed by how sure the rest was one: they compare among themselves
            return np.asarray((self._taken_s >= CHANNEL_SHARE * self._taken_s.max()).any(axis=1))
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
