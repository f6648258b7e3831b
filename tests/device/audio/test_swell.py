"""Swells take away from the loudness only, keep their slope, and begin and end without a step."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.swell import DEPTH_MAX_DB, PER_MIN_LOW, Swell

SFREQ_HZ = 48_000
SLOPE_DB_S = 0.5


def swell(per_min: float, frame: int = 0) -> Swell:
    return Swell.silent(SLOPE_DB_S, SFREQ_HZ).turned(frame, per_min)


def test_without_a_rate_there_is_none() -> None:
    silent = Swell.silent(SLOPE_DB_S, SFREQ_HZ)
    assert not silent.sounds(10**6)
    assert silent.at(10**6) == 0.0
    assert not silent.turned(0, 0.0).sounds(0)
    assert not silent.turned(0, math.nan).sounds(0)


def test_it_comes_back_to_the_full_loudness_as_often_as_asked() -> None:
    paced = swell(10.0)
    minute = [paced.at(frame) for frame in range(60 * SFREQ_HZ, 120 * SFREQ_HZ, 480)]
    peaks = sum(b >= a and b > c for a, b, c in zip(minute, minute[1:], minute[2:], strict=False))
    assert peaks in (9, 10)
    assert max(minute) == pytest.approx(0.0, abs=1e-6)
    assert min(minute) < -0.5


@given(
    st.lists(st.tuples(st.floats(0.01, 30), st.sampled_from([0.0, math.nan, 1.0, 4.5, 9.0, 13.0, 99.0])), max_size=6)
)
def test_however_the_rate_changes_the_slope_holds(turns: list[tuple[float, float]]) -> None:
    now, frame, levels = Swell.silent(SLOPE_DB_S, SFREQ_HZ), 0, []
    for seconds, per_min in turns:
        now = now.turned(frame, per_min)
        for _ in range(round(seconds * 100)):
            levels.append(now.at(frame))
            frame += SFREQ_HZ // 100
    assert all(-2 * DEPTH_MAX_DB - 1e-9 <= level <= 0.0 for level in levels)
    assert all(abs(b - a) * 100 <= SLOPE_DB_S + 1e-6 for a, b in itertools.pairwise(levels))


def test_the_slower_the_deeper() -> None:
    def depth(per_min: float) -> float:
        return swell(per_min).depth_db.target

    assert depth(5.0) > depth(10.0) > depth(20.0) > 0.0
    assert depth(0.5) == depth(PER_MIN_LOW)
