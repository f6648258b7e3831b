"""The bandit tries ways of leading, says how probable each was, and comes to those that help."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import ControlConfig
from device.control.decisions import keyed_generator
from device.control.policies.bandit import ARMS, Bandit
from device.control.policies.view import Proposal
from device.messages import Moves
from tests.device.control.policies.views import AT_MOST, answered, view

CONTROL = ControlConfig()
NAMES = [arm.name for arm in ARMS]


def of_arms(tried: dict[str, float], won: dict[str, float]) -> Bandit:
    kept = {f"tried_{name}": tried.get(name, 0.0) for name in NAMES}
    return Bandit(CONTROL, None, kept | {f"won_{name}": won.get(name, 0.0) for name in NAMES})


@given(
    st.fixed_dictionaries({name: st.floats(0, 200) for name in NAMES}),
    st.fixed_dictionaries({name: st.floats(-200, 200) for name in NAMES}),
)
def test_the_chances_of_all_arms_sum_to_one(tried: dict[str, float], won: dict[str, float]) -> None:
    chances = of_arms(tried, won).chances()
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()


def test_an_arm_is_drawn_as_often_as_it_says() -> None:
    drawn: dict[tuple[float, float, bool], list[float]] = {}
    for seed in range(2000):
        proposal = Bandit(CONTROL).decide(view(0.5, -0.2), keyed_generator(seed, 0))
        arm = (float(proposal.moves.arousal), float(proposal.detour.arousal), bool(proposal.silent))
        drawn.setdefault(arm, []).append(float(proposal.propensity))
    assert len(drawn) == len(ARMS)
    for told in drawn.values():
        assert len(told) / 2000 == pytest.approx(told[0], abs=0.04)


def test_only_the_first_decision_of_a_block_is_left_to_chance() -> None:
    policy = Bandit(CONTROL)
    told = [float(policy.decide(view(0.5), keyed_generator(1, bar)).propensity) for bar in range(90)]
    assert [bar for bar, propensity in enumerate(told) if propensity < 1] == [0, 45]


def test_an_arm_that_helped_is_played_more_and_one_that_did_not_less() -> None:
    usual = dict(zip(NAMES, Bandit(CONTROL).chances(), strict=True))
    learnt = of_arms({"inverse": 10, "stronger": 10}, {"inverse": 4, "stronger": -4})
    chances = dict(zip(NAMES, learnt.chances(), strict=True))
    assert chances["inverse"] > 0.8 > usual["inverse"]
    assert chances["stronger"] < 0.1 * usual["stronger"]


def test_what_happens_in_a_block_is_put_down_to_its_arm() -> None:
    policy = Bandit(CONTROL)
    first = policy.decide(view(0.9), keyed_generator(3, 0))
    for bar in range(1, 60):
        policy.decide(view(-0.4), keyed_generator(3, bar))
    memory = policy.memory()
    (tried,) = (name for name in NAMES if memory[f"tried_{name}"] == 1)
    assert memory[f"won_{tried}"] > 0.5
    push, straight, silent = ARMS[NAMES.index(tried)][1:]
    assert (abs(first.moves.arousal), bool(first.silent)) == (abs(push), silent)
    assert (first.detour.arousal != 0) == (straight > 0)


def test_who_is_beyond_the_goal_gets_the_plan_and_teaches_nothing() -> None:
    policy = Bandit(CONTROL)
    proposals: list[Proposal] = [answered(policy, view(-0.8, -0.8, sides=AT_MOST)) for _ in range(60)]
    assert all(item.moves == Moves() and not item.silent and item.propensity == 1 for item in proposals)
    assert not any(policy.memory().values())


def test_each_listener_of_a_cohort_has_a_posterior_of_their_own() -> None:
    tried = {f"tried_{name}": np.array([0.0, 10.0]) for name in NAMES}
    won = {f"won_{name}": np.array([0.0, 5.0 if name == "inverse" else 0.0]) for name in NAMES}
    unknown, opposite = Bandit(CONTROL, None, tried | won).chances()
    assert unknown == pytest.approx(Bandit(CONTROL).chances())
    assert opposite[NAMES.index("inverse")] > 0.9
