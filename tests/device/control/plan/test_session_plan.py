import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Prescription
from device.control.plan.session_plan import (
    NEAR,
    RESTING,
    SLOPE_PER_S,
    STEP,
    SessionPlan,
    Sides,
    State,
    distance,
    goal_sides,
    plan_for,
)
from device.plan_layout import PathPoint, PhaseLayout, PlanLayout

GOAL = State(0.4, -0.6)
CALM = Sides("at least", "at most")
PHASES = ["baseline", "match", "shift", "hold", "cool-down"]
units = st.floats(-1, 1)
sides = st.sampled_from(("near", "at most", "at least"))
points = st.lists(st.tuples(st.floats(0, 1), units, units), max_size=4).map(
    lambda found: tuple(PathPoint(at=at, valence=v, arousal=a) for at, v, a in sorted(found))
)
phases = st.builds(
    PhaseLayout,
    kind=st.sampled_from(("match", "shift", "hold")),
    share=st.one_of(st.none(), st.floats(0.1, 10)),
    minutes=st.floats(0.1, 30),
    course=st.sampled_from((None, "steps", "ramp", "points", "straight")),
    points=points,
    silent=st.booleans(),
)
layouts = st.builds(
    lambda order, body, has_rest: PlanLayout(
        order=order, phase=(*([PhaseLayout(kind="baseline")] * has_rest), *body, PhaseLayout(kind="cool-down", share=1))
    ),
    st.sampled_from(("iso", "compensatory")),
    st.lists(phases, max_size=4),
    st.booleans(),
)
plans = st.builds(
    lambda minutes, goal, one, other, layout: SessionPlan(minutes, 60.0, goal, Sides(one, other), 0.2, layout),
    st.floats(0.2, 90),
    st.builds(State, units, units),
    sides,
    sides,
    layouts,
)


def phases_of(plan: SessionPlan) -> dict[str, float]:
    """Phase -> its seconds, in order."""
    lengths, at_s = {}, 0.0
    while at_s < plan.length_s:
        end_s = plan.end_of_phase_s(at_s)
        lengths[plan.at(at_s, GOAL).phase] = end_s - at_s
        at_s = end_s
    return lengths


@given(minutes=st.floats(0.2, 120), baseline_s=st.floats(20, 600))
def test_the_phases_follow_each_other_and_cover_the_session(minutes: float, baseline_s: float) -> None:
    plan = SessionPlan(minutes, baseline_s, GOAL)
    lengths = phases_of(plan)
    assert list(lengths) == PHASES
    assert sum(lengths.values()) == pytest.approx(minutes * 60)
    assert lengths["baseline"] == pytest.approx(min(baseline_s, 0.25 * minutes * 60))


def test_a_demo_and_a_session_are_split_as_documented() -> None:
    demo = phases_of(SessionPlan(2.0, 60.0, GOAL))
    assert [round(seconds) for seconds in demo.values()] == [30, 13, 48, 20, 9]
    session = phases_of(SessionPlan(22.0, 90.0, GOAL))
    assert session["shift"] == pytest.approx(660, rel=0.01)


@given(minutes=st.floats(0.2, 60), share=st.floats(0, 1.2), start=st.builds(State, units, units))
def test_the_setpoint_lies_between_the_present_state_and_the_goal(minutes: float, share: float, start: State) -> None:
    plan = SessionPlan(minutes, 60.0, GOAL)
    moment = plan.at(share * plan.length_s, start)
    assert 0 <= moment.progress <= 1
    assert moment.phase_left_s <= moment.session_left_s + 1e-6
    if moment.phase == "baseline":
        assert moment.setpoint == RESTING
    else:
        for value, begin, end in zip(moment.setpoint, start, GOAL, strict=True):
            assert min(begin, end) - 1e-9 <= value <= max(begin, end) + 1e-9


def test_the_shift_goes_to_the_goal_in_small_steps_and_never_back() -> None:
    plan, start = SessionPlan(20.0, 60.0, GOAL), State(0.0, 0.8)
    moments = [plan.at(float(second), start) for second in range(round(plan.length_s))]
    shift = [moment.setpoint.arousal for moment in moments if moment.phase == "shift"]
    steps = [before - after for before, after in itertools.pairwise(shift)]
    assert all(0 <= step <= 0.13 for step in steps)
    assert len(set(shift)) >= 10
    assert shift[-1] == pytest.approx(GOAL.arousal)
    assert start.arousal - shift[0] <= 0.13


def test_a_short_shift_takes_fewer_steps_than_bars() -> None:
    plan = SessionPlan(1.0, 60.0, GOAL)
    shift = {
        plan.at(second / 4, State(0, 1)).setpoint for second in range(240) if plan.at(second / 4, GOAL).phase == "shift"
    }
    assert 1 <= len(shift) <= 4


def test_after_the_end_nothing_is_left() -> None:
    moment = SessionPlan(1.0, 60.0, GOAL).at(1e6, State(0, 0))
    assert (moment.phase, moment.progress, moment.phase_left_s, moment.session_left_s) == ("cool-down", 1.0, 0.0, 0.0)


