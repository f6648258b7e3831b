"""The logged chances object where another choice would have done worse, and say nothing where there was no chance."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from device.config import ControlConfig
from device.messages import Moves
from hardware.refinement import off_policy
from hardware.refinement.evidence import Session
from hardware.refinement.off_policy import Chance, _doubly_robust, chances_in, object_to
from tests.hardware.refinement.courses import course

ARMS = np.array([-0.3, 0.3])


def by_chance(session: Session, seed: int) -> Session:
    """The same session, had each proposal been one of two, at even chances."""
    rng = np.random.default_rng(seed)
    decisions = [
        msgspec.structs.replace(
            one, proposal=Moves(arousal=float(rng.choice(ARMS))), propensity=0.5, decided_by="policy"
        )
        for one in session.decisions
    ]
    return msgspec.structs.replace(session, decisions=tuple(decisions))


def test_where_nothing_was_left_to_chance_nothing_is_said() -> None:
    sessions = [course(lambda _: 0.3, seed=seed) for seed in range(3)]
    assert not list(chances_in(0, sessions[0]))
    assert object_to(ControlConfig(policy="plan"), ControlConfig(), sessions) is None


def test_chances_are_found_with_what_came_of_them() -> None:
    session = by_chance(course(lambda at_s: 0.6 - at_s / 1000), 1)
    chances = list(chances_in(4, session))
    assert len(chances) > 50
    assert {chance.session for chance in chances} == {4}
    assert all(0.1 < chance.reward < 0.15 for chance in chances), "arousal falls by 0.12 in two minutes"
    assert all(chance.away < 0 for chance in chances)


def test_an_objection_is_made_of_numbers() -> None:
    sessions = [by_chance(course(lambda _: 0.3, seed=seed), seed) for seed in range(3)]
    found = object_to(ControlConfig(policy="plan"), ControlConfig(), sessions)
    assert found is not None
    assert found.low <= found.mean <= found.high
    assert abs(found.mean) < 0.5


@pytest.mark.parametrize("is_foretold", [True, False])
def test_the_value_of_an_arm_is_found_whether_or_not_the_regression_can_foretell_it(
    is_foretold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_foretold:
        monkeypatch.setattr(off_policy, "_features", lambda away, _: np.ones((len(away), 1)))
    rng = np.random.default_rng(3)
    chances = []
    for session in range(4):
        for place in range(200):
            action = float(rng.choice(ARMS))
            chances.append(Chance(session, -0.5, action, False, 0.5, -action + 0.1 * rng.standard_normal(), place))
    for arm in ARMS:
        tries = np.tile((arm, 0.0), (len(chances), 1, 1))
        assert _doubly_robust(chances, tries).mean() == pytest.approx(-arm, abs=0.04)
