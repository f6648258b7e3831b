"""What a policy is given, and which is built. How each answers is tested beside its file in `policies`."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from device.config import ControlConfig, DeviceConfig, load
from device.control.plan.session_plan import Moment, State
from device.control.policies.hand import Hand
from device.control.policies.loading import load_policy
from device.control.policies.view import headed
from device.errors import ConfigError


def test_a_setting_that_it_does_not_have_is_refused_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "device.toml").write_text('[control]\npolicy = "hand"\n\n[control.hand]\ngian = 0.4\n')
    with pytest.raises(ConfigError, match=r"device\.toml:5: unknown key `control\.hand\.gian`"):
        load(tmp_path / "device.toml", DeviceConfig)


def test_an_unknown_policy_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="no policy `magic`"):
        load_policy(ControlConfig(policy="magic"), Path(), {})


def test_a_model_for_a_policy_that_takes_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="takes no model"):
        load_policy(ControlConfig(policy="hand", model="bandit-0.1.0"), Path(), {})


def test_a_policy_without_its_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hand, "takes_model", True)
    with pytest.raises(ConfigError, match="has no model"):
        load_policy(ControlConfig(policy="hand"), Path(), {})


def test_a_detour_leads_beside_the_plan_and_never_off_the_plane() -> None:
    moment = Moment("shift", 0.5, 10.0, 20.0, State(0.2, -0.4))
    assert headed(moment, State(0.0, -0.1)).setpoint == State(0.2, -0.5)
    assert headed(moment, State(5.0, -5.0)).setpoint == State(1.0, -1.0)


def test_a_detour_that_is_no_number_is_not_taken() -> None:
    moment = Moment("shift", 0.5, 10.0, 20.0, State(0.2, -0.4))
    assert headed(moment, State(0.3, math.nan)) == moment