@given(plan=plans, share=st.floats(0, 1.2), start=st.builds(State, units, units))
def test_any_layout_has_a_moment_at_any_time_and_ends(plan: SessionPlan, share: float, start: State) -> None:
    moment = plan.at(share * plan.length_s, start)
    assert all(-1 - 1e-9 <= value <= 1 + 1e-9 for value in moment.setpoint)
    assert 0 <= moment.progress <= 1
    assert plan.stretches[-1].ends_s == pytest.approx(plan.length_s)
    assert [one.ends_s for one in plan.stretches[:-1]] == [one.begins_s for one in plan.stretches[1:]]


@given(
    plan=plans,
    share=st.floats(0, 1.2),
    starts=st.lists(st.builds(State, units, units), min_size=1, max_size=5),
    felt=st.builds(State, units, units),
)
def test_a_cohort_has_the_setpoints_that_its_listeners_would_have(
    plan: SessionPlan, share: float, starts: list[State], felt: State
) -> None:
    cohort = State(*np.array(starts).T)
    together = plan.at(share * plan.length_s, cohort, felt).setpoint
    for index, start in enumerate(starts):
        alone = plan.at(share * plan.length_s, start, felt).setpoint
        for one, all_of_them in zip(alone, together, strict=True):
            assert one == np.broadcast_to(all_of_them, len(starts))[index]


@given(plan=plans, share=st.floats(0, 1), start=st.builds(State, units, units), felt=st.builds(State, units, units))
def test_who_is_beyond_a_one_sided_goal_is_never_pulled_back(
    plan: SessionPlan, share: float, start: State, felt: State
) -> None:
    moment = plan.at(share * plan.length_s, start, felt)
    if moment.phase == "baseline":
        return
    for wanted, goal, begin, here, left, side in zip(
        moment.setpoint, plan.goal, start, felt, moment.gap(felt), plan.sides, strict=True
    ):
        beyond = {"at most": -1.0, "at least": 1.0, "near": 0.0}[side]
        for state, least in ((begin, begin), (here, goal)):
            if beyond and beyond * (state - goal) >= 0:
                assert beyond * (wanted - least) >= 0
        assert beyond * left >= 0
        if beyond and beyond * (here - goal) >= 0:
            assert left == 0


def test_a_calm_goal_is_at_most_and_a_pleasant_one_at_least_unless_something_else_is_said() -> None:
    assert goal_sides(Prescription()) == CALM
    assert goal_sides(Prescription(goal_valence=0.0, goal_arousal=0.5)) == Sides("near", "at least")
    assert goal_sides(Prescription(goal_arousal_side="near")) == Sides("at least", "near")


def test_the_compensatory_order_contrasts_at_once_but_no_faster_than_a_target_may() -> None:
    plan = plan_for(Prescription(plan=PlanLayout(order="compensatory")), 20.0, 60.0)
    tense = State(-0.5, 0.8)
    course = [plan.at(60.0 + second, tense).setpoint for second in range(60)]
    assert distance(course[0], RESTING) < STEP
    assert course[-1] == GOAL
    assert max(distance(one, two) for one, two in itertools.pairwise(course)) <= SLOPE_PER_S + 1e-9


def test_phases_with_minutes_keep_them_and_the_others_share_what_is_left() -> None:
    layout = PlanLayout(
        phase=(
            PhaseLayout(kind="baseline", minutes=1.0),
            PhaseLayout(kind="shift", share=3.0),
            PhaseLayout(kind="hold", minutes=4.0, silent=True),
            PhaseLayout(kind="cool-down", share=1.0),
        )
    )
    plan = SessionPlan(21.0, 60.0, GOAL, NEAR, 0.2, layout)
    assert [stretch.length_s / 60 for stretch in plan.stretches] == pytest.approx([1.0, 12.0, 4.0, 4.0])
    assert plan.at(60.0 * 14, State(0, 0)).silent
    assert not plan.at(60.0 * 12, State(0, 0)).silent


def test_a_written_path_passes_its_points_when_they_are_due() -> None:
    way = (PathPoint(at=0.5, valence=-0.2, arousal=0.4), PathPoint(at=1.0, valence=0.4, arousal=-0.6))
    phase = (PhaseLayout(kind="shift", share=1.0, points=way, course="ramp"), PhaseLayout(kind="cool-down", share=1.0))
    plan = SessionPlan(20.0, 0.0, GOAL, NEAR, 0.2, PlanLayout(phase=phase))
    assert plan.at(300.0, State(0.0, 0.8)).setpoint == pytest.approx((-0.2, 0.4))
    assert plan.at(150.0, State(0.0, 0.8)).setpoint == pytest.approx((-0.1, 0.6))


def test_a_listener_is_in_the_zone_near_the_setpoint_or_beyond_the_goal() -> None:
    moment = SessionPlan(20.0, 60.0, GOAL, CALM, 0.2).at(1000.0, State(0.0, 0.8))
    assert moment.in_zone(State(0.3, -0.5))
    assert moment.in_zone(State(0.9, -1.0))
    assert not moment.in_zone(State(0.9, -0.3))
    assert not moment.in_zone(State(math.nan, -0.6))
