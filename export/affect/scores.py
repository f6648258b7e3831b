"""Numbers of a reading: balanced accuracy, smoothing as the box does it, temperature, calibration error."""

from __future__ import annotations

import math

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated
from export.affect.data import LOAD, REST

TEMPERATURES = np.geomspace(0.3, 20.0, 400)
BINS = 10
LONG_S = 30.0


def balanced_accuracy(logit: FloatArray, label: FloatArray) -> float:
    """Mean of the shares of load and of rest that are told rightly; NaN where one class is absent."""
    load, rest = logit[label == LOAD] > 0, logit[label == REST] <= 0
    return float((load.mean() + rest.mean()) / 2) if len(load) and len(rest) else math.nan


def smoothed(item: Calibrated, logit: FloatArray, smoothing_s: float) -> FloatArray:
    """Running mean with the box's time constant, begun anew with each stretch of one label."""
    result = np.empty_like(logit)
    t_s, stretch = item.person.t_s[item.after], stretches(item)
    total = share = 0.0
    for index, value in enumerate(logit.tolist()):
        if index == 0 or stretch[index] != stretch[index - 1]:
            total = share = 0.0
        since_s = t_s[index] - t_s[index - 1] if share else item.person.window_s[item.after[index]]
        keep = math.exp(-since_s / smoothing_s)
        total, share = total * keep + (1 - keep) * value, share * keep + 1 - keep
        result[index] = total / share
    return result


def stretches(item: Calibrated) -> FloatArray:
    """Number of the stretch of equal label each frame after the baseline lies in."""
    label, segment = item.person.label[item.after], item.person.segment[item.after]
    broken = (np.diff(label) != 0) | (np.diff(segment) != 0) | (np.diff(item.after) != 1)
    return np.concatenate(([0.0], np.cumsum(broken)))


def long_mean(item: Calibrated, logit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean logit of the last 30 s and its label, wherever 30 s of one label have been heard."""
    t_s, label, stretch = item.person.t_s[item.after], item.person.label[item.after], stretches(item)
    means, labels = [], []
    for number in np.unique(stretch):
        inside = np.flatnonzero(stretch == number)
        begins_s = t_s[inside] - item.person.window_s[item.after[inside[0]]]
        first = np.searchsorted(t_s[inside], t_s[inside] - LONG_S, side="right")
        sums = np.concatenate(([0.0], np.cumsum(logit[inside])))
        mean = (sums[np.arange(len(inside)) + 1] - sums[first]) / (np.arange(len(inside)) + 1 - first)
        full = t_s[inside] - begins_s[0] >= LONG_S
        means.append(mean[full])
        labels.append(label[inside][full])
    return np.concatenate(means), np.concatenate(labels)


def fit_temperature(logit: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """The divisor under which the logits are the likeliest log-odds."""
    sign = np.where(label == LOAD, 1.0, -1.0)
    losses = [float(weight @ np.logaddexp(0, -sign * logit / temperature)) for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibration_error(logit: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Expected calibration error of P(load) in ten bins, 0 to 1."""
    probability = 1 / (1 + np.exp(-logit))
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(weight[bins == index] @ (probability[bins == index] - (label[bins == index] == LOAD))))
        for index in range(BINS)
    ]
    return sum(gaps) / float(weight.sum())
