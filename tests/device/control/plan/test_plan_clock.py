import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.plan.plan_clock import HOLD_MAX_S, PlanClock

SECOND_NS = 1_000_000_000


def test_it_begins_with_the_first_bar_and_runs_with_the_music() -> None:
    clock = PlanClock(began_ns=0)
    assert clock.advance(50 * SECOND_NS) == 0
    assert clock.advance(54 * SECOND_NS) == 4
    assert clock.plan_s == 4


def test_started_again_in_mid_session_it_knows_how_far_the_music_is() -> None:
    clock = PlanClock(began_ns=10 * SECOND_NS)
    clock.advance(70 * SECOND_NS)
    assert clock.plan_s == 60


def test_held_it_stands_still_and_resumed_it_runs() -> None:
    clock = PlanClock(0)
    clock.advance(SECOND_NS)
    clock.hold()
    clock.advance(11 * SECOND_NS)
    assert (clock.plan_s, clock.held) == (0, True)
    clock.resume()
    clock.advance(13 * SECOND_NS)
    assert (clock.plan_s, clock.held) == (2, False)


def test_a_phase_that_nobody_resumes_goes_on_by_itself() -> None:
    clock = PlanClock(0)
    clock.advance(SECOND_NS)
    clock.hold()
    clock.advance(SECOND_NS + round((HOLD_MAX_S + 5) * 1e9))
    assert clock.plan_s == pytest.approx(5)
    assert not clock.held


def test_however_often_it_is_held_it_stands_still_no_longer_in_all() -> None:
    clock = PlanClock(0)
    clock.advance(SECOND_NS)
    for minute in range(1, 61):
        clock.hold()
        clock.advance(SECOND_NS + minute * 60 * SECOND_NS)
        clock.resume()
    assert clock.plan_s == pytest.approx(60 * 60 - HOLD_MAX_S)
    assert not clock.may_hold


def test_a_jump_goes_forward_only_and_ends_a_hold() -> None:
    clock = PlanClock(0)
    clock.hold()
    clock.jump(30.0)
    clock.jump(10.0)
    assert (clock.plan_s, clock.held) == (30.0, False)


@given(times_s=st.lists(st.integers(1, 10_000), min_size=1))
def test_plan_time_never_runs_backwards(times_s: list[int]) -> None:
    clock, seen = PlanClock(0), [0.0]
    for time_s in times_s:
        clock.advance(time_s * SECOND_NS)
        seen.append(clock.plan_s)
    assert seen == sorted(seen)
