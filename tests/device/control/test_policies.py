"""What a policy is given, and how the one that was set by hand answers. `tests/contracts` holds what all must keep."""

from pathlib import Path

import msgspec
import pytest

from device.config import ControlConfig, DeviceConfig, HandConfig, load
from device.control.bounds import take
from device.control.policies import Hand, Proposal, Situation, load_policy
from device.control.session_plan import Moment, State
from device.errors import ConfigError
from device.messages import AffectEstimate, Moves, Phase
from device.stage import keyed_random
from tests.device.control.listener import SECOND_NS, estimate

NOW_NS = 1000 * SECOND_NS


def situation(affect: AffectEstimate | None, goal: float = -0.5, phase: Phase = "shift") -> Situation:
    moment = Moment(phase, 0.5, 10.0, 20.0, State(0.2, goal))
    return Situation(NOW_NS, 4.0, moment, affect, None if affect else "no estimate yet", Moves())


def answered(policy: Hand, given: Situation, times: int = 1) -> Proposal:
    return [policy.decide(given, keyed_random(0, "decisions", step)) for step in range(times)][-1]


def settled(affect: AffectEstimate, goal: float = -0.2, phase: Phase = "shift") -> float:
    policy, moves = Hand(ControlConfig()), Moves()
    for _ in range(6):
        moves = take(answered(policy, situation(affect, goal, phase)).moves, moves, 4.0, ()).moves
    assert msgspec.structs.replace(moves, arousal=0.0) == Moves()
    return moves.arousal


def test_a_listener_above_the_goal_is_led_down_and_below_it_up() -> None:
    assert settled(estimate(NOW_NS, 0.6)) < -0.2
    assert settled(estimate(NOW_NS, -0.9)) > 0.2


def test_an_unsure_estimate_counts_for_less() -> None:
    sure, unsure = settled(estimate(NOW_NS, 0.3, 0.3)), settled(estimate(NOW_NS, 0.3, 0.95))
    assert abs(unsure) < 0.4 * abs(sure)


def test_an_error_that_stays_is_answered_with_more_but_not_without_end() -> None:
    policy, given = Hand(ControlConfig()), situation(estimate(NOW_NS, 0.2), -0.2)
    early, later, late, last = (answered(policy, given, times).moves.arousal for times in (1, 10, 500, 500))
    assert later < early
    assert late == last


@pytest.mark.parametrize("phase", ["baseline", "match"])
def test_rest_and_match_are_not_disturbed(phase: Phase) -> None:
    assert settled(estimate(NOW_NS, 0.9), phase=phase) == 0


def test_its_gains_are_configuration() -> None:
    deaf = Hand(ControlConfig(hand=HandConfig(proportional=0.0, integral_per_s=0.0)))
    assert answered(deaf, situation(estimate(NOW_NS, 0.9))).moves == Moves()


def test_a_setting_that_it_does_not_have_is_refused_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "device.toml").write_text('[control]\npolicy = "hand"\n\n[control.hand]\ngian = 0.4\n')
    with pytest.raises(ConfigError, match=r"device\.toml:5: unknown key `control\.hand\.gian`"):
        load(tmp_path / "device.toml", DeviceConfig)


def test_an_unknown_policy_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="no policy `magic`"):
        load_policy(ControlConfig(policy="magic"), Path())


def test_a_model_for_a_policy_that_takes_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="takes no model"):
        load_policy(ControlConfig(model="bandit-0.1.0"), Path())


def test_a_policy_without_its_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hand, "takes_model", True)
    with pytest.raises(ConfigError, match="has no model"):
        load_policy(ControlConfig(), Path())
