"""The last word before the music: how far a session may be led at all, whatever policy and sensors say.

Each rule asks for a level, and the strictest holds at once; the way back is one level at a time, and slow. The figures
are ours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.control.plan.session_plan import RESTING, Moment, State
from device.control.real import Real, fade, where
from device.control.shield.distress import Distress
from device.control.shield.signs import LEVEL_WORDS, WORDS, Asked, Level, Rule, Signs
from device.control.shield.trust import Trust

FAULTS = 3
"""A policy that failed so often sits out for the rest of the session."""
LATE, LATE_S = 2.5, 30.0
"""Three bars in a quarter of a minute that were asked for too late; each counts for less as it gets older."""
BACK_S = 30.0
"""A level is left for the next lower one only when nothing has asked for it for so long."""
BACK_TO_POLICY_S = 10.0
"""The same for the plan alone, which harms nobody."""
LONGEST_S = 12.0
"""What was seen at the two ends of a pause is not known to have lasted for more of it."""


WARNINGS = (Rule.RISE, Rule.STORM)
"""What a therapist who leads by hand is told."""


class Verdict(NamedTuple):
    """The level that holds, and why."""

    level: Real = Level.GO_ON
    rule: Real = Rule.NONE

    def words(self) -> str:
        """`plan alone, as the estimate has not moved for minutes`; where only a warning is left, that."""
        level, rule = Level(int(self.level)), Rule(int(self.rule))
        if level:
            return f"{LEVEL_WORDS[level]}, as {WORDS[rule]}"
        return f"mind that {WORDS[rule]}" if rule in WARNINGS else ""

    def by_hand(self) -> Verdict:
        """What is left of it while the therapist leads: at their hand only the listener's own word outweighs them."""
        return self if self.rule == Rule.TOO_MUCH else self._replace(level=Level.GO_ON)

    def over(self, moment: Moment) -> Moment:
        """The moment with the setpoint that is followed: the plan's, or the calm neutral where that holds.

        The neutral is never livelier than the plan: the shield only ever calms.
        """
        plan, holds = moment.setpoint, self.level >= Level.NEUTRAL
        valence = where(holds, RESTING.valence, plan.valence)
        arousal = where(holds, np.minimum(plan.arousal, RESTING.arousal), plan.arousal)
        return moment._replace(setpoint=State(valence, arousal))


class Shield:
    """Judges decision by decision; what it says follows from the signs alone, in their order."""

    def __init__(self) -> None:
        self._level: Real = Level.GO_ON
        self._quiet_s: Real = 0.0
        """Time for which nothing has asked for the level that holds."""
        self._trust, self._distress = Trust(), Distress()
        self._late: Real = 0.0

    def judge(self, signs: Signs) -> Verdict:
        signs = signs._replace(since_s=np.minimum(signs.since_s, LONGEST_S))
        level, rule = Level.GO_ON, Rule.NONE
        for name, wish in (*self._distress.judge(signs), *self._machine(signs), *self._trust.judge(signs)):
            level, rule = np.maximum(level, wish), where(wish > level, name, rule)
        return self._settle(level, rule, signs.since_s)

    def _machine(self, signs: Signs) -> list[Asked]:
        """Whether the policy works at all, and in time."""
        self._late = fade(self._late, signs.since_s, LATE_S) + signs.late
        found = ((Rule.FAULTS, signs.faults >= FAULTS), (Rule.LATE, self._late >= LATE))
        return [(rule, where(is_found, Level.PLAN, Level.GO_ON)) for rule, is_found in found]

    def _settle(self, asked: Real, rule: Real, since_s: Real) -> Verdict:
        """Go up at once, and down by one level when nothing has asked for this one for a while."""
        held = self._level
        self._quiet_s = where(asked >= held, 0.0, self._quiet_s + since_s)
        down = self._quiet_s >= where(held > Level.PLAN, BACK_S, BACK_TO_POLICY_S)
        self._quiet_s = where(down, 0.0, self._quiet_s)
        self._level = level = np.maximum(asked, held - down)
        return Verdict(level, where(level > asked, Rule.RECOVERY, rule))
