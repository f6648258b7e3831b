"""Fits a net to some people: population and weights come from these people alone, so a fold cannot leak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from device.affect.runtimes import FloatRows
from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated, balance, calibrate, inputs_of, population_of
from export.affect.data import Person
from export.affect.model import LoadNet
from export.affect.settings import TrainingConfig

BATCH = 512


class Fitted(NamedTuple):
    """A trained net with the population its baselines lean on."""

    net: LoadNet
    mean: FloatArray
    """Shape (regions, features)."""
    sd: FloatArray


def fit(people: Sequence[Person], config: TrainingConfig, baseline_s: float, seed: int) -> Fitted:
    """Train on these people for a fixed number of epochs: there is no early stopping that could look at a test."""
    mean, sd = population_of(people, config)
    items = [calibrate(person, mean, sd, config, baseline_s) for person in people]
    items = [item._replace(after=item.after[:: config.train_step]) for item in items]
    label = np.concatenate([item.person.label[item.after] for item in items]).astype(np.float32)
    weight = np.concatenate([balance(item) for item in items]).astype(np.float32)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = LoadNet(len(config.regions) * (len(config.features) + 1), config.hidden, config.dropout)
    optimiser = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    net.train()
    for _ in range(config.epochs):
        inputs = np.concatenate([inputs_of(item, config, _thinned(item, config, rng)) for item in items])
        for rows in np.array_split(rng.permutation(len(label)), len(label) // BATCH + 1):
            _step(net, optimiser, inputs[rows], label[rows], weight[rows])
    return Fitted(net.eval(), mean, sd)


def _step(
    net: LoadNet, optimiser: torch.optim.Optimizer, inputs: FloatRows, label: FloatRows, weight: FloatRows
) -> None:
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        net(torch.from_numpy(inputs))[:, 0], torch.from_numpy(label), torch.from_numpy(weight)
    )
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _thinned(item: Calibrated, config: TrainingConfig, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Half of the windows lose channels at random, so that the net learns to read any montage."""
    shape = item.usable.shape
    kept = (rng.random(shape) < config.keep_channel) | (rng.random((shape[0], 1)) < 0.5)
    return np.asarray(kept)


def logits_of(fitted: Fitted, inputs: FloatRows) -> FloatArray:
    """Shape (n,)."""
    with torch.no_grad():
        return np.asarray(fitted.net(torch.from_numpy(inputs))[:, 0].numpy(), np.float64)
