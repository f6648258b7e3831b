"""Ways to the goal that are no correction of the plan's: even, matched, or straight there.

They are what a closed loop is measured against, and what a bandit chooses among. Each is a point to be at, which a
policy proposes as a detour from the plan's; the slopes of the cues hold all the same.
"""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import UNKNOWN_START, Moment, State, gap
from device.control.policies.view import View
from device.control.real import Real, unit, where
from device.messages import Phase

OPEN: tuple[Phase, ...] = ("baseline", "match")
"""In these the listener's present state is taken for the start of the way."""


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


class Start:
    """The listener's state before the shift, or the first that is known in it; until then near neutral."""

    def __init__(self) -> None:
        self._state, self._met = UNKNOWN_START, False

    def meet(self, view: View) -> State:
        """The start, once `view` was seen."""
        feeling, phase = view.feeling, view.moment.phase
        is_open = phase in OPEN or (phase == "shift" and np.logical_not(self._met))
        takes: Real = np.logical_and(feeling.known, is_open)
        self._met = np.logical_or(self._met, takes)
        self._state = State(
            where(takes, unit(feeling.valence), self._state.valence),
            where(takes, unit(feeling.arousal), self._state.arousal),
        )
        return self._state
