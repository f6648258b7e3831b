"""Skin temperature: level and slope of skin, not of a table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import temperature


def test_a_cooling_wrist_has_a_negative_slope() -> None:
    found = temperature.measure(32.0 - np.arange(240) / 240 * 0.5, 4.0)
    assert found.values == (pytest.approx(31.75, abs=0.01), pytest.approx(-0.5))
    assert found.good.all()
    assert found.reasons == ()


@pytest.mark.parametrize("where_c", [-40.0, 18.0, 60.0, np.inf])
def test_a_band_off_the_wrist_is_said_to_be_so(where_c: float) -> None:
    found = temperature.measure(np.full(240, where_c), 4.0)
    assert all(math.isnan(value) for value in found.values)
    assert not found.good.any()
    assert math.isinf(where_c) or "worn" in found.reasons[0]


def test_lost_samples_are_no_sign_of_a_band_off_the_wrist() -> None:
    lost = np.full(240, 31.0)
    lost[:100] = np.nan
    found = temperature.measure(lost, 4.0)
    assert found.values == (31.0, pytest.approx(0.0, abs=1e-9))
    assert found.good.mean() == pytest.approx(140 / 240)
    assert found.reasons == ()


def test_a_moment_off_the_wrist_does_not_reach_the_numbers() -> None:
    signal = np.full(240, 31.0)
    signal[100:110] = 15.0
    assert temperature.measure(signal, 4.0).values[0] == 31.0


@given(
    temperature_c=hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    sfreq_hz=st.sampled_from([0.2, 1.0, 4.0, 64.0]),
)
def test_whatever_comes_the_level_is_that_of_skin_or_unknown(temperature_c: np.ndarray, sfreq_hz: float) -> None:
    mean_c, _ = temperature.measure(temperature_c, sfreq_hz).values
    assert math.isnan(mean_c) or 22 <= mean_c <= 42
