"""Full scale at the ear: what makers state, and the worst where nobody says what is worn."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.safety.headphones import FULL_SCALE_V_MAX, PROFILES, full_scale_spl
from device.config import HeadphonesConfig
from device.errors import ConfigError


def test_at_one_volt_it_is_the_sensitivity() -> None:
    assert full_scale_spl(HeadphonesConfig(profile="sennheiser-hd-650", full_scale_v=1.0)) == 103.0
    assert full_scale_spl(HeadphonesConfig(sensitivity_db_v=100.0, full_scale_v=2.0)) == pytest.approx(106.02, abs=0.01)


def test_decibels_per_milliwatt_are_turned_by_the_impedance() -> None:
    stated = HeadphonesConfig(sensitivity_db_mw=97.0, impedance_ohm=100.0, full_scale_v=1.0)
    assert full_scale_spl(stated) == pytest.approx(107.0)
    shure = HeadphonesConfig(profile="shure-se215", sensitivity_db_mw=107.0, full_scale_v=1.0)
    assert full_scale_spl(shure) == pytest.approx(124.0, abs=0.1)


@given(st.sampled_from(sorted(PROFILES)), st.floats(0.01, FULL_SCALE_V_MAX))
def test_nothing_that_is_known_is_louder_than_the_unknown(profile: str, volts: float) -> None:
    known = full_scale_spl(HeadphonesConfig(profile=profile, full_scale_v=volts))
    assert known <= full_scale_spl(HeadphonesConfig()) + 1e-9
    assert known <= full_scale_spl(HeadphonesConfig(full_scale_v=volts)) + 1e-9
    assert known <= full_scale_spl(HeadphonesConfig(profile=profile)) + 1e-9


@given(st.floats(0.01, 20.0))
def test_twice_the_volts_are_six_decibels(volts: float) -> None:
    once = full_scale_spl(HeadphonesConfig(full_scale_v=volts / 2 if volts > 0.02 else 0.01))
    twice = full_scale_spl(HeadphonesConfig(full_scale_v=max(0.02, volts)))
    assert twice - once == pytest.approx(20 * math.log10(2), abs=1e-6)


def test_headphones_that_are_none_are_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError) as refused:
        full_scale_spl(HeadphonesConfig(profile="ear trumpet"))
    known = ", ".join(["unknown", *PROFILES])
    assert str(refused.value) == f"There are no headphones `ear trumpet`. Known are: {known}."


def test_milliwatts_without_an_impedance_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        full_scale_spl(HeadphonesConfig(sensitivity_db_mw=100.0))
    assert str(refused.value) == (
        "`headphones.sensitivity_db_mw` says nothing without `headphones.impedance_ohm`. "
        "Give both in device.toml, or sensitivity_db_v."
    )
