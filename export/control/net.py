"""The net of the learned policy in NumPy: its weights as one vector, which a search can move, and many nets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.config import ControlConfig
from device.control.policies.learned import ANSWERS, FEATURES, FloatRows, Learned
from device.control.policies.view import Policy
from hardware.simulation.trials import Remembered

Floats = npt.NDArray[np.float64]
HIDDEN = 4
SHAPES = ((len(FEATURES), HIDDEN), (HIDDEN,), (HIDDEN, len(ANSWERS)), (len(ANSWERS),))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
N_WEIGHTS = sum(SIZES)
CALM = {"arousal": -1.0, "tempo_octaves": -1.0, "density": -1.0, "loudness_db": -1.0, "brightness": -1.0}
"""What calms most people, as shares of the bounds; the mode is left as it is."""


class Net(NamedTuple):
    """Two layers, each bent by tanh; with a first axis for each of several nets, all are asked in one go."""

    first: FloatRows
    first_bias: FloatRows
    second: FloatRows
    second_bias: FloatRows

    def answer(self, rows: FloatRows) -> FloatRows:
        """Answers (n, `ANSWERS`) to features (n, `FEATURES`); of k nets, each has n / k rows side by side."""
        if self.first.ndim == 2:
            answers: FloatRows = np.tanh(np.tanh(rows @ self.first + self.first_bias) @ self.second + self.second_bias)
            return answers
        each = rows.reshape(len(self.first), -1, len(FEATURES))
        hidden = np.tanh(each @ self.first + self.first_bias[:, None])
        said: FloatRows = np.tanh(hidden @ self.second + self.second_bias[:, None])
        return said.reshape(len(rows), -1)


def net_of(weights: Floats) -> Net:
    """The net of a vector (`N_WEIGHTS`,), or the nets of vectors (k, `N_WEIGHTS`)."""
    parts = np.split(weights.astype(np.float32), np.cumsum(SIZES)[:-1], axis=-1)
    outer = weights.shape[:-1]
    return Net(*(part.reshape(*outer, *shape) for part, shape in zip(parts, SHAPES, strict=True)))


def first_guess() -> Floats:
    """Where the search begins: calm music for whoever is known to answer it, and the opposite for the opposite."""
    first, first_bias, second, second_bias = (np.zeros(shape) for shape in SHAPES)
    first[FEATURES.index("trust"), 0] = 2.0
    for name, share in CALM.items():
        second[0, ANSWERS.index(name)] = 0.8 * share
    second_bias[ANSWERS.index("rest")] = -1.0
    return np.concatenate([part.ravel() for part in (first, first_bias, second, second_bias)])


def learned(candidates: Floats) -> Callable[[Remembered], Policy]:
    """The learned policies with these weights, all in one."""
    net = net_of(candidates)
    return lambda remembered: Learned(ControlConfig(), None, remembered, net.answer)
