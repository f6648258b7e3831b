"""The path ahead is written anew in mid-session, or refused whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.plan.plan_edit import Due, with_path_ahead
from device.control.plan.session_plan import SLOPE_PER_S, SessionPlan, Sides, State, distance
from device.errors import ConfigError

GOAL = State(0.4, -0.6)
PLAN = SessionPlan(20.0, 60.0, GOAL, Sides("at least", "at most"), 0.2)
START, NOW_S = State(0.0, 0.8), 300.0
HERE = PLAN.at(NOW_S, START).setpoint
units = st.floats(-1, 1)


def test_the_target_goes_evenly_through_the_points_and_stays_at_the_last() -> None:
    edited = with_path_ahead(PLAN, NOW_S, HERE, [Due(400.0, State(0.0, 0.4)), Due(600.0, GOAL)])
    assert edited.at(NOW_S, START).setpoint == pytest.approx(HERE)
    assert edited.at(400.0, START).setpoint == pytest.approx((0.0, 0.4))
    assert edited.at(500.0, START).setpoint == pytest.approx((0.2, -0.1))
    assert edited.at(900.0, START).setpoint == pytest.approx(GOAL)
    assert edited.at(NOW_S - 1, START) == PLAN.at(NOW_S - 1, START)
    assert PLAN.at(500.0, START) == PLAN.with_ahead(None).at(500.0, START)
    assert [edited.end_of_phase_s(at) for at in (10.0, 400.0)] == [PLAN.end_of_phase_s(at) for at in (10.0, 400.0)]


@pytest.mark.parametrize(
    ("points", "word"),
    [
        ([], "0 points"),
        ([Due(400.0 + place, GOAL) for place in range(101)], "101 points"),
        ([Due(200.0, GOAL)], "in the past: the plan is at 5:00"),
        ([Due(NOW_S, GOAL)], "in the past"),
        ([Due(500.0, State(0.0, 0.4)), Due(500.0, GOAL)], "comes after"),
        ([Due(302.0, State(0.0, 0.0)), Due(600.0, GOAL)], "jumps from"),
        ([Due(400.0, State(0.0, 0.4))], "contradicts the goal"),
        ([Due(900.0, GOAL), Due(1300.0, GOAL)], "does not end"),
        ([Due(math.inf, GOAL)], "no point to be at"),
        ([Due(400.0, State(math.nan, -0.6))], "no point to be at"),
        ([Due(400.0, State(0.4, -1.6))], "no point to be at"),
    ],
)
def test_what_jumps_contradicts_lies_in_the_past_or_never_ends_is_refused(points: list[Due], word: str) -> None:
    with pytest.raises(ConfigError, match=word) as caught:
        with_path_ahead(PLAN, NOW_S, HERE, points)
    assert caught.value.action


@given(
    points=st.lists(st.builds(Due, st.floats(allow_nan=True), st.builds(State, units, units)), max_size=4),
    plan_s=st.floats(0, 1200),
)
def test_what_is_taken_never_jumps_and_ends_where_the_goal_allows(points: list[Due], plan_s: float) -> None:
    here = PLAN.at(plan_s, START).setpoint
    try:
        edited = with_path_ahead(PLAN, plan_s, here, points)
    except ConfigError:
        return
    course = [edited.at(float(at_s), START).setpoint for at_s in np.linspace(max(plan_s, 60.0), 1200.0, 200)]
    step_s = (1200.0 - max(plan_s, 60.0)) / 199
    for one, two in zip(course[1:], course, strict=False):
        assert distance(one, two) <= SLOPE_PER_S * step_s + 1e-6
    assert course[-1].arousal <= GOAL.arousal + 0.2 + 1e-6


def test_who_is_beyond_the_goal_is_spared_on_a_written_path_too() -> None:
    edited = with_path_ahead(PLAN, NOW_S, HERE, [Due(400.0, State(0.0, 0.4)), Due(600.0, GOAL)])
    assert edited.at(400.0, START, State(0.0, -0.8)).setpoint.arousal == GOAL.arousal
