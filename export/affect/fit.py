"""Fits a net to some people: baseline, population and weights come from these people alone, so a fold cannot leak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from device.affect.baseline import Baseline, Population
from device.affect.reader import pool
from device.affect.runtimes import FloatRows
from device.dsp.windows import FloatArray
from export.affect.data import LOAD, REST, Person
from export.affect.model import LoadNet
from export.affect.settings import TrainingConfig

BATCH = 512


class Calibrated(NamedTuple):
    """A person's frames after the baseline, in resting standard deviations."""

    person: Person
    after: NDArray[np.intp]
    """Frames that lie wholly after the baseline and have a label."""
    z: FloatArray
    """Of all frames, shape (frames, channels, features)."""
    usable: NDArray[np.bool_]


class Fitted(NamedTuple):
    """A trained net with the population its baselines lean on."""

    net: LoadNet
    mean: FloatArray
    """Shape (regions, features)."""
    sd: FloatArray


def population_of(people: Sequence[Person], config: TrainingConfig) -> tuple[FloatArray, FloatArray]:
    """Mean over people of their resting mean, and of their resting spread, per region and feature."""
    means, sds = [], []
    for person in people:
        rest = (person.label == REST)[:, None, None] & person.usable[:, :, None]
        values = np.where(rest, person.values, np.nan)
        regions = [values[:, person.regions == region] for region in range(len(config.regions))]
        means.append([np.nanmean(part, axis=(0, 1)) for part in regions])
        sds.append([np.nanmean(np.nanstd(part, axis=0), axis=0) for part in regions])
    return np.mean(means, axis=0), np.mean(sds, axis=0)


def calibrate(
    person: Person, mean: FloatArray, sd: FloatArray, config: TrainingConfig, baseline_s: float
) -> Calibrated:
    """Let the person's first usable rest be the baseline, exactly as the box does."""
    weights = config.mean_weight_s, config.sd_weight_s
    baseline = Baseline(Population(mean[person.regions], sd[person.regions], *weights), baseline_s)
    since_s = np.diff(person.t_s, prepend=person.t_s[0] - person.window_s[0])
    last = 0
    for index in np.flatnonzero(person.label != LOAD).tolist():
        if baseline.complete:
            break
        baseline.add(person.values[index], person.usable[index], min(since_s[index], person.window_s[index]))
        last = index
    begins_s = person.t_s - person.window_s
    later = (person.segment > person.segment[last]) | (begins_s >= person.t_s[last] - 1e-6)
    after = np.flatnonzero(later & np.isfinite(person.label))
    return Calibrated(person, after, baseline.z(person.values), person.usable & baseline.ready_channels)


def inputs_of(item: Calibrated, config: TrainingConfig, usable: NDArray[np.bool_] | None = None) -> FloatRows:
    """Model inputs of the frames after the baseline, as the box makes them."""
    mask = item.usable if usable is None else item.usable & usable
    return pool(item.z[item.after], mask[item.after], item.person.regions, len(config.regions), config.clip)


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


def balance(item: Calibrated) -> FloatArray:
    """Weights that let each person, and within a person each class, count the same."""
    label = item.person.label[item.after]
    counts = np.where(label == LOAD, (label == LOAD).sum(), (label == REST).sum())
    return np.asarray(100.0 / np.maximum(counts, 1))


def _thinned(item: Calibrated, config: TrainingConfig, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Half of the windows lose channels at random, so that the net learns to read any montage."""
    shape = item.usable.shape
    kept = (rng.random(shape) < config.keep_channel) | (rng.random((shape[0], 1)) < 0.5)
    return np.asarray(kept)


def logits_of(fitted: Fitted, inputs: FloatRows) -> FloatArray:
    """Shape (n,)."""
    with torch.no_grad():
        return np.asarray(fitted.net(torch.from_numpy(inputs))[:, 0].numpy(), np.float64)
