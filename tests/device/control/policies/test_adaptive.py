"""The policy that remembers the person, on simple listeners: who follows is led, who does not is not chased."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from device.config import ControlConfig
from device.control.bounds import take
from device.control.cues import led
from device.control.decisions import keyed_generator
from device.control.plan.session_plan import SessionPlan, Sides, State
from device.control.policies.adaptive import Adaptive
from device.control.policies.person import Person
from device.control.policies.view import Feeling, View, headed
from device.messages import Moves
from tests.device.control.policies.views import AT_MOST, answered, view

CONTROL = ControlConfig()
SINCE_S = 4.0
FOLLOWED_S = 90.0
GOAL = State(0.4, -0.6)


def session(
    policy: Adaptive, gain: float, seed: int = 1, *, blind: bool = False, says: bool = False, noise: float = 0.1
) -> Iterator[tuple[View, State, float]]:
    """What the policy saw, the point that it led to, and how a listener of that gain felt, every four seconds."""
    random, plan = np.random.default_rng(seed), SessionPlan(20.0, 60.0, GOAL, AT_MOST)
    arousal, moves, start = 0.35, Moves(), State(0.0, 0.35)
    music = State(0.1, -0.3)
    for number in range(300):
        moment = plan.at(number * SINCE_S, start)
        arousal += (1.0 - math.exp(-SINCE_S / FOLLOWED_S)) * (0.2 + gain * music.arousal - arousal)
        read = float(np.clip((0.0 if blind else arousal) + noise * random.standard_normal(), -1, 1))
        told = arousal if says and number % 45 == 44 else math.nan
        given = View(SINCE_S, moment, Feeling(True, read, 0.4, 0.0, 1.0), moves, music, told)
        proposal = policy.decide(given, keyed_generator(seed, number))
        moves = take(proposal.moves, moves, SINCE_S, ()).moves
        music = led(headed(moment, proposal.detour).setpoint, moves)
        yield given, music, arousal


def lived(gain: float, sessions: int, *, blind: bool = False) -> tuple[Mapping[str, float], list[float]]:
    """What is remembered after some sessions, and how far beside the plan's point the music was in the last hold."""
    remembered: Mapping[str, float] = {}
    beside: list[float] = []
    for seed in range(sessions):
        policy = Adaptive(CONTROL, None, remembered)
        course = list(session(policy, gain, seed, blind=blind))
        beside = [
            float(music.arousal - given.moment.setpoint.arousal)
            for given, music, _ in course
            if given.moment.phase == "hold"
        ]
        remembered = policy.memory()
    return remembered, beside


def test_who_follows_is_led_straight_to_the_goal_and_beyond_the_plan() -> None:
    remembered, beside = lived(0.5, 2)
    assert Person(remembered).gain().trust > 0.8
    assert np.mean(beside) < -0.2
    policy = Adaptive(CONTROL, None, remembered)
    early = next(music for given, music, _ in session(policy, 0.5) if given.moment.phase == "shift")
    assert early.arousal < -0.3


def test_an_opposite_responder_is_recognised_within_two_sessions_and_led_the_opposite_way() -> None:
    remembered, beside = lived(-0.5, 2)
    assert Person(remembered).gain().mean < 0
    assert Person(remembered).gain().trust < -0.8
    assert np.mean(beside) > 0.2


@pytest.mark.parametrize("blind", [True, False], ids=["read at chance", "not moved by music"])
def test_who_does_not_answer_gets_the_plan_alone_in_the_end(blind: bool) -> None:
    _, first = lived(0.5 if blind else 0.0, 1, blind=blind)
    remembered, beside = lived(0.5 if blind else 0.0, 5, blind=blind)
    assert abs(Person(remembered).gain().trust) < 0.1
    assert np.abs(beside).max() < 0.15
    assert np.abs(first).max() <= 0.9


def test_an_upset_that_dies_away_by_itself_is_not_put_down_to_the_music() -> None:
    policy = Adaptive(CONTROL)
    list(session(policy, 0.0))
    assert abs(Person(policy.memory()).shown().mean) < 0.1


def test_without_any_estimate_a_stranger_gets_the_plan() -> None:
    for phase in ("match", "shift", "hold"):
        given = view(None, 0.1, phase)
        proposal = answered(Adaptive(CONTROL), given, 5)
        assert proposal.moves.arousal == 0
        assert headed(given.moment, proposal.detour).setpoint == given.moment.setpoint


def test_who_answers_is_led_on_while_a_sensor_is_off() -> None:
    remembered, _ = lived(0.5, 2)
    policy = Adaptive(CONTROL, None, remembered)
    answered(policy, view(0.4, 0.1, phase="match"), 20)
    assert answered(policy, view(None, 0.1, sides=AT_MOST)).moves.arousal < -0.3


def test_who_is_calmer_than_at_most_is_left_alone() -> None:
    given = view(-0.95, -0.95, sides=AT_MOST)
    proposal = answered(Adaptive(CONTROL), given, 20)
    assert proposal.moves.arousal == pytest.approx(0)
    assert headed(given.moment, proposal.detour).setpoint.arousal == pytest.approx(-0.95)


def test_a_goal_near_the_middle_is_met_from_both_sides() -> None:
    above, below = (
        answered(Adaptive(CONTROL), view(arousal, 0.0, goal=0.0, sides=Sides()), 20).moves.arousal
        for arousal in (0.6, -0.6)
    )
    assert above < -0.1
    assert below > 0.1


def test_the_sensors_skill_shows_in_the_listeners_own_words() -> None:
    skills = []
    for blind in (False, True):
        policy = Adaptive(CONTROL)
        for seed in range(3):
            policy = Adaptive(CONTROL, None, policy.memory())
            list(session(policy, 0.8, seed, blind=blind, says=True))
        skills.append(Person(policy.memory()).skill())
    read, chance = skills
    assert read > chance
    assert abs(chance) < 0.2


def test_a_cohort_is_remembered_listener_by_listener() -> None:
    one, other = (lived(gain, 1)[0] for gain in (0.5, -0.5))
    both = Person({key: np.array([one[key], other[key]]) for key in one})
    assert both.gain().mean == pytest.approx([Person(one).gain().mean, Person(other).gain().mean])
