"""Fits what a net output is worth: a sigmoid between a floor and a ceiling, for each length of evidence.

Temperature alone (Guo et al. 2017) left an error of 0.06 for one window and of 0.13 for half a minute: evidence from
one listener does not add up beyond what is known about listeners, and errors lie on one side, since some people's load
looks like rest. Floor and ceiling, which are free, say so (0.03 and 0.02).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from device.affect.reader import Calibration, probability_of
from device.dsp.windows import FloatArray
from export.affect.data import LOAD
from export.affect.scores import Scored, joined

BEGIN = (0.5, 0.0, -2.0, -2.0)
PENALTY = 0.01
"""Penalty on the squared parameters, against a mean log loss."""
FURTHEST = 0.02
"""Nobody is ever told anything with more than 98 %."""


def fit_calibration(scored: Sequence[Scored], evidence_s: float) -> Calibration:
    """The likeliest curve for these outputs of people who were not trained on."""
    value, label, weight = joined(scored)
    scale = float(np.std(value)) or 1.0
    is_load = label == LOAD

    def loss(parameters: FloatArray) -> float:
        p = probability_of(value, _curve(parameters, scale, evidence_s))
        likelihood = np.where(is_load, np.log(p), np.log(1 - p))
        return float(-(weight @ likelihood) / weight.sum() + PENALTY * parameters @ parameters / 100)

    found = minimize(loss, BEGIN, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-7})
    return _curve(found.x, scale, evidence_s)


def _curve(parameters: FloatArray, scale: float, evidence_s: float) -> Calibration:
    slope, shift, floor, ceiling = parameters.tolist()
    low, high = (max(FURTHEST, 0.5 / (1 + float(np.exp(-min(side, 30.0))))) for side in (floor, ceiling))
    return Calibration(evidence_s, float(np.exp(min(slope, 5.0))) / scale, shift, min(low, 0.49), max(1 - high, 0.51))


def apply(scored: Scored, by: Calibration) -> Scored:
    """The same windows with probabilities of load."""
    return scored._replace(value=probability_of(scored.value, by))
