"""Makes one estimate of several opinions: each is worth the precision it adds to the prior.

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
"""Standard deviation of both axes around 0 before anything is known: either end of an axis is as likely."""
LOGIT_MAX = 3.0
"""No source is ever surer than 95 %."""
FADE_S = 5.0
"""A source takes this long to be heard in full, and its last word as long to be forgotten."""
STEP_MAX_PER_S = 0.25
"""No sensor moves the estimate faster, whatever comes, goes or turns around; the axes are 2 long."""


class Opinion(NamedTuple):
    """Natural parameters of a Gaussian over one axis, beyond the prior's."""

    precision: float = 0.0
    shift: float = 0.0
    """Mean times (precision + prior precision)."""


SILENCE = Opinion()


class View(NamedTuple):
    """What one source or word says of both axes, each by itself."""

    valence: Opinion = SILENCE
    arousal: Opinion = SILENCE


class Estimate(NamedTuple):
    """A Gaussian over both axes."""

    valence: float = 0.0
    valence_sd: float = PRIOR_SD
    arousal: float = 0.0
    arousal_sd: float = PRIOR_SD
    covariance: float = 0.0


def opinion_of_logit(logit: float, weight: float) -> Opinion:
    """What a calibrated log-odds says when it holds with probability `weight`, and else nothing is known."""
    mean = weight * math.tanh(max(-LOGIT_MAX, min(LOGIT_MAX, logit)) / 2)
    return opinion_of(mean, math.sqrt(1 - mean * mean), 1.0)


def opinion_of(mean: float, sd: float, weight: float) -> Opinion:
    """A Gaussian opinion, faded to `weight` (0 to 1)."""
    return Opinion(weight * (sd**-2 - PRIOR_SD**-2), weight * mean / sd**2)


def fuse(views: Sequence[View]) -> Estimate:
    """The product of prior and views, widened along what they contradict each other in, never beyond the prior.

    Two that differ on both axes are torn along the line between them, which is where the covariance comes from.
    """
    valence, arousal = ([getattr(view, axis) for view in views] for axis in View._fields)
    v_mean, v_precision = _product(valence)
    a_mean, a_precision = _product(arousal)
    v_torn = [_deviation(opinion, v_mean, v_precision) for opinion in valence]
    a_torn = [_deviation(opinion, a_mean, a_precision) for opinion in arousal]
    v_sd = math.sqrt(1 / v_precision + sum(item * item for item in v_torn))
    a_sd = math.sqrt(1 / a_precision + sum(item * item for item in a_torn))
    correlation = sum(v * a for v, a in zip(v_torn, a_torn, strict=True)) / (v_sd * a_sd)
    v_sd, a_sd = min(PRIOR_SD, v_sd), min(PRIOR_SD, a_sd)
    return Estimate(_within(v_mean), v_sd, _within(a_mean), a_sd, correlation * v_sd * a_sd)


def _product(opinions: Sequence[Opinion]) -> tuple[float, float]:
    """Mean and precision of the prior and all opinions together."""
    precision = PRIOR_SD**-2 + sum(opinion.precision for opinion in opinions)
    return sum(opinion.shift for opinion in opinions) / precision, precision


def _deviation(opinion: Opinion, mean: float, precision: float) -> float:
    """How far an opinion alone would be from what all say, times the root of its share in that."""
    own = opinion.shift / (opinion.precision + PRIOR_SD**-2)
    return math.sqrt(opinion.precision / precision) * (own - mean)


def _within(mean: float) -> float:
    return max(-1.0, min(1.0, mean))


class Glide:
    """Follows the estimate by no more than `step_per_s` on either axis; what it lags behind makes it less sure."""

    def __init__(self, step_per_s: float) -> None:
        self._step_per_s = step_per_s
        self._told = Estimate()

    def follow(self, found: Estimate, since_s: float) -> Estimate:
        """What to tell, `since_s` after the last was told."""
        reach = self._step_per_s * since_s if math.isfinite(self._step_per_s) else math.inf
        valence = self._told.valence + max(-reach, min(reach, found.valence - self._told.valence))
        arousal = self._told.arousal + max(-reach, min(reach, found.arousal - self._told.arousal))
        self._told = found._replace(
            valence=valence,
            valence_sd=min(PRIOR_SD, math.hypot(found.valence_sd, found.valence - valence)),
            arousal=arousal,
            arousal_sd=min(PRIOR_SD, math.hypot(found.arousal_sd, found.arousal - arousal)),
        )
        return self._told

    def jump(self, found: Estimate) -> Estimate:
        """Tell this at once: the listener said so."""
        self._told = found
        return found


class Presence:
    """How far a source is heard: no more than it deserves, and coming and going over `fade_s` (0: at once)."""

    def __init__(self, fade_s: float) -> None:
        self._fade_s = fade_s
        self.weight = self.log_odds = 0.0
        """The log-odds are the newest, and while the source goes its last ones."""

    def hear(self, log_odds: float, weight: float, since_s: float) -> None:
        """Take what a source says `since_s` after the last time; a weight of 0: it says nothing."""
        if weight > 0:
            self.log_odds = log_odds
        reach = since_s / self._fade_s if self._fade_s else 1.0
        self.weight += max(-reach, min(reach, weight - self.weight))
