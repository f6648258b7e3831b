"""Numbers of a reading: balanced accuracy, means over longer evidence, calibration error, what holding back buys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated, balanced_weight
from export.affect.data import LOAD, REST

BINS = 10
SELECTED = 0.8
BOOTSTRAPS = 2000


class Scored(NamedTuple):
    """One person's windows: net outputs or probabilities, and their labels."""

    name: str
    value: FloatArray
    label: FloatArray

    @property
    def weight(self) -> FloatArray:
        return balanced_weight(self.label)


def balanced_accuracy(is_load: FloatArray, label: FloatArray) -> float:
    """Mean of the shares of load and of rest that are told rightly; NaN where one class is absent."""
    load, rest = is_load[label == LOAD] > 0, is_load[label == REST] <= 0
    return float((load.mean() + rest.mean()) / 2) if len(load) and len(rest) else math.nan


def stretches(item: Calibrated) -> FloatArray:
    """Number of the stretch of equal label each frame after the baseline lies in."""
    label, segment = item.person.label[item.after], item.person.segment[item.after]
    broken = (np.diff(label) != 0) | (np.diff(segment) != 0) | (np.diff(item.after) != 1)
    return np.concatenate(([0.0], np.cumsum(broken)))


def means(item: Calibrated, output: FloatArray, evidence_s: float) -> Scored:
    """Mean output of the windows that lie wholly in the last `evidence_s`, wherever so much of one label was heard."""
    person, stretch = item.person, stretches(item)
    t_s, window_s, label = person.t_s[item.after], person.window_s[item.after], person.label[item.after]
    values, labels = [], []
    for number in np.unique(stretch):
        inside = np.flatnonzero(stretch == number)
        end_s, begin_s = t_s[inside], t_s[inside] - window_s[inside]
        first = np.searchsorted(begin_s, end_s - evidence_s - 1e-6)
        sums = np.concatenate(([0.0], np.cumsum(output[inside])))
        count = np.arange(len(inside)) + 1 - first
        full = (end_s - begin_s[0] >= evidence_s - 1e-6) & (count > 0)
        values.append(((sums[1:] - sums[first]) / np.maximum(count, 1))[full])
        labels.append(label[inside][full])
    return Scored(person.name, np.concatenate(values), np.concatenate(labels))


def calibration_error(scored: Sequence[Scored]) -> float:
    """Expected calibration error of P(load) in ten bins, 0 to 1; every person and class weighs the same."""
    probability, label, weight = joined(scored)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(weight[bins == index] @ (probability[bins == index] - (label[bins == index] == LOAD))))
        for index in range(BINS)
    ]
    return sum(gaps) / float(weight.sum())


def selective_accuracy(scored: Sequence[Scored], coverage: float) -> float:
    """Accuracy over the surest share of all windows, everybody together; persons and classes weigh the same."""
    probability, label, weight = joined(scored)
    order = np.argsort(-np.abs(probability - 0.5), kind="stable")
    kept = order[np.cumsum(weight[order]) <= coverage * weight.sum() + 1e-9]
    right = (probability > 0.5) == (label == LOAD)
    return float(np.average(right[kept], weights=weight[kept]))


def joined(scored: Sequence[Scored]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values, labels and weights of everybody."""
    return (
        np.concatenate([item.value for item in scored]),
        np.concatenate([item.label for item in scored]),
        np.concatenate([item.weight for item in scored]),
    )


def interval(values: FloatArray, seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over people."""
    known = values[np.isfinite(values)]
    draws = np.random.default_rng(seed).choice(known, (BOOTSTRAPS, len(known))).mean(axis=1)
    low, high = np.percentile(draws, (2.5, 97.5)).tolist()
    return low, high
