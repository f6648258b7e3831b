"""The controllers that do not learn: who is short of the goal is led harder, who is beyond it is left alone."""

from __future__ import annotations

import pytest

from device.config import ControlConfig
from device.control.policies.mpc import Mpc
from device.control.policies.pi import Gains, Pi
from device.control.policies.view import headed
from device.messages import Moves, Phase
from tests.device.control.policies.views import AT_MOST, NONE, answered, view

CONTROL = ControlConfig()
both = pytest.mark.parametrize("kind", [Pi, Mpc])


@both
def test_who_is_above_the_goal_is_led_beyond_it(kind: type[Pi | Mpc]) -> None:
    given = view(0.5, 0.2)
    proposal = answered(kind(CONTROL), given, 10)
    assert proposal.moves.arousal < -0.2
    assert headed(given.moment, proposal.detour).setpoint.arousal < 0.2


@both
def test_who_is_calmer_than_at_most_is_left_where_they_are(kind: type[Pi | Mpc]) -> None:
    given = view(-0.8, -0.8, sides=AT_MOST)
    proposal = answered(kind(CONTROL), given, 30)
    assert proposal.moves.arousal == pytest.approx(0, abs=1e-9)
    assert headed(given.moment, proposal.detour).setpoint.arousal == pytest.approx(-0.8, abs=0.05)


@both
@pytest.mark.parametrize("phase", ["baseline", "match"])
def test_rest_and_match_are_not_disturbed(kind: type[Pi | Mpc], phase: Phase) -> None:
    proposal = answered(kind(CONTROL), view(0.9, phase=phase), 5)
    assert (proposal.moves, tuple(proposal.detour)) == (NONE, (0.0, 0.0))


@both
def test_where_nothing_is_known_the_plan_is_followed(kind: type[Pi | Mpc]) -> None:
    proposal = answered(kind(CONTROL), view(None), 5)
    assert (proposal.moves, tuple(proposal.detour)) == (NONE, (0.0, 0.0))


def test_an_unsure_estimate_counts_for_less() -> None:
    gains = Gains(proportional=0.5, integral_per_s=0.0, straight=0.0)
    sure, unsure = (abs(answered(Pi(CONTROL, gains=gains), view(0.0, sd=sd)).moves.arousal) for sd in (0.3, 0.95))
    assert unsure < 0.4 * sure


def test_the_integral_lets_go_at_once_when_the_error_turns() -> None:
    policy = Pi(CONTROL, gains=Gains(proportional=0.2, integral_per_s=0.01, straight=0.0))
    assert answered(policy, view(0.5), 1000).moves.arousal == -0.5
    back = [answered(policy, view(-1.0)).moves.arousal for _ in range(40)]
    assert back[0] > -0.5
    assert back[-1] > 0


def test_what_is_foreseen_needs_no_move() -> None:
    policy = Mpc(CONTROL)
    assert answered(policy, view(-0.9, sides=AT_MOST), 30).moves == Moves()
