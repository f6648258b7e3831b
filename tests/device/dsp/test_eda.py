"""Skin conductance: NeuroKit2's fast part to rounding, responses that are there, and honesty about the electrode."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import eda
from device.dsp.windows import FloatArray
from tests.device.dsp.signals import skin

RESPONSES = ((0.3, 8.0), (0.12, 21.0), (0.5, 33.0), (0.2, 50.0))


def clean_window() -> FloatArray:
    """A minute at 4 Hz: a slowly rising level and four responses."""
    t_s = np.arange(240) / 4
    level = 1.5 + 0.004 * t_s
    for size_us, at_s in RESPONSES:
        since_s = np.maximum(t_s - at_s, 0)
        level += size_us * (1 - np.exp(-since_s / 0.7)) * np.exp(-since_s / 4)
    return level


def named(eda_us: FloatArray, sfreq_hz: float = 4.0) -> dict[str, float]:
    return dict(zip(eda.FEATURES, eda.measure(eda_us, sfreq_hz).values, strict=True))


def test_the_fast_part_is_that_of_neurokit2() -> None:
    # neurokit2 0.2.13: nk.eda_phasic(clean_window(), sampling_rate=4)["EDA_Phasic"].values[[0, 10, 40, 90, ...]]
    expected = {
        0: -0.0012876264160628006,
        10: -0.009971794921495792,
        40: 0.090611636943775,
        90: 0.04326125080175865,
        140: 0.14871133161255062,
        200: -0.04392483892458407,
        239: -0.006243753482096738,
    }
    fast_us = eda.phasic(clean_window(), 4.0)
    assert {index: float(fast_us[index]) for index in expected} == pytest.approx(expected, abs=1e-9)


def test_the_responses_are_those_of_neurokit2() -> None:
    # nk.eda_peaks(phasic, sampling_rate=4, amplitude_min=0)[1]["SCR_Amplitude"], of which one is 0.0025 uS
    expected = [0.17046685, 0.07091026, 0.28560667, 0.11461454]
    assert eda.find_responses(eda.phasic(clean_window(), 4.0)) == pytest.approx(expected, abs=1e-8)
    assert named(clean_window())["eda_us.scr_per_min"] == len(RESPONSES)
    assert named(clean_window())["eda_us.scr_us"] == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("sfreq_hz", [2.0, 4.0, 5.0])
def test_the_fast_part_is_what_an_installed_neurokit2_gives(sfreq_hz: float) -> None:
    nk = pytest.importorskip("neurokit2")
    window = skin(60.0, sfreq_hz) + 0.01 * np.random.default_rng(0).standard_normal(round(60 * sfreq_hz))
    expected = nk.eda_phasic(window, sampling_rate=sfreq_hz)["EDA_Phasic"].to_numpy()
    np.testing.assert_allclose(eda.phasic(window, sfreq_hz), expected, atol=1e-9)


@pytest.mark.parametrize("sfreq_hz", [2.0, 4.0, 8.0, 32.0, 128.0])
def test_the_rate_of_sampling_hardly_matters(sfreq_hz: float) -> None:
    found, expected = named(skin(60.0, sfreq_hz), sfreq_hz), named(skin(60.0))
    assert found["eda_us.scr_per_min"] == expected["eda_us.scr_per_min"]
    assert found == pytest.approx(expected, rel=0.12, abs=0.02)


def test_noise_below_the_least_response_is_no_response() -> None:
    noise_us = 0.002 * np.random.default_rng(0).standard_normal(240)
    assert named(2.0 + noise_us)["eda_us.scr_per_min"] == 0
    assert named(2.0 + noise_us)["eda_us.scr_us"] == 0
    assert named(clean_window() + noise_us)["eda_us.scr_per_min"] == len(RESPONSES)


def test_an_electrode_in_the_air_is_said_to_be_so() -> None:
    found = eda.measure(np.full(240, 0.01), 4.0)
    assert not found.good.any()
    assert all(math.isnan(value) for value in found.values)
    assert "contact" in found.reasons[0]


def test_a_moved_electrode_is_cut_out_and_said() -> None:
    moved = clean_window()
    moved[100] += 5.0
    found = eda.measure(moved, 4.0)
    assert "movement" in found.reasons[0]
    assert found.good.mean() > 0.9
    assert named(moved) == pytest.approx(named(clean_window()), rel=0.1)


def test_lost_samples_hardly_change_the_numbers() -> None:
    lost = clean_window()
    lost[60:72] = np.nan
    assert named(lost) == pytest.approx(named(clean_window()), rel=0.1)
    assert eda.measure(lost, 4.0).reasons == ()


def test_more_than_half_a_minute_must_be_known() -> None:
    lost = clean_window()
    lost[:130] = np.nan
    assert all(math.isnan(value) for value in named(lost).values())


@given(offset_us=st.floats(0.5, 20.0), scale=st.floats(0.3, 2.0))
def test_scale_and_offset_do_what_they_should(offset_us: float, scale: float) -> None:
    wave = clean_window() - 1.5
    once, other = named(1.5 + wave), named(offset_us + scale * wave)
    assert other["eda_us.slope"] == pytest.approx(scale * once["eda_us.slope"], abs=1e-9)
    assert other["eda_us.phasic_sd"] == pytest.approx(scale * once["eda_us.phasic_sd"], abs=1e-9)
    assert other["eda_us.mean"] == pytest.approx(offset_us + scale * (once["eda_us.mean"] - 1.5))


@given(
    eda_us=hnp.arrays(
        np.float64, st.integers(1, 300), elements=st.floats(-1e9, 1e9) | st.sampled_from([np.nan, np.inf])
    ),
    sfreq_hz=st.sampled_from([0.1, 1.0, 2.0, 4.0, 7.9, 64.0]),
)
def test_whatever_comes_no_number_is_impossible(eda_us: FloatArray, sfreq_hz: float) -> None:
    found = named(eda_us, sfreq_hz)
    assert math.isnan(found["eda_us.mean"]) or 0.05 <= found["eda_us.mean"] <= 60
    assert math.isnan(found["eda_us.scr_us"]) or found["eda_us.scr_us"] >= 0
    assert math.isnan(found["eda_us.scr_per_min"]) or found["eda_us.scr_per_min"] >= 0
