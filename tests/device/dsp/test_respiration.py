"""Breathing from beats: right where it is told, silent on noise, gaps and slow waves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import respiration
from device.dsp.windows import FloatArray


def minute(breaths_per_min: float, depth_ms: float, *, noise_ms: float = 8.0, seed: int = 0) -> FloatArray:
    """Intervals of a minute whose length follows the breath, over a slow wave of the blood pressure."""
    rng = np.random.default_rng(seed)
    rr_ms: list[float] = []
    while sum(rr_ms) < 60_000:
        t_s = sum(rr_ms) / 1000
        breath = depth_ms * math.sin(2 * math.pi * breaths_per_min / 60 * t_s)
        rr_ms.append(850 + breath + 20 * math.sin(2 * math.pi * 0.09 * t_s) + noise_ms * rng.standard_normal())
    return np.array(rr_ms)


def measure(rr_ms: FloatArray) -> respiration.Breathing:
    return respiration.measure(np.cumsum(rr_ms) / 1000, rr_ms)


@pytest.mark.parametrize("breaths_per_min", [9.0, 12.0, 15.0, 20.0, 24.0])
def test_a_clear_breath_is_told_within_half_a_breath(breaths_per_min: float) -> None:
    found = measure(minute(breaths_per_min, 40.0))
    assert found.rate_bpm == pytest.approx(breaths_per_min, abs=0.6)
    assert found.certainty > 0.5
    assert found.rsa_ms == pytest.approx(40 / math.sqrt(2), rel=0.25)


def test_noise_has_no_breath() -> None:
    told = [measure(minute(15.0, 0.0, noise_ms=20.0, seed=seed)).rate_bpm for seed in range(100)]
    assert np.isfinite(told).mean() <= 0.03


def test_what_is_told_of_weak_breath_is_right() -> None:
    told = np.array([measure(minute(16.0, 12.0, noise_ms=10.0, seed=seed)).rate_bpm for seed in range(60)])
    known = told[np.isfinite(told)]
    assert len(known) > 10
    assert (np.abs(known - 16) < 1).all()


def test_deeper_breath_is_more_certain_and_scale_does_not_matter() -> None:
    weak, deep = measure(minute(15.0, 12.0)), measure(minute(15.0, 50.0))
    assert weak.certainty < deep.certainty
    rr_ms = minute(15.0, 30.0)
    ends_s = np.cumsum(rr_ms) / 1000
    twice = respiration.measure(ends_s, 850 + 2 * (rr_ms - 850))
    once = respiration.measure(ends_s, rr_ms)
    assert twice.certainty == pytest.approx(once.certainty)
    assert twice.rsa_ms == pytest.approx(2 * once.rsa_ms, rel=0.01)


def test_blood_pressure_waves_are_not_taken_for_breath() -> None:
    assert math.isnan(measure(minute(5.4, 60.0)).rate_bpm)


def test_a_gap_or_a_short_stretch_is_not_analysed() -> None:
    rr_ms = minute(15.0, 40.0)
    ends_s = np.cumsum(rr_ms) / 1000
    keep = (ends_s < 15) | (ends_s > 40)
    assert respiration.measure(ends_s[keep], rr_ms[keep]) == pytest.approx(respiration.UNKNOWN, nan_ok=True)
    assert respiration.measure(ends_s[:20], rr_ms[:20]) == pytest.approx(respiration.UNKNOWN, nan_ok=True)


@given(rr_ms=hnp.arrays(np.float64, st.integers(0, 200), elements=st.floats(300, 2000)))
def test_whatever_comes_a_rate_is_one_people_breathe_at(rr_ms: FloatArray) -> None:
    found = measure(rr_ms)
    assert math.isnan(found.rate_bpm) or 7 <= found.rate_bpm <= 30
    assert 0 <= found.certainty <= 1
