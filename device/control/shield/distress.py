"""Whether the music seems to do harm: arousal that keeps rising, signals that break up, and a listener who says so.

No threshold for when such music must give way is published (Silverman, Gooding & Yinger 2020, doi 10.1093/jmt/thaa008,
name the harms), so the figures are ours.
"""

from __future__ import annotations

import math

import numpy as np

from device.control.real import Real, fade, towards, where
from device.control.shield.signs import Asked, Level, Rule, Signs

FAST_S, REFERENCE_DOWN_S, REFERENCE_UP_S = 30.0, 120.0, 900.0
"""Time constants of arousal as it is, and of the level that the listener had come down to: that follows a fall in two
minutes, as arousal under music takes minutes, and forgets over a quarter of an hour."""
RISE, RISE_ABOVE, RISE_BESIDE = 0.7, 0.4, 0.4
"""A rise is so far above that level, on the load side, and above the goal: a lively goal is no distress."""
RISEN_S, RISEN_REST_S, RESTED_S = 90.0, 240.0, 120.0
"""The rise lasts so long before the music gives way and so long before it rests; after such a rest a new rise begins
from where the listener then is, as silence was tried.

Feelings rise by themselves too, and readings wander. Of 400 virtual listeners whom no music moves, read fairly, this
gives way to 16 % once in a session, and to 19 % of those who answer the opposite way; with 0.5, 0.3 and a minute it was
38 % and 42 %, and listeners who are led well lost 2 % of their time in the zone instead of 1."""
STORM_BELOW, STORM_FROM, STORM_S, STORM_OVER_S = 0.25, 0.6, 15.0, 135.0
"""Coverage that falls below the first, from above the second, for so long is a storm; one that goes on beyond two
minutes more is taken for a sensor that is lost."""
TOO_MUCH, TOO_MUCH_REST, TOO_MUCH_S = 1.36, 2.2, 180.0
"""Each "too much" counts for less as it gets older, with this time constant: two within three minutes (1 + 1/e) reach
the first mark, three within two minutes the second."""


class Distress:
    """Follows the listener; `judge` is asked once for each decision."""

    def __init__(self) -> None:
        self._fast: Real = math.nan
        """Arousal as it is; NaN until it is known."""
        self._reference: Real = math.nan
        self._risen_s: Real = 0.0
        self._poor_s: Real = 0.0
        self._was_good: Real = False
        self._too_much: Real = 0.0

    def judge(self, signs: Signs) -> list[Asked]:
        self._too_much = fade(self._too_much, signs.since_s, TOO_MUCH_S) + signs.too_much
        self._follow(signs)
        self._rest(signs)
        is_storm = self._storm(signs.coverage, signs.since_s)
        return [
            (Rule.TOO_MUCH, _ladder(self._too_much, TOO_MUCH, TOO_MUCH_REST)),
            (Rule.RISE, _ladder(self._risen_s, RISEN_S, RISEN_REST_S)),
            (Rule.STORM, where(is_storm, Level.NEUTRAL, Level.GO_ON)),
        ]

    def _follow(self, signs: Signs) -> None:
        """Follow arousal and the level that it had come down to; before the music leads they are one."""
        known, since_s = signs.feeling.known, signs.since_s
        is_new = np.isnan(self._fast)
        fast = where(is_new, signs.feeling.arousal, towards(self._fast, signs.feeling.arousal, since_s, FAST_S))
        constant_s = where(fast < self._reference, REFERENCE_DOWN_S, REFERENCE_UP_S)
        reference = towards(self._reference, fast, since_s, constant_s)
        is_own = is_new | np.logical_not(signs.leads)
        self._fast = where(known, fast, self._fast)
        self._reference = where(known, where(is_own, fast, reference), self._reference)

    def _rest(self, signs: Signs) -> None:
        """Count for how long arousal has been risen; what is not known counts neither way."""
        fast, reference = self._fast, self._reference
        risen = (fast - reference >= RISE) & (fast >= RISE_ABOVE) & (fast - signs.goal_arousal >= RISE_BESIDE)
        risen_s = where(risen, self._risen_s + signs.since_s, 0.0)
        self._risen_s = where(signs.feeling.known, risen_s, self._risen_s)
        rested = self._risen_s >= RISEN_REST_S + RESTED_S
        self._reference = where(rested, fast, reference)
        self._risen_s = where(rested, 0.0, self._risen_s)

    def _storm(self, coverage: Real, since_s: Real) -> Real:
        """Whether coverage has just collapsed."""
        self._poor_s = where(coverage < STORM_BELOW, self._poor_s + since_s, 0.0)
        is_lost = self._poor_s >= STORM_OVER_S
        self._was_good = (self._was_good & np.logical_not(is_lost)) | (coverage >= STORM_FROM)
        return self._was_good & (self._poor_s >= STORM_S)


def _ladder(sign: Real, neutral: float, rest: float) -> Real:
    return where(sign >= rest, Level.REST, where(sign >= neutral, Level.NEUTRAL, Level.GO_ON))
