"""People against their own rest, exactly as the box does it; needs no torch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.affect.baseline import Baseline, Population
from device.affect.reader import mean_weights, pool
from device.affect.runtimes import FloatRows
from device.dsp.windows import FloatArray
from export.affect.data import LOAD, REST, Person
from export.affect.settings import TrainingConfig


class Calibrated(NamedTuple):
    """A person's frames after the baseline, in resting standard deviations."""

    person: Person
    after: NDArray[np.intp]
    """Frames that lie wholly after the baseline and have a label."""
    z: FloatArray
    """Features of all frames, shape (frames, channels, features)."""
    usable: NDArray[np.bool_]
    baseline: NDArray[np.intp]
    """Frames the baseline was made of."""


def population_of(people: Sequence[Person], config: TrainingConfig) -> tuple[FloatArray, FloatArray]:
    """Resting mean and spread per site and feature: within people, or over them where nobody's own rest is used."""
    means, sds = [], []
    for person in people:
        rest = (person.label == REST)[:, None, None] & person.usable[:, :, None]
        values = np.where(rest, person.values, np.nan)
        sites = [values[:, person.member[:, site] > 0] for site in range(len(config.sites))]
        with warnings.catch_warnings():
            # Somebody without a feature at rest has no mean of it, and says nothing of it.
            warnings.simplefilter("ignore", RuntimeWarning)
            means.append([np.nanmean(part, axis=(0, 1)) for part in sites])
            sds.append([np.nanmean(np.nanstd(part, axis=0), axis=0) for part in sites])
    within = np.nanmean(sds, axis=0)
    if config.baseline_s:
        return np.nanmean(means, axis=0), within
    return np.nanmean(means, axis=0), np.hypot(within, np.nanstd(means, axis=0))


def calibrate(person: Person, mean: FloatArray, sd: FloatArray, config: TrainingConfig) -> Calibrated:
    """Let the person's first usable rest be the baseline, exactly as the box does."""
    weight = person.member / person.member.sum(axis=1, keepdims=True)
    mean_weight_s = weight @ mean_weights(config.sites, config.changes, config.mean_weight_s)
    population = Population(weight @ mean, weight @ sd, mean_weight_s, config.sd_weight_s)
    baseline = Baseline(population, config.baseline_s)
    since_s = np.diff(person.t_s, prepend=person.t_s[0] - person.window_s[0])
    used = []
    for index in np.flatnonzero(person.label != LOAD).tolist():
        if baseline.complete:
            break
        baseline.add(person.values[index], person.usable[index], since_s[index], person.window_s[index])
        used.append(index)
    later = np.ones(len(person.t_s), bool)
    if used:
        begins_s = person.t_s - person.window_s
        later = (person.segment > person.segment[used[-1]]) | (begins_s >= person.t_s[used[-1]] - 1e-6)
    after = np.flatnonzero(later & np.isfinite(person.label))
    usable = person.usable & baseline.ready_channels
    return Calibrated(person, after, baseline.z(person.values), usable, np.array(used, np.intp))


def inputs_of(item: Calibrated, config: TrainingConfig, usable: NDArray[np.bool_] | None = None) -> FloatRows:
    """Model inputs of the frames after the baseline, as the box makes them."""
    mask = item.usable if usable is None else item.usable & usable
    return pool(item.z[item.after], mask[item.after], item.person.member, config.clip)


def balance(item: Calibrated) -> FloatArray:
    """Weights that let each person, and within a person each class, count the same."""
    return balanced_weight(item.person.label[item.after])


def balanced_weight(label: FloatArray) -> FloatArray:
    """Weights of one person's windows, so that both classes together weigh the same in everybody."""
    counts = np.where(label == LOAD, (label == LOAD).sum(), (label == REST).sum())
    return np.asarray(100.0 / np.maximum(counts, 1))
