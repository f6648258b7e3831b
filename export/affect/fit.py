"""Fits a net to some people: population and weights come from these people alone, so a fold cannot leak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.affect.runtimes import FloatRows
from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated, balance, calibrate, inputs_of, population_of
from export.affect.data import Person
from export.affect.kernel import Kernel, fit_kernel, outputs_of
from export.affect.settings import TrainingConfig

KNOWN_MONTAGE = 0.6
"""Share of the thinned windows that keep just the channels of a montage that is scored."""
CHANNELS_MIN = 2
WEIGHT = 0.005
"""Weight of a window in the loss, which sums; so `inverse_penalty` does not depend on the number of people."""


class Fitted(NamedTuple):
    """A trained net with the population its baselines lean on."""

    kernel: Kernel
    mean: FloatArray
    """Shape (sites, features)."""
    sd: FloatArray
    seen: tuple[str, ...]
    """Names of everybody it was fitted to, as `fit` met them."""

    def outputs(self, rows: FloatRows) -> FloatArray:
        return outputs_of(self.kernel, rows)

    def calibrate(self, person: Person, config: TrainingConfig) -> Calibrated:
        return calibrate(person, self.mean, self.sd, config)


def fit(people: Sequence[Person], config: TrainingConfig, seed: int) -> Fitted:
    """Train on these people; there is no early stopping that could look at a test."""
    mean, sd = population_of(people, config)
    items = [calibrate(person, mean, sd, config) for person in people]
    items = [item._replace(after=item.after[:: config.train_step]) for item in items]
    rng = np.random.default_rng(seed)
    rows = [inputs_of(item, config, thin(item, config, copy, rng)) for copy in range(config.copies) for item in items]
    kernel = fit_kernel(
        np.concatenate(rows),
        np.tile(np.concatenate([item.person.label[item.after] for item in items]), config.copies),
        np.tile(np.concatenate([balance(item) for item in items]), config.copies) * WEIGHT * 100 / config.copies,
        n_sites=len(config.sites),
        mask_weight=config.mask_weight,
        n_centres=config.centres,
        width=config.width,
        inverse_penalty=config.inverse_penalty,
        seed=seed,
    )
    return Fitted(kernel, mean, sd, tuple(item.person.name for item in items))


def thin(item: Calibrated, config: TrainingConfig, copy: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which channels each window of this copy keeps, shape (frames, channels): the first copy keeps all."""
    n_frames, n_channels = item.usable.shape
    if copy == 0:
        return np.ones((n_frames, n_channels), bool)
    known = np.array([np.isin(item.person.ch_names, names) for names in config.montages.values()])
    kept = known[rng.integers(len(known), size=n_frames)]
    order = rng.random((n_frames, n_channels)).argsort(axis=1).argsort(axis=1)
    any_number = order < rng.integers(min(CHANNELS_MIN, n_channels), n_channels + 1, size=(n_frames, 1))
    return np.asarray(np.where(rng.random((n_frames, 1)) < KNOWN_MONTAGE, kept, any_number))
