"""The net of the learned policy in NumPy: what is searched of it as one vector, and many nets at once.

Its first layer is set by hand: eight questions about listener and moment, each answered -1 to 1. What the answers are
worth for each move is searched. That leaves so few weights that twenty minutes of two cores are enough for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.config import ControlConfig
from device.control.policies.learned import ANSWERS, FEATURES, FloatRows, Learned
from device.control.policies.view import Policy
from hardware.simulation.trials import Remembered

Floats = npt.NDArray[np.float64]
QUESTIONS: tuple[Mapping[str, float], ...] = (
    {"trust": 2.0},
    {"shown": 3.0},
    {"arousal_gap": 2.0, "arousal_owed": 1.0},
    {"valence_gap": 2.0},
    {"arousal": 2.0},
    {"held": 2.0, "": -1.0},
    {"wave": 1.5, "gain_sd": 6.0, "": -2.4},
    {"skill": 2.0, "too_much": -2.0},
)
"""Which way the listener answers music, and what they showed of it; how far both axes have to go; how they are; whether
the goal is to be held; whether to try out how they answer; how they are read, and whether it was too much. "" is 1."""
HIDDEN = len(QUESTIONS)
SHAPES = ((HIDDEN, len(ANSWERS)), (len(ANSWERS),))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
N_WEIGHTS = sum(SIZES)
CALM = {"arousal": -1.0, "tempo_octaves": -1.0, "density": -1.0, "loudness_db": -1.0, "brightness": -1.0}
"""What calms most people, as shares of the bounds; the mode is left as it is."""


class Net(NamedTuple):
    """Two layers, each bent by tanh; with a first axis in the second for each of several nets."""

    first: FloatRows
    first_bias: FloatRows
    second: FloatRows
    second_bias: FloatRows

    def answer(self, rows: FloatRows) -> FloatRows:
        """Answers (n, `ANSWERS`) to features (n, `FEATURES`); of k nets, each has n / k rows side by side."""
        hidden = np.tanh(rows @ self.first + self.first_bias)
        if self.second.ndim == 2:
            answers: FloatRows = np.tanh(hidden @ self.second + self.second_bias)
            return answers
        each = hidden.reshape(len(self.second), -1, HIDDEN)
        said: FloatRows = np.tanh(each @ self.second + self.second_bias[:, None])
        return said.reshape(len(rows), -1)


def questions() -> tuple[FloatRows, FloatRows]:
    """The first layer: weights (`FEATURES`, `HIDDEN`) and biases."""
    weights = [[question.get(name, 0.0) for question in QUESTIONS] for name in FEATURES]
    biases = [question.get("", 0.0) for question in QUESTIONS]
    return np.array(weights, np.float32), np.array(biases, np.float32)


def net_of(weights: Floats) -> Net:
    """The net of a vector (`N_WEIGHTS`,), or the nets of vectors (k, `N_WEIGHTS`)."""
    parts = np.split(weights.astype(np.float32), np.cumsum(SIZES)[:-1], axis=-1)
    second, bias = (part.reshape(*weights.shape[:-1], *shape) for part, shape in zip(parts, SHAPES, strict=True))
    return Net(*questions(), second, bias)


def first_guess() -> Floats:
    """Where the search begins: calm music for whoever is known to answer it, and the opposite for the opposite."""
    second, bias = (np.zeros(shape) for shape in SHAPES)
    for name, share in CALM.items():
        second[0, ANSWERS.index(name)] = 0.8 * share
    bias[ANSWERS.index("rest")] = -1.0
    return np.concatenate([second.ravel(), bias])


def learned(candidates: Floats) -> Callable[[Remembered], Policy]:
    """The learned policies with these weights, all in one."""
    net = net_of(candidates)
    return lambda remembered: Learned(ControlConfig(), None, remembered, net.answer)
