"""What a score is worth nothing without: readings that look at no signal at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

CLOCK_BINS = 10
ALWAYS, CLOCK = "always the same answer", "the clock alone"


def baselines(label: FloatArray, person: NDArray[np.str_], order_s: FloatArray) -> dict[str, float]:
    """Balanced accuracy, mean over people, of always one answer and of the time since a session began.

    The clock is learned from the other people, so it is what an order of tasks that all share gives away.
    """
    classes = np.unique(label)
    clocked = np.full(len(label), classes[0])
    for name in np.unique(person):
        out = person == name
        if (~out).any():
            clocked[out] = _by_clock(order_s[~out], label[~out], order_s[out], classes)
    return {ALWAYS: 1 / max(1, len(classes)), CLOCK: mean_accuracy(clocked, label, person)}


def commonest(label: FloatArray) -> float:
    """The answer that is right most often among these labels: the trivial rule of the published tables."""
    classes, counts = np.unique(label, return_counts=True)
    return float(classes[counts.argmax()])


def mean_accuracy(answer: FloatArray, label: FloatArray, person: NDArray[np.str_]) -> float:
    """Mean over people of their balanced accuracy."""
    scores = [balanced(answer[person == name], label[person == name]) for name in np.unique(person)]
    return float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan")


def balanced(answer: FloatArray, label: FloatArray) -> float:
    """Mean over classes of the share told rightly; NaN where there is only one class."""
    classes = np.unique(label)
    if len(classes) < 2:
        return float("nan")
    return float(np.mean([(answer[label == one] == one).mean() for one in classes]))


def _by_clock(order_s: FloatArray, label: FloatArray, asked_s: FloatArray, classes: FloatArray) -> FloatArray:
    """The answer for each tenth of the session with the class that lies there most, every class weighing the same."""
    edges = np.quantile(order_s, np.linspace(0, 1, CLOCK_BINS + 1)[1:-1])
    here, asked = np.searchsorted(edges, order_s), np.searchsorted(edges, asked_s)
    shares = np.stack(
        [
            np.bincount(here[label == one], minlength=CLOCK_BINS) / (label == one).sum()
            for one in classes
            if (label == one).any()
        ]
    )
    known = np.array([one for one in classes if (label == one).any()])
    return np.asarray(known[shares.argmax(axis=0)][asked])
