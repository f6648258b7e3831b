"""Slow signals: a line is a line whatever the rate, and a gap stays a gap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.trend import fit, thin


@given(level=st.floats(-100, 100), slope=st.floats(-10, 10), sfreq_hz=st.sampled_from([2.0, 4.0, 5.0, 32.0, 128.0]))
def test_a_line_is_found_whatever_the_rate(level: float, slope: float, sfreq_hz: float) -> None:
    t_s = np.arange(round(60 * sfreq_hz)) / sfreq_hz
    slow, slow_hz = thin(level + slope * t_s / 60, sfreq_hz)
    mean, found = fit(slow, slow_hz)
    assert found == pytest.approx(slope, abs=1e-6)
    assert mean == pytest.approx(level + slope / 2, abs=0.02 * abs(slope) + 1e-6)


def test_a_gap_changes_neither_level_nor_slope_of_a_line() -> None:
    line = np.linspace(3.0, 5.0, 241)
    line[50:90] = np.nan
    assert fit(line, 4.0)[1] == pytest.approx(2.0)


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, np.nan], [np.nan, 4.0]])
def test_fewer_than_two_values_tell_nothing(values: list[float]) -> None:
    assert all(math.isnan(found) for found in fit(np.array(values), 4.0))


@pytest.mark.parametrize(("sfreq_hz", "slow_hz"), [(1.0, 1.0), (4.0, 4.0), (7.0, 7.0), (8.0, 4.0), (128.0, 4.0)])
def test_thinning_leaves_four_hertz_or_what_there_is(sfreq_hz: float, slow_hz: float) -> None:
    slow, found_hz = thin(np.ones(round(60 * sfreq_hz)), sfreq_hz)
    assert (found_hz, len(slow)) == (slow_hz, 60 * slow_hz)


def test_a_mean_over_a_lost_sample_is_lost() -> None:
    fast = np.ones(64)
    fast[40] = np.nan
    assert np.isnan(thin(fast, 32.0)[0]).tolist() == [False] * 5 + [True] + [False] * 2
