"""What the shield looks at and what it can say: the signs of one decision, the rules, and the levels they ask for."""

from __future__ import annotations

import enum
import math
from typing import NamedTuple, TypeAlias

from device.control.policies.view import Feeling, View
from device.control.real import Real


class Level(enum.IntEnum):
    """How far a session may be led; the higher, the less."""

    GO_ON = 0
    PLAN = 1
    """The plan alone, without a policy."""
    NEUTRAL = 2
    """A calm neutral, without moves, whatever the plan says."""
    REST = 3
    """Silence."""


class Rule(enum.IntEnum):
    """What asked for a level."""

    NONE = 0
    TOO_MUCH = 1
    RISE = 2
    STORM = 3
    FAULTS = 4
    LATE = 5
    UNHEARD = 6
    UNSURE = 7
    LEAPS = 8
    FROZEN = 9
    DENIED = 10
    RECOVERY = 11


Asked: TypeAlias = tuple[Rule, Real]
"""A rule and the level that it asks for."""

LEVEL_WORDS: dict[Level, str] = {Level.PLAN: "plan alone", Level.NEUTRAL: "calm neutral", Level.REST: "silence"}
WORDS: dict[Rule, str] = {
    Rule.TOO_MUCH: "the listener said that it is too much, and again",
    Rule.RISE: "arousal keeps rising under the music",
    Rule.STORM: "the signals broke up all at once, as when somebody is restless",
    Rule.FAULTS: "the policy failed too often and sits out",
    Rule.LATE: "decisions came too late",
    Rule.UNHEARD: "for a while there was no estimate to act on",
    Rule.UNSURE: "the estimate is hardly surer than a guess",
    Rule.LEAPS: "the estimate leaps further than it says it may",
    Rule.FROZEN: "the estimate has not moved for minutes",
    Rule.DENIED: "the listener said otherwise than the estimate, twice",
    Rule.RECOVERY: "what was wrong is over, and the way back is slow",
}


class Signs(NamedTuple):
    """What the shield sees at one decision; each is a float, or an array with one value for each listener."""

    since_s: Real
    feeling: Feeling
    goal_arousal: Real
    leads: Real
    """Whether the music leads; before that the state is the listener's own."""
    told_arousal: Real = math.nan
    """What the listener said of their arousal since the last decision; NaN: nothing."""
    too_much: Real = 0
    """How often they said "too much" since then."""
    coverage: Real = math.nan
    """Coverage of the best source, 0 to 1; NaN: not told."""
    faults: Real = 0
    """Failures of the policy since the session began."""
    late: Real = False
    """Whether the bar's deadline was over when it was asked for."""


def signs_in(view: View) -> Signs:
    """What a policy's view shows of it; coverage, faults and late bars are told by others."""
    return Signs(
        since_s=view.since_s,
        feeling=view.feeling,
        goal_arousal=view.moment.setpoint.arousal,
        leads=view.leads,
        told_arousal=view.told_arousal,
        too_much=view.wished < 0,
    )
