"""The path ahead, written anew in mid-session by a therapist: what may be written, and the plan that follows it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from device.control.plan.plan_checks import EASE, allows, place
from device.control.plan.session_plan import SLOPE_PER_S, Ahead, Knot, SessionPlan, State, distance
from device.errors import ConfigError

POINTS_MAX = 100


class Due(NamedTuple):
    """A point to be at, and when: in seconds of the plan's own time, which stands still while a phase is held."""

    at_s: float
    state: State


def with_path_ahead(plan: SessionPlan, plan_s: float, here: State, points: Sequence[Due]) -> SessionPlan:
    """The plan whose target goes evenly from `here`, where it is at `plan_s`, through `points`, and stays at the last.

    The phases stay as they are. A listener who is beyond a one-sided goal is spared as on any other path.

    Raises:
        ConfigError: no points, too many, not in order, in the past, no end, a jump, or not where the goal allows.
    """
    if not 1 <= len(points) <= POINTS_MAX:
        raise ConfigError(f"The path has {len(points)} points.", f"Give 1 to {POINTS_MAX}.")
    for point in points:
        _refuse_unreal(point)
    way = (Due(plan_s, here), *points)
    if points[0].at_s <= plan_s:
        sentence = f"The point at {clock(points[0].at_s)} lies in the past: the plan is at {clock(plan_s)}."
        raise ConfigError(sentence, "Begin later.")
    for one, two in itertools.pairwise(way):
        _refuse_jump(one, two)
    _refuse_end(plan, points[-1])
    ends_s = points[-1].at_s
    knots = tuple(Knot((due.at_s - plan_s) / (ends_s - plan_s), due.state) for due in way)
    return plan.with_ahead(Ahead(plan_s, ends_s, knots))


def _refuse_unreal(point: Due) -> None:
    numbers = (point.at_s, *point.state)
    if not all(map(math.isfinite, numbers)) or max(map(abs, point.state)) > 1.0:
        raise ConfigError(f"{place(point.state)} at {point.at_s} s is no point to be at.", "Both axes go from -1 to 1.")


def _refuse_jump(one: Due, two: Due) -> None:
    if two.at_s <= one.at_s:
        raise ConfigError(f"The point at {clock(two.at_s)} comes after the one at {clock(one.at_s)}.", "Sort them.")
    length, seconds = float(distance(one.state, two.state)), two.at_s - one.at_s
    if length > SLOPE_PER_S * seconds * EASE:
        needed_s = math.ceil(length / SLOPE_PER_S)
        sentence = f"The path jumps from {place(one.state)} to {place(two.state)} in {seconds:.0f} s."
        raise ConfigError(sentence, f"Give it {needed_s} s at least.")


def _refuse_end(plan: SessionPlan, last: Due) -> None:
    if last.at_s > plan.length_s:
        sentence = f"The path does not end: its last point at {clock(last.at_s)} lies behind the session's end"
        raise ConfigError(f"{sentence} at {clock(plan.length_s)}.", "End it earlier.")
    if not allows(plan.goal, plan.sides, plan.zone, last.state):
        sentence = f"The path ends at {place(last.state)}, which contradicts the goal {place(plan.goal)}."
        raise ConfigError(sentence, "Lead it to the goal in the end.")


def clock(seconds: float) -> str:
    """`4:05`."""
    whole = round(seconds)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 60}:{abs(whole) % 60:02d}"
