"""The course: a value against its last 20 minutes, anew after a gap."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.course import Course

S = 1_000_000_000


def rises(values: list[float], begin_s: int = 0) -> list[float]:
    course = Course()
    return [course.rise((begin_s + index) * S, value) for index, value in enumerate(values)]


def test_a_steady_value_does_not_rise_and_a_step_does_for_twenty_minutes() -> None:
    found = rises([60.0] * 1200 + [72.0] * 2500)
    assert found[1199] == 0
    assert found[1200] == pytest.approx(12, abs=0.1)
    assert 0 < found[1800] < 12
    assert found[-1] == 0


def test_after_a_gap_the_course_begins_anew() -> None:
    course = Course()
    assert course.rise(0, 60.0) == 0
    assert course.rise(60 * S, 70.0) == 5
    assert course.rise(121 * S, 90.0) == 0
    assert course.rise(5 * S, 50.0) == 0, "a clock that went back was started again"


def test_an_unknown_value_is_unknown_and_leaves_no_mark() -> None:
    assert math.isnan(rises([60.0, math.nan])[1])
    assert rises([60.0, math.nan, 70.0])[2] == 5


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(-1e3, 1e3))
def test_an_offset_changes_nothing(values: list[float], offset: float) -> None:
    assert rises([value + offset for value in values]) == pytest.approx(rises(values), abs=1e-6)
