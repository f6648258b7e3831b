"""The plan of a session: its phases and the points on the way from the listener's present state to the goal.

Iso principle: meet the present state, then move to the goal in small steps (Starcke 2021, Miyamoto 2022). Compensatory
principle: contrast with it from the start. Neither was found better (2026, doi 10.1177/10298649261421187). What a plan
may say stands in `plan_layout`; here it is laid out in time.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from device.config import Prescription, SessionConfig
from device.control.real import Real, at_least, clip, where
from device.messages import Phase
from device.plan_layout import Course, PhaseLayout, PlanLayout, Side

BASELINE_SHARE_MAX = 0.25
"""A baseline without a length never takes more of a session than this. A two-minute demo so has phases of 30, 13, 48,
20 and 9 s, and where the estimate needs a longer rest than 30 s the match, and what is left of that rest, run without
it."""
STEP = 0.12
"""Length of one step of the shift on the valence-arousal plane."""
STEP_MIN_S = 6.0
"""A step lasts at least about a bar and a half."""
SLOPE_PER_S = 0.03
"""The fastest a target goes over the plane, as fast as a policy's move: about as fast as the cues can follow."""
ZONE = Prescription().goal_zone
PLAN = PlanLayout()


class State(NamedTuple):
    """A point on the valence-arousal plane, both -1 to 1."""

    valence: Real
    arousal: Real


class Sides(NamedTuple):
    """How the goal is meant on each axis: a listener who is calmer than "at most" is not pulled up again."""

    valence: Side = "near"
    arousal: Side = "near"


NEAR = Sides()


def gap(goal: Real, value: Real, side: Side) -> Real:
    """How far `value` has yet to go to a goal, with its sign; 0 anywhere on the allowed side."""
    if side == "at most":
        return -at_least(value - goal, 0.0)
    return at_least(goal - value, 0.0) if side == "at least" else goal - value


RESTING = State(0.1, -0.3)
"""What sounds while the listener's rest is measured: quiet, near neutral."""
UNKNOWN_START = State(0.0, 0.0)
"""Stands for the present state where that is not known."""
UNTOLD = State(math.nan, math.nan)
"""A state of which nothing is known."""


class Moment(NamedTuple):
    """The plan at one time."""

    phase: Phase
    progress: float
    """Share of the phase that is over, 0 to 1."""
    phase_left_s: float
    session_left_s: float
    setpoint: State
    """The point to be at now."""
    sides: Sides = NEAR
    goal: State = UNTOLD
    """The point to be at in the end; on a path that somebody wrote in, the path's own, so that no policy leaves it."""
    zone: float = ZONE
    """Half-width of the zone around a point in which it counts as reached."""
    silent: bool = False
    """Whether the plan lets nothing sound."""

    def gap(self, here: State) -> State:
        """How far a listener has yet to go to the setpoint, by axis: 0 where the goal itself is met by its side."""
        return State(
            _gap_on_the_way(self.setpoint.valence, self.goal.valence, here.valence, self.sides.valence),
            _gap_on_the_way(self.setpoint.arousal, self.goal.arousal, here.arousal, self.sides.arousal),
        )

    def in_zone(self, here: State) -> Real:
        """Whether a listener is within the zone around the setpoint, or beyond it on the allowed side."""
        left = self.gap(here)
        return (abs(left.valence) <= self.zone) & (abs(left.arousal) <= self.zone)


def _gap_on_the_way(setpoint: Real, goal: Real, value: Real, side: Side) -> Real:
    towards = gap(setpoint, value, side)
    return towards if side == "near" else where(gap(goal, value, side) == 0.0, 0.0, towards)


class Stretch(NamedTuple):
    """A phase in time."""

    layout: PhaseLayout
    begins_s: float
    ends_s: float

    @property
    def length_s(self) -> float:
        return self.ends_s - self.begins_s


class Knot(NamedTuple):
    """A point of a path, and when: a share of the path's time."""

    at: float
    state: State


class Ahead(NamedTuple):
    """A path that somebody wrote in mid-session: it takes the place of the plan's own from then on."""

    begins_s: float
    ends_s: float
    knots: tuple[Knot, ...]


