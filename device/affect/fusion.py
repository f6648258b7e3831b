"""One estimate from several opinions: each is worth the precision it adds to the prior.

The truth behind the models is binary (rest -1, load +1), so a calibrated probability p is an estimate of mean 2p - 1
and variance 1 - mean^2, and p = 0.5 says exactly what the prior says: nothing. Opinions are kept as natural parameters
beyond the prior; they add up, fade by a factor, and with none left the prior remains. So a source comes and goes
without a jump.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

PRIOR_SD = 1.0
"""Of both axes, around 0: either end of the axis is as likely."""
LOGIT_MAX = 3.0
"""No source is ever surer than 95 %."""
SELF_REPORT_SD = 0.25
SELF_REPORT_FADES_S = 120.0
SELF_REPORT_ENDS = 0.02
"""Weight below which a report is forgotten."""


class Opinion(NamedTuple):
    """Natural parameters of a Gaussian, beyond the prior's."""

    precision: float
    shift: float
    """Mean times (precision + prior precision)."""


class Estimate(NamedTuple):
    mean: float
    sd: float


def opinion_of_logit(logit: float, weight: float) -> Opinion:
    """What a calibrated log-odds of load says when it holds with probability `weight`, and else nothing is known."""
    mean = weight * math.tanh(max(-LOGIT_MAX, min(LOGIT_MAX, logit)) / 2)
    return _opinion(mean, math.sqrt(1 - mean * mean), 1.0)


def opinion_of_report(arousal: float, age_s: float) -> Opinion:
    """What the listener's own word says `age_s` after it was given; it outranks any model for some minutes."""
    weight = math.exp(-max(0.0, age_s) / SELF_REPORT_FADES_S)
    return _opinion(arousal, SELF_REPORT_SD, weight if weight >= SELF_REPORT_ENDS else 0.0)


def _opinion(mean: float, sd: float, weight: float) -> Opinion:
    return Opinion(weight * (sd**-2 - PRIOR_SD**-2), weight * mean / sd**2)


def fuse(opinions: Sequence[Opinion]) -> Estimate:
    """Mean (-1..1) and standard deviation; opinions that contradict each other widen it, never beyond the prior's."""
    precision = PRIOR_SD**-2 + sum(opinion.precision for opinion in opinions)
    mean = sum(opinion.shift for opinion in opinions) / precision
    spread = sum(
        opinion.precision * (opinion.shift / (opinion.precision + PRIOR_SD**-2) - mean) ** 2 for opinion in opinions
    )
    sd = math.sqrt(1 / precision + spread / precision) if len(opinions) > 1 else precision**-0.5
    return Estimate(max(-1.0, min(1.0, mean)), min(PRIOR_SD, sd))
