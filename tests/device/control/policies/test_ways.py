"""The policies that a closed loop is measured against: where each is on its way to the goal."""

from __future__ import annotations

import pytest

from device.config import ControlConfig
from device.control.policies.iso import Iso
from device.control.policies.plan import Plan
from device.control.policies.ramp import Ramp
from device.control.policies.silence import Silence
from device.control.policies.target import Target
from device.control.policies.view import Policy, View, headed
from device.messages import Moves
from tests.device.control.policies.views import AT_MOST, answered, view

CONTROL = ControlConfig()


def led_to(policy: Policy, given: View) -> float:
    """The arousal that the policy makes the point to be at."""
    proposal = answered(policy, given)
    assert proposal.moves == Moves()
    return float(headed(given.moment, proposal.detour).setpoint.arousal)


def test_the_plan_alone_stays_on_it() -> None:
    assert led_to(Plan(CONTROL), view(0.9, 0.1)) == 0.1


def test_silence_rests_in_every_phase() -> None:
    assert all(answered(Silence(CONTROL), view(0.5, phase=phase)).silent for phase in ("baseline", "match", "hold"))


def test_a_ramp_is_the_same_whoever_listens() -> None:
    for arousal in (None, -0.9, 0.9):
        assert led_to(Ramp(CONTROL), view(arousal, phase="match")) == 0
        assert led_to(Ramp(CONTROL), view(arousal, progress=0.5)) == pytest.approx(-0.25)
        assert led_to(Ramp(CONTROL), view(arousal, phase="hold")) == pytest.approx(-0.5)


def test_iso_leads_from_where_the_listener_was_and_never_looks_back() -> None:
    policy = Iso(CONTROL)
    assert led_to(policy, view(0.7, phase="match")) == pytest.approx(0.7)
    assert led_to(policy, view(-0.2, progress=0.0)) == pytest.approx(0.7)
    assert led_to(policy, view(None, progress=0.5)) == pytest.approx(0.1)
    assert led_to(policy, view(0.9, phase="hold")) == pytest.approx(-0.5)


def test_iso_begins_with_the_first_state_that_is_known() -> None:
    policy = Iso(CONTROL)
    assert led_to(policy, view(None, progress=0.0)) == 0
    assert led_to(policy, view(0.4, progress=0.5)) == pytest.approx(-0.05)


def test_target_is_at_the_goal_at_once() -> None:
    for arousal in (None, 0.9):
        assert led_to(Target(CONTROL), view(arousal, 0.6, phase="match")) == pytest.approx(-0.5)


@pytest.mark.parametrize("kind", [Target, Iso])
def test_who_is_calmer_than_at_most_is_not_pulled_up(kind: type[Target | Iso]) -> None:
    policy = kind(CONTROL)
    answered(policy, view(-0.8, phase="match", sides=AT_MOST))
    assert led_to(policy, view(-0.8, -0.8, phase="hold", sides=AT_MOST)) == pytest.approx(-0.8)


@pytest.mark.parametrize("kind", [Ramp, Iso, Target])
def test_rest_is_measured_with_what_the_plan_plays(kind: type[Ramp | Iso | Target]) -> None:
    assert led_to(kind(CONTROL), view(0.9, -0.3, phase="baseline")) == -0.3