def goal_sides(prescription: Prescription) -> Sides:
    """Where the prescribed goal is met: by the sign of its value, if nothing else is said."""
    return Sides(
        prescription.goal_valence_side or _side_of(prescription.goal_valence),
        prescription.goal_arousal_side or _side_of(prescription.goal_arousal),
    )


def _side_of(value: float) -> Side:
    return "near" if value == 0 else "at most" if value < 0 else "at least"


def plan_of(config: SessionConfig) -> SessionPlan:
    """The plan of a session, as it is prescribed."""
    return plan_for(config.prescription, config.minutes, config.device.affect.baseline_s)


def plan_for(prescription: Prescription, minutes: float, baseline_s: float) -> SessionPlan:
    """The plan of `minutes` that is prescribed, where the estimate needs `baseline_s` of rest."""
    goal = State(prescription.goal_valence, prescription.goal_arousal)
    sides = goal_sides(prescription)
    return SessionPlan(minutes, baseline_s, goal, sides, prescription.goal_zone, prescription.plan)


class SessionPlan:
    """Phases over `minutes` that end at `goal`. Its time is its own: held or skipped by whoever asks.

    It never changes; `with_ahead` gives another.
    """

    def __init__(
        self,
        minutes: float,
        baseline_s: float,
        goal: State,
        sides: Sides = NEAR,
        zone: float = ZONE,
        layout: PlanLayout = PLAN,
    ) -> None:
        self.length_s = minutes * 60.0
        self.goal, self.sides, self.zone, self.order = goal, sides, zone, layout.order
        self.stretches = stretches_of(layout.phases, self.length_s, baseline_s)
        self.ahead: Ahead | None = None

    def at(self, plan_s: float, start: State, now: State = UNTOLD) -> Moment:
        """The moment `plan_s` after the beginning, for a listener whose state was `start` before the shift.

        `now` is their state at present, NaN where it is not known. Who began beyond a one-sided goal is led no less
        far than that, and who is beyond it now no less far than the goal: nobody is pulled back, or pushed further.
        """
        index = self._index_at(plan_s)
        stretch = self.stretches[index]
        progress = min(1.0, max(0.0, (plan_s - stretch.begins_s) / max(stretch.length_s, 1e-9)))
        setpoint = self._path_at(index, plan_s, progress, start)
        goal = setpoint if self.ahead is not None and plan_s >= self.ahead.begins_s else self.goal
        if stretch.layout.kind != "baseline":
            setpoint = self._spare(self._spare(setpoint, start, start), now, self.goal)
        return Moment(
            phase=stretch.layout.kind,
            progress=progress,
            phase_left_s=max(0.0, stretch.ends_s - plan_s),
            session_left_s=max(0.0, self.length_s - plan_s),
            setpoint=setpoint,
            sides=self.sides,
            goal=goal,
            zone=self.zone,
            silent=stretch.layout.silent,
        )

    def end_of_phase_s(self, plan_s: float) -> float:
        """The time of the plan at which the phase at `plan_s` ends."""
        return self.stretches[self._index_at(plan_s)].ends_s

    def with_ahead(self, ahead: Ahead) -> SessionPlan:
        """The same phases with another path; `plan_edit` says which one may be given."""
        changed = copy.copy(self)
        changed.ahead = ahead
        return changed

    def target_of(self, start: State) -> State:
        """The goal, or the listener's own state where that is beyond it on the allowed side."""
        return self._spare(self.goal, start, start)

    def _index_at(self, plan_s: float) -> int:
        last = len(self.stretches) - 1
        return next((index for index, stretch in enumerate(self.stretches) if plan_s < stretch.ends_s), last)

    def _path_at(self, index: int, plan_s: float, progress: float, start: State) -> State:
        """The point to be at: at rest, with the listener, on the way, or at the goal."""
        ahead, stretch = self.ahead, self.stretches[index]
        layout = stretch.layout
        if layout.kind == "baseline":
            return RESTING
        if ahead is not None and plan_s >= ahead.begins_s:
            length_s = ahead.ends_s - ahead.begins_s
            return along(ahead.knots, (plan_s - ahead.begins_s) / length_s, length_s, "ramp")
        course = layout.course or ("steps" if self.order == "iso" else "straight")
        knots = tuple(Knot(point.at, State(point.valence, point.arousal)) for point in layout.points)
        if knots:
            return along((Knot(0.0, self._entry(index, start)), *knots), progress, stretch.length_s, course)
        if layout.kind == "match":
            return start
        if layout.kind != "shift":
            return self.target_of(start)
        way = (Knot(0.0, self._entry(index, start)), Knot(1.0, self.target_of(start)))
        return along(way, progress, stretch.length_s, course)

    def _entry(self, index: int, start: State) -> State:
        """Where a phase's path begins: where the one before it ended; in the iso order at first with the listener."""
        before = self.stretches[index - 1].layout if index else None
        if before is None or before.kind == "baseline":
            return start if self.order == "iso" else RESTING
        if before.points:
            return State(before.points[-1].valence, before.points[-1].arousal)
        return start if before.kind == "match" else self.target_of(start)

    def _spare(self, wanted: State, here: State, least: State) -> State:
        """`wanted`, but `least` at least for a listener who is beyond a one-sided goal already."""
        return State(
            _spared(wanted.valence, self.goal.valence, here.valence, least.valence, self.sides.valence),
            _spared(wanted.arousal, self.goal.arousal, here.arousal, least.arousal, self.sides.arousal),
        )


