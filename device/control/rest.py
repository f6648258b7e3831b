"""Bounds the rest that a policy proposes: a listener at home takes long silence for a box that broke.

Rest is a budget, as a token bucket keeps one (Turner 1986, doi 10.1109/MCOM.1986.1092946): it is spent while the policy
lets the music rest and earned while it does not. A rest lasts a minute at most, and in any ten minutes all of them
together a fifth. The figures are ours. Rest that a person, the plan, a trial or the shield asked for is none of it.
"""

from __future__ import annotations

import numpy as np

from device.control.policies.silence import Silence
from device.control.policies.view import Policy
from device.control.real import Real, where

LONGEST_S = 60.0
"""The longest rest, and the most that can be earned."""
BEGINS_S = 30.0
"""A rest begins only where it can last so long: music does not come and go."""
EARNED = 0.125
"""Rest that is earned per time of music: any ten minutes have (60 + 600 / 8) / (1 + 1 / 8) = 120 s of rest at most."""


class RestBudget:
    """What is left of a policy's rest, for one listener or for each of a cohort."""

    def __init__(self, policy: Policy) -> None:
        self._is_bounded = not isinstance(policy, Silence)  # whoever chose silence asked for it
        self._left_s: Real = LONGEST_S
        self._rests: Real = False

    def take(self, wishes: Real, since_s: float) -> Real:
        """Whether the music rests, where the policy wishes it, `since_s` after the decision before."""
        if not self._is_bounded:
            return wishes
        spent_s, earned_s = self._left_s - since_s, np.minimum(self._left_s + EARNED * since_s, LONGEST_S)
        self._left_s = where(self._rests, spent_s, earned_s)
        # The bar ahead is about as long as the last one was.
        needed_s = where(self._rests, since_s, BEGINS_S)
        self._rests = np.logical_and(wishes, self._left_s >= needed_s)
        return self._rests
