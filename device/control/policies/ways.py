"""Ways to the goal that are no correction of the plan's: even, matched, or straight there.

They are what a closed loop is measured against, and what a bandit chooses among. Each is a point to be at, which a
policy proposes as a detour from the plan's; the slopes of the cues hold all the same.
"""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import Moment, State, gap
from device.control.plan.start import OPEN
from device.control.real import Real, unit, where

WAVE_S = 240.0
"""Half period of the wave: shorter, and feelings would not follow it."""


class Wave:
    """A slow alternation of more and less, without which nobody could tell which way a listener answers."""

    def __init__(self) -> None:
        self._led_s = 0.0

    def after(self, since_s: float, *, leads: bool) -> float:
        """1 or -1 once so much time has passed, which counts while the policy leads; it begins with 1."""
        self._led_s += since_s if leads else 0.0
        return 1.0 if self._led_s // WAVE_S % 2 == 0 else -1.0


def goal_of(moment: Moment) -> State:
    """Where the plan ends; where it does not say, where it is now."""
    goal, setpoint = moment.goal, moment.setpoint
    return State(
        where(np.isfinite(goal.valence), goal.valence, setpoint.valence),
        where(np.isfinite(goal.arousal), goal.arousal, setpoint.arousal),
    )


def target_from(moment: Moment, here: State) -> State:
    """The goal, or the listener's own state on an axis where that is on the allowed side already."""
    goal, sides = goal_of(moment), moment.sides
    return State(
        here.valence + gap(goal.valence, here.valence, sides.valence),
        here.arousal + gap(goal.arousal, here.arousal, sides.arousal),
    )


def between(one: State, other: State, share: Real) -> State:
    """The point at that share of the way from one to the other."""
    return State(
        one.valence + share * (other.valence - one.valence), one.arousal + share * (other.arousal - one.arousal)
    )


def share_of_way(moment: Moment) -> float:
    """How much of the way an even course has behind it: 0 before the shift, 1 after it."""
    return moment.progress if moment.phase == "shift" else 0.0 if moment.phase in OPEN else 1.0


def detour(moment: Moment, point: State) -> State:
    """How far a point lies beside the plan's; none while rest is measured."""
    if moment.phase == "baseline":
        return State(0.0, 0.0)
    return State(unit(point.valence) - moment.setpoint.valence, unit(point.arousal) - moment.setpoint.arousal)
