import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.session_plan import RESTING, SHARES, SessionPlan, State

GOAL = State(0.4, -0.6)
PHASES = ["baseline", *SHARES]
units = st.floats(-1, 1)


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
