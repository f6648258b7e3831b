"""Whether the estimates can be acted on: old, unsure, leaping, frozen and denied ones end a policy's lead.

They never ask for more than the plan alone, as a sensor that is lost harms nobody. The figures are ours.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from device.control.policies.view import Feeling
from device.control.real import Real, fade, where
from device.control.shield.signs import Asked, Level, Rule, Signs

STALE_S = 15.0
"""So long without an estimate to act on, three times the age at which a single one is too old."""
UNSURE_SD = 0.95
"""A deviation from here on explains less than a tenth of the prior's variance (1 - 0.95^2): it is no estimate."""
LEAP, LEAP_PER_S, LEAP_SDS = 0.2, 0.05, 4.0
"""A leap goes further than these, a second's greatest change and four times both deviations: 1 in 16,000 by chance."""
LEAPS, LEAPS_S = 2.5, 60.0
"""Three in about half a minute count; each counts for less as it gets older, with this time constant."""
FROZEN_S = 60.0
"""Nothing that is measured on a living body stays the same to the bit for so long, nor does the share of it that is
usable; where no coverage is told, nothing was measured."""
DENIED, DENIED_SDS, DENIALS, DENIED_S = 0.3, 2.0, 2, 600.0
"""A word that lies so far from the estimate, and two of its deviations more, denies it: 0.3 is about one step of the
nine of the Self-Assessment Manikin (0.25). Two in a row outweigh the estimate for ten minutes."""


class Trust:
    """Follows the estimates; `judge` is asked once for each decision."""

    def __init__(self) -> None:
        self._last: Feeling | None = None
        """The newest estimate that was known, listener by listener."""
        self._last_s: Real = 0.0
        self._unheard_s: Real = 0.0
        self._coverage: Real = math.nan
        self._still_s: Real = 0.0
        self._leaps: Real = 0.0
        self._denials: Real = 0
        self._denied_s: Real = math.inf

    def judge(self, signs: Signs) -> list[Asked]:
        feeling = signs.feeling
        last = feeling if self._last is None else self._last
        self._hear(feeling, signs.since_s)
        self._follow(signs, last)
        self._compare(signs, last)
        self._last = Feeling(*map(partial(where, feeling.known), feeling, last))
        unheard = self._unheard_s >= STALE_S
        found = (
            (Rule.UNHEARD, unheard & np.logical_not(feeling.known)),
            (Rule.UNSURE, unheard & feeling.known),
            (Rule.LEAPS, self._leaps >= LEAPS),
            (Rule.FROZEN, self._still_s >= FROZEN_S),
            (Rule.DENIED, (self._denials >= DENIALS) & (self._denied_s < DENIED_S)),
        )
        return [(rule, where(is_found, Level.PLAN, Level.GO_ON)) for rule, is_found in found]

    def _hear(self, feeling: Feeling, since_s: Real) -> None:
        usable = feeling.known & (feeling.arousal_sd < UNSURE_SD)
        self._unheard_s = where(usable, 0.0, self._unheard_s + since_s)

    def _follow(self, signs: Signs, last: Feeling) -> None:
        """Hold the estimate against the one before; a listener's word moves it at once, and that is no leap."""
        feeling, both = signs.feeling, signs.feeling.known & last.known
        self._last_s = self._last_s + signs.since_s
        measured = (signs.coverage > 0) & (signs.coverage == self._coverage)
        still = both & measured & (feeling.arousal == last.arousal) & (feeling.arousal_sd == last.arousal_sd)
        self._still_s = where(still, self._still_s + signs.since_s, 0.0)
        self._coverage = signs.coverage
        reach = LEAP + LEAP_PER_S * self._last_s + LEAP_SDS * np.hypot(feeling.arousal_sd, last.arousal_sd)
        leapt = both & np.isnan(signs.told_arousal) & (abs(feeling.arousal - last.arousal) > reach)
        self._leaps = fade(self._leaps, signs.since_s, LEAPS_S) + leapt
        self._last_s = where(feeling.known, 0.0, self._last_s)

    def _compare(self, signs: Signs, last: Feeling) -> None:
        """Hold the listener's word against the estimate before it, which the word had not moved yet."""
        told = np.isfinite(signs.told_arousal) & last.known
        denied = told & (abs(signs.told_arousal - last.arousal) > DENIED + DENIED_SDS * last.arousal_sd)
        self._denials = where(told, where(denied, self._denials + 1, 0), self._denials)
        self._denied_s = where(denied, 0.0, self._denied_s + signs.since_s)
