"""Means and slopes over sessions, with Student's intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from device.reports.trend import interval_of, quantile


@pytest.mark.parametrize("freedom", [1, 2, 7, 30, 31, 60, 500])
def test_the_quantile_is_students(freedom: int) -> None:
    assert quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.02 if freedom > 30 else 1e-3)


@given(st.lists(st.none() | st.floats(-5, 5), max_size=40))
def test_any_values_have_an_interval_around_their_mean(values: list[float | None]) -> None:
    found = interval_of("distance", values)
    known = [value for value in values if value is not None]
    if not known:
        assert found is None
        return
    assert found is not None
    assert found.mean == pytest.approx(float(np.mean(known)), abs=1e-3)
    assert (found.mean_low is None) == (len(known) < 2)
    assert (found.slope is None) == (len(known) < 3)
    assert all(value is None or math.isfinite(value) for value in (found.mean_low, found.slope, found.slope_high))


def test_the_slope_is_that_of_least_squares_with_its_interval() -> None:
    values = [0.9, 0.7, None, 0.65, 0.4, 0.45]
    places = [0, 1, 3, 4, 5]
    line = stats.linregress(places, [value for value in values if value is not None])
    found = interval_of("distance", values)
    assert found is not None
    assert found.slope == pytest.approx(line.slope, abs=1e-4)
    assert found.slope_high == pytest.approx(line.slope + stats.t.ppf(0.975, 3) * line.stderr, abs=1e-3)
