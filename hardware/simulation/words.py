"""What listeners say, as estimator and control take it: it outranks every model while it is fresh, then gives way.

The arithmetic of `device.affect.words` and `device.control.people.own_words`, which are written for one listener's
messages, over a cohort; a test holds them together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.affect.fusion import PRIOR_SD
from device.affect.words import CONTEXT_FADES_S, CONTEXT_SD, REPORT_ENDS, REPORT_FADES_S, REPORT_SD
from device.control.people.own_words import FADES_S, FRESH_S, SAID_SD
from device.control.policies.view import Feeling
from device.control.real import Real, clip, where

Floats = npt.NDArray[np.float64]


class Axis:
    """What was said on one axis in a session, and of earlier sessions only their mean."""

    def __init__(self, n_listeners: int) -> None:
        zeros: Real = np.zeros(n_listeners)
        self._said, self._age_s = zeros, zeros + np.inf
        self._weight, self._sum, self._squares = zeros, zeros, zeros
        """Reports so far, slowly forgotten: how many they are worth, their sum and that of their squares."""

    def pass_time(self, since_s: float) -> None:
        keep = np.exp(-since_s / CONTEXT_FADES_S)
        self._age_s = self._age_s + since_s
        self._weight, self._sum, self._squares = keep * self._weight, keep * self._sum, keep * self._squares

    def take(self, told: Floats) -> None:
        """NaN: nothing was said."""
        is_new = np.isfinite(told)
        self._said = where(is_new, told, self._said)
        self._age_s = where(is_new, 0.0, self._age_s)
        value = where(is_new, told, 0.0)
        self._weight, self._sum, self._squares = self._weight + is_new, self._sum + value, self._squares + value**2

    def weigh_in(self, mean: Real, sd: Real, *, has_context: bool) -> tuple[Real, Real]:
        """The estimator's mean and deviation, given what the sensors say."""
        left = np.maximum(0.0, (np.exp(-self._age_s / REPORT_FADES_S) - REPORT_ENDS) / (1.0 - REPORT_ENDS))
        opinions = [_opinion(mean, sd, 1.0), _opinion(self._said, REPORT_SD, left)]
        if has_context:
            usual, scatter = self._spread()
            heard = (1.0 - left) * np.minimum(1.0, self._weight)
            opinions.append(_opinion(usual, np.minimum(1.0, np.hypot(CONTEXT_SD, scatter)), heard))
        total = PRIOR_SD**-2 + sum(precision for precision, _ in opinions)
        fused = sum(shift for _, shift in opinions) / total
        torn = sum(p / total * (shift / (p + PRIOR_SD**-2) - fused) ** 2 for p, shift in opinions)
        return clip(fused, -1.0, 1.0), np.minimum(PRIOR_SD, np.sqrt(1.0 / total + torn))

    def outrank(self, known: Real, mean: Real, sd: Real) -> tuple[Real, Real, Real]:
        """Known, mean and deviation for control, which holds to the newest word by itself."""
        weight = clip(1.0 - (self._age_s - FRESH_S) / FADES_S, 0.0, 1.0)
        blended = weight * self._said + (1.0 - weight) * where(known, mean, self._said)
        is_heard = weight > 0
        surer = np.sqrt(weight * SAID_SD**2 + (1.0 - weight) * sd**2)
        return known | is_heard, where(is_heard, blended, mean), where(is_heard, surer, sd)

    def _spread(self) -> tuple[Real, Real]:
        weight = np.maximum(self._weight, 1e-12)
        mean = self._sum / weight
        return mean, np.sqrt(np.maximum(0.0, self._squares / weight - mean**2))


class Words:
    """Both axes."""

    def __init__(self, n_listeners: int) -> None:
        self._arousal, self._valence = Axis(n_listeners), Axis(n_listeners)

    def over(self, read: Feeling, told_arousal: Floats, told_valence: Floats, since_s: float) -> Feeling:
        """What control acts on, given what the sensors say and what was said within the last `since_s`."""
        for axis, told in ((self._arousal, told_arousal), (self._valence, told_valence)):
            axis.pass_time(since_s)
            axis.take(told)
        arousal = self._arousal.weigh_in(read.arousal, read.arousal_sd, has_context=False)
        valence = self._valence.weigh_in(read.valence, read.valence_sd, has_context=True)
        known = read.known | (arousal[1] < PRIOR_SD)
        is_known, *now = self._arousal.outrank(
            known, *(where(known, part, none) for part, none in zip(arousal, (0.0, 1.0), strict=True))
        )
        _, *liking = self._valence.outrank(
            known, *(where(known, part, none) for part, none in zip(valence, (0.0, 1.0), strict=True))
        )
        return Feeling(is_known, now[0], now[1], liking[0], liking[1])


def _opinion(mean: Real, sd: Real, weight: Real) -> tuple[Real, Real]:
    """As `device.affect.fusion.opinion_of`."""
    return weight * (sd**-2 - PRIOR_SD**-2), weight * mean / sd**2
