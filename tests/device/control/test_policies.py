"""Every policy of the table keeps these manners; a new one is tested by being in it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control import POLICIES
from device.control.policies import (
    CORRECTION_MAX,
    CORRECTION_PER_S,
    MAX_AGE_NS,
    Decision,
    Hand,
    Memory,
    Situation,
    load_policy,
)
from device.control.session_plan import Moment, State
from device.errors import ConfigError
from device.messages import AffectEstimate, Phase
from tests.device.control.listener import SECOND_NS, estimate

NOW_NS = 1000 * SECOND_NS
NOTHING = Memory()
units = st.floats(-1, 1)
every_policy = pytest.mark.parametrize("name", POLICIES)


def situation(
    affect: AffectEstimate | None,
    goal: float = -0.5,
    memory: Memory = NOTHING,
    since_s: float = 4.0,
    phase: Phase = "shift",
) -> Situation:
    return Situation(NOW_NS, since_s, Moment(phase, 0.5, 10.0, 20.0, State(0.2, goal)), affect, memory)


@every_policy
@given(arousal=units, sd=st.floats(0.05, 1), goal=units, correction=st.floats(-0.5, 0.5), since_s=st.floats(0, 30))
def test_the_correction_is_bounded_and_moves_slowly(
    name: str, arousal: float, sd: float, goal: float, correction: float, since_s: float
) -> None:
    given_memory = Memory(correction, 0.0)
    decision = load_policy(name).decide(situation(estimate(NOW_NS, arousal, sd), goal, given_memory, since_s))
    assert abs(decision.memory.correction) <= CORRECTION_MAX + 1e-9
    assert abs(decision.memory.correction - correction) <= CORRECTION_PER_S * since_s + 1e-9


@every_policy
@pytest.mark.parametrize(
    ("affect", "refusal"),
    [
        (None, "no estimate yet"),
        (estimate(NOW_NS - MAX_AGE_NS - 1, 0.9), "estimate too old"),
        (estimate(NOW_NS, known=False), "estimate unknown"),
        (estimate(NOW_NS, math.nan), "estimate not plausible"),
        (estimate(NOW_NS, 7.0), "estimate not plausible"),
        (estimate(NOW_NS, 0.5, sd=0.0), "estimate not plausible"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name_and_the_plan_followed(
    name: str, affect: AffectEstimate | None, refusal: str
) -> None:
    policy, memory = load_policy(name), Memory(0.4, 0.1)
    for _ in range(20):
        decision = policy.decide(situation(affect, memory=memory))
        assert decision.refusal == refusal
        assert abs(decision.memory.correction) <= abs(memory.correction)
        memory = decision.memory
    assert memory.correction == 0


@every_policy
def test_the_same_situation_gives_the_same_decision(name: str) -> None:
    same = situation(estimate(NOW_NS, 0.3))
    assert load_policy(name).decide(same) == load_policy(name).decide(same)


def settled(affect: AffectEstimate, goal: float = -0.2, phase: Phase = "shift") -> Decision:
    decision = Decision(Memory(), None)
    for _ in range(6):
        decision = Hand().decide(situation(affect, goal, decision.memory, phase=phase))
    return decision


def test_a_listener_above_the_goal_is_led_down_and_below_it_up() -> None:
    assert settled(estimate(NOW_NS, 0.6)).memory.correction < -0.2
    assert settled(estimate(NOW_NS, -0.9)).memory.correction > 0.2


def test_an_unsure_estimate_counts_for_less() -> None:
    sure, unsure = settled(estimate(NOW_NS, 0.3, 0.3)), settled(estimate(NOW_NS, 0.3, 0.95))
    assert abs(unsure.memory.correction) < 0.4 * abs(sure.memory.correction)


def test_an_error_that_stays_is_answered_with_more() -> None:
    memory = settled(estimate(NOW_NS, 0.2)).memory
    for _ in range(10):
        later = Hand().decide(situation(estimate(NOW_NS, 0.2), -0.2, memory)).memory
        assert later.correction <= memory.correction
        memory = later
    assert memory.correction < -0.25


@pytest.mark.parametrize("phase", ["baseline", "match"])
def test_rest_and_match_are_not_disturbed(phase: Phase) -> None:
    assert settled(estimate(NOW_NS, 0.9), phase=phase).memory == Memory()


def test_an_unknown_policy_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="no policy `magic`"):
        load_policy("magic")