def _spared(wanted: Real, goal: Real, here: Real, least: Real, side: Side) -> Real:
    if side == "at most":
        return where(here <= goal, np.minimum(wanted, least), wanted)
    return where(here >= goal, np.maximum(wanted, least), wanted) if side == "at least" else wanted


def stretches_of(phases: Sequence[PhaseLayout], length_s: float, baseline_s: float) -> tuple[Stretch, ...]:
    """The phases in time: those with minutes first, then those with shares of what is left.

    Where none has a share, the minutes are shares: a plan can be tried out in a shorter time.
    """
    rest_s = min(baseline_s, BASELINE_SHARE_MAX * length_s)
    by_minutes = all(phase.share is None for phase in phases)
    fixed = [0.0 if by_minutes else _fixed_s(phase, rest_s) for phase in phases]
    shares = [(phase.minutes or 0.0) if by_minutes else (phase.share or 0.0) for phase in phases]
    if by_minutes and is_open(phases[0]):
        fixed[0] = rest_s
    left_s = max(0.0, length_s - sum(fixed))
    stretches, ends_s = [], 0.0
    for place, phase in enumerate(phases):
        begins_s = ends_s
        after_s = left_s * sum(shares[place + 1 :]) / max(sum(shares), 1e-9) + sum(fixed[place + 1 :])
        ends_s = max(begins_s, length_s - after_s)
        stretches.append(Stretch(phase, begins_s, ends_s))
    return tuple(stretches)


def is_open(phase: PhaseLayout) -> bool:
    """Whether the estimate decides how long it is."""
    return phase.kind == "baseline" and phase.minutes is None and phase.share is None


def _fixed_s(phase: PhaseLayout, rest_s: float) -> float:
    return rest_s if is_open(phase) else (phase.minutes or 0.0) * 60.0


def along(knots: Sequence[Knot], progress: float, length_s: float, course: Course) -> State:
    """The point of a path at `progress` of its `length_s`; behind its last knot it stands still."""
    after = next((index for index, knot in enumerate(knots) if progress < knot.at), len(knots))
    one = knots[after - 1]
    if after == len(knots):
        return one.state
    two = knots[after]
    span = two.at - one.at
    share = _share_of_leg(distance(one.state, two.state), (progress - one.at) / span, span * length_s, course)
    return State(
        one.state.valence + share * (two.state.valence - one.state.valence),
        one.state.arousal + share * (two.state.arousal - one.state.arousal),
    )


def distance(one: State, other: State) -> Real:
    """How far two points lie apart on the plane."""
    return np.hypot(other.valence - one.valence, other.arousal - one.arousal)


def _share_of_leg(length: Real, progress: float, leg_s: float, course: Course) -> Real:
    """How much of the leg of that `length` on the plane is behind the target."""
    if course == "points":
        return 0.0
    if course == "ramp":
        return progress
    if course == "straight":
        return np.minimum(1.0, progress * leg_s * SLOPE_PER_S / np.maximum(length, 1e-9))
    n_steps = clip(np.ceil(length / STEP), 1.0, max(1.0, math.floor(leg_s / STEP_MIN_S)))
    return np.minimum(n_steps, np.floor(progress * n_steps) + 1.0) / n_steps
