"""What gives a label away without any skill: time, or how a file was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

TELLS = 0.9
"""Share of recordings whose label something that is no signal may tell; two of ten by chance are usual."""
RECORDINGS_MIN = 6
"""With fewer recordings anything tells them apart."""
CLOCK_MIN = 0.99
"""Correlation with time in every recording."""
STILL = 1e-6
"""Share of the spread between recordings that a feature may move within one and still be a constant."""


def best_threshold(value: FloatArray, label: FloatArray) -> float:
    """Balanced accuracy of the best single threshold, in whichever direction, for class 0 against all others."""
    cuts = np.quantile(value, np.linspace(0, 1, 101))
    above = np.array([(value[label > 0] > cut).mean() - (value[label == 0] > cut).mean() for cut in cuts])
    return 0.5 + float(np.abs(above).max()) / 2


def is_one_label_each(recording: NDArray[np.str_], label: FloatArray) -> bool:
    """Whether a recording never holds two labels, and there is more than one."""
    names, place = np.unique(recording, return_inverse=True)
    highest, lowest = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    np.maximum.at(highest, place, label)
    np.minimum.at(lowest, place, label)
    return len(names) > 1 and bool((highest == lowest).all())


def telling_properties(
    properties: Mapping[str, FloatArray], recording: NDArray[np.str_], label: FloatArray
) -> Iterator[tuple[str, float]]:
    """Properties of files whose median tells the label of most, and of how many; each recording has one label."""
    names, first = np.unique(recording, return_index=True)
    for name, values in properties.items():
        middle = np.array([np.median(values[recording == one]) for one in names])
        accuracy = best_threshold(middle, label[first])
        if len(names) >= RECORDINGS_MIN and accuracy > TELLS:
            yield name, accuracy


def coded_features(values: FloatArray, recording: NDArray[np.str_]) -> FloatArray:
    """Indices of features that stand still in each recording and differ between them: marks of the file."""
    known = np.nan_to_num(values)
    parts = [known[recording == one] for one in np.unique(recording)]
    moves = np.max([np.ptp(part, axis=0) for part in parts], axis=0)
    spread = np.ptp([part[0] for part in parts], axis=0)
    return np.asarray(np.flatnonzero((moves <= STILL * spread) & (spread > 0)))


def clock_features(values: FloatArray, recording: NDArray[np.str_], order_s: FloatArray) -> FloatArray:
    """Indices of features that only grow or only fall with time, in every recording."""
    least = np.ones(values.shape[1])
    for one in np.unique(recording):
        rows = recording == one
        if rows.sum() > 2:
            least = np.minimum(least, np.abs(_correlation(np.nan_to_num(values[rows]), order_s[rows])))
    return np.asarray(np.flatnonzero(least >= CLOCK_MIN))


def _correlation(values: FloatArray, time_s: FloatArray) -> FloatArray:
    """Correlation of each column with time; 0 where either stands still."""
    centred, passed = values - values.mean(axis=0), time_s - time_s.mean()
    size = np.sqrt((centred**2).sum(axis=0) * (passed**2).sum())
    return np.asarray(np.where(size > 0, passed @ centred / np.where(size > 0, size, 1.0), 0.0))
