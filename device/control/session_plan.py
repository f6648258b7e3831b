"""The plan of a session: its phases and the points on the way from the listener's present state to the goal.

Iso principle: meet the present state, then move to the goal in small steps (Starcke 2021, Miyamoto 2022; the evidence
is thin, therapists expect it). The proportions are our synthesis of device-supported trials, scaled to any length.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from device.control.real import Real
from device.messages import Phase

BASELINE_SHARE_MAX = 0.25
"""The baseline never takes more of a session than this. A two-minute demo so has phases of 30, 13, 48, 20 and 9 s, and
where the estimate needs a longer rest than 30 s the match, and what is left of that rest, run without it."""
SHARES: dict[Phase, float] = {"match": 3.0, "shift": 11.0, "hold": 4.5, "cool-down": 2.0}
"""Minutes of the phases after the baseline in a session of about 22 minutes."""
STEP = 0.12
"""Length of one step of the shift on the valence-arousal plane."""
STEP_MIN_S = 6.0
"""A step lasts at least about a bar and a half."""


class State(NamedTuple):
    """A point on the valence-arousal plane, both -1 to 1."""

    valence: Real
    arousal: Real


Side = Literal["near", "at most", "at least"]
"""Where a goal on one axis is met: around its value, anywhere below it, or anywhere above it."""


class Sides(NamedTuple):
    """How the goal is meant on each axis: a listener who is calmer than "at most" is not pulled up again."""

    valence: Side = "near"
    arousal: Side = "near"


def gap(goal: Real, value: Real, side: Side) -> Real:
    """How far `value` has yet to go to a goal, with its sign; 0 anywhere on the allowed side."""
    if side == "at most":
        return np.minimum(goal - value, 0.0)
    return np.maximum(goal - value, 0.0) if side == "at least" else goal - value


RESTING = State(0.1, -0.3)
"""What sounds while the listener's rest is measured: quiet, near neutral."""
UNKNOWN_START = State(0.0, 0.0)
"""Stands for the present state where that is not known."""


class Moment(NamedTuple):
    """The plan at one time."""

    phase: Phase
    progress: float
    """Share of the phase that is over, 0 to 1."""
    phase_left_s: float
    session_left_s: float
    setpoint: State
    sides: Sides = Sides()


class SessionPlan:
    """Phases over `minutes` that end at `goal`. Its time is the plan's own: held or skipped by whoever asks."""

    def __init__(self, minutes: float, baseline_s: float, goal: State) -> None:
        self.length_s = minutes * 60.0
        self.goal = goal
        left_s = self.length_s - min(baseline_s, BASELINE_SHARE_MAX * self.length_s)
        self._bounds: list[tuple[Phase, float, float]] = [("baseline", 0.0, self.length_s - left_s)]
        share_left = sum(SHARES.values())
        for phase, share in SHARES.items():
            begins_s = self._bounds[-1][2]
            share_left -= share
            self._bounds.append((phase, begins_s, self.length_s - left_s * share_left / sum(SHARES.values())))

    def at(self, plan_s: float, start: State) -> Moment:
        """The moment `plan_s` after the beginning, for a listener whose present state is or was `start`."""
        phase, begins_s, ends_s = self._bounds_at(plan_s)
        progress = min(1.0, max(0.0, (plan_s - begins_s) / max(ends_s - begins_s, 1e-9)))
        return Moment(
            phase=phase,
            progress=progress,
            phase_left_s=max(0.0, ends_s - plan_s),
            session_left_s=max(0.0, self.length_s - plan_s),
            setpoint=self._setpoint(phase, progress, ends_s - begins_s, start),
        )

    def end_of_phase_s(self, plan_s: float) -> float:
        """The time of the plan at which the phase at `plan_s` ends."""
        return self._bounds_at(plan_s)[2]

    def _bounds_at(self, plan_s: float) -> tuple[Phase, float, float]:
        return next((bounds for bounds in self._bounds if plan_s < bounds[2]), self._bounds[-1])

    def _setpoint(self, phase: Phase, progress: float, phase_s: float, start: State) -> State:
        """The point to be at: at rest, with the listener, in small steps on the way, or at the goal."""
        if phase == "baseline":
            return RESTING
        if phase == "match":
            return start
        if phase != "shift":
            return self.goal
        distance = np.hypot(self.goal.valence - start.valence, self.goal.arousal - start.arousal)
        n_steps = np.maximum(1.0, np.minimum(np.ceil(distance / STEP), math.floor(phase_s / STEP_MIN_S)))
        share = np.minimum(n_steps, np.floor(progress * n_steps) + 1.0) / n_steps
        return State(
            start.valence + share * (self.goal.valence - start.valence),
            start.arousal + share * (self.goal.arousal - start.arousal),
        )
