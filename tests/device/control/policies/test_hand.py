"""How the policy that was set by hand answers. `tests/contracts` holds what all must keep."""

from __future__ import annotations

import msgspec
import pytest

from device.config import ControlConfig, HandConfig
from device.control.policies.hand import Hand
from device.messages import Moves, Phase
from tests.device.control.policies.views import AT_MOST, answered, settled, view


def led(given: object) -> float:
    moves = settled(Hand(ControlConfig()), given)  # type: ignore[arg-type]
    assert msgspec.structs.replace(moves, arousal=0.0) == Moves()
    return float(moves.arousal)


def test_a_listener_above_the_goal_is_led_down_and_below_it_up() -> None:
    assert led(view(0.6, -0.2)) < -0.2
    assert led(view(-0.9, -0.2)) > 0.2


def test_who_is_calmer_than_at_most_is_left_alone() -> None:
    assert led(view(-0.9, -0.5, sides=AT_MOST)) == 0


def test_an_unsure_estimate_counts_for_less() -> None:
    assert abs(led(view(0.3, -0.2, sd=0.95))) < 0.4 * abs(led(view(0.3, -0.2, sd=0.3)))


def test_an_error_that_stays_is_answered_with_more_but_not_without_end() -> None:
    policy, given = Hand(ControlConfig()), view(0.2, -0.2)
    early, later, late, last = (answered(policy, given, times).moves.arousal for times in (1, 10, 500, 500))
    assert later < early
    assert late == last


@pytest.mark.parametrize("phase", ["baseline", "match"])
def test_rest_and_match_are_not_disturbed(phase: Phase) -> None:
    assert led(view(0.9, phase=phase)) == 0


def test_its_gains_are_configuration() -> None:
    deaf = Hand(ControlConfig(hand=HandConfig(proportional=0.0, integral_per_s=0.0)))
    assert answered(deaf, view(0.9)).moves == Moves()
