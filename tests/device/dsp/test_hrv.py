"""Heart-rate variability: textbook values on clean beats, silence instead of guesses on bad ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import hrv


def measure(rr_ms: np.ndarray, hr_bpm: np.ndarray | None = None) -> dict[str, float]:
    rows = np.stack([60_000 / rr_ms if hr_bpm is None else hr_bpm, rr_ms], axis=1)
    ends_s = np.cumsum(np.nan_to_num(rr_ms, nan=800.0)) / 1000
    return window(ends_s - ends_s[-1], rows)


def window(ages_s: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    found = hrv.measure(ages_s, rows, 60.0)
    return dict(zip(hrv.FEATURES, found.values, strict=True)) | dict(
        zip(("hr_quality", "rr_quality", "reasons"), (*found.quality, found.reasons), strict=True)
    )


def breathing(n: int = 70, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 850 + 40 * np.sin(np.arange(n) * 1.3) + 8 * rng.standard_normal(n)


def test_clean_beats_have_the_textbook_values() -> None:
    rr_ms = breathing()
    found = measure(rr_ms)
    steps = np.diff(rr_ms)
    assert found["rr_ms.mean"] == pytest.approx(rr_ms.mean())
    assert found["rr_ms.sdnn"] == pytest.approx(rr_ms.std(ddof=1))
    assert found["rr_ms.rmssd"] == pytest.approx(math.sqrt((steps**2).mean()))
    assert found["rr_ms.pnn50"] == pytest.approx((np.abs(steps) > 50).sum() / len(rr_ms))
    assert found["hr_bpm.mean"] == pytest.approx((60_000 / rr_ms).mean())
    assert found["reasons"] == ()


def test_the_slope_is_in_bpm_per_minute() -> None:
    ages_s = np.arange(-59.0, 1.0)
    rows = np.stack([70 + (ages_s + 59) / 60 * 12, np.full(60, np.nan)], axis=1)
    assert window(ages_s, rows)["hr_bpm.slope"] == pytest.approx(12)


@pytest.mark.parametrize("wrong_ms", [425.0, 1700.0, 250.0, 3000.0, np.nan])
def test_missed_and_extra_beats_do_not_reach_the_numbers(wrong_ms: float) -> None:
    clean = breathing()
    spoiled = clean.copy()
    spoiled[[20, 41]] = wrong_ms
    found, expected = measure(spoiled, np.full(70, 70.0)), measure(clean)
    assert found["rr_ms.rmssd"] == pytest.approx(expected["rr_ms.rmssd"], abs=4)
    assert found["rr_ms.sdnn"] == pytest.approx(expected["rr_ms.sdnn"], abs=4)


def test_noise_is_reported_as_irregular_and_has_no_rmssd() -> None:
    found = measure(np.random.default_rng(1).uniform(300, 2000, 70))
    assert any("irregular" in reason for reason in found["reasons"])
    assert found["rr_quality"] < 0.5


def test_few_beats_give_nan_not_a_guess() -> None:
    found = measure(breathing(12))
    assert math.isnan(found["rr_ms.rmssd"])
    assert math.isnan(found["rr_ms.sdnn"])


def test_a_band_without_skin_contact_is_said_to_be_so() -> None:
    rows = np.full((60, 2), np.nan)
    found = window(np.arange(-59.0, 1.0), rows)
    assert found["hr_quality"] == 0
    assert any("skin contact" in reason for reason in found["reasons"])


def test_a_band_without_intervals_still_has_a_rate() -> None:
    rows = np.stack([np.full(60, 66.0), np.full(60, np.nan)], axis=1)
    found = window(np.arange(-59.0, 1.0), rows)
    assert (found["hr_bpm.mean"], found["hr_quality"], found["rr_quality"]) == (66.0, 1.0, 0.0)


@settings(deadline=None)
@given(
    rr_ms=hnp.arrays(np.float64, st.integers(1, 90), elements=st.floats(-100, 1e4) | st.just(np.nan)),
    hr_bpm=st.floats(0, 300) | st.just(np.nan),
)
def test_whatever_comes_no_number_is_impossible(rr_ms: np.ndarray, hr_bpm: float) -> None:
    found = measure(rr_ms, np.full(len(rr_ms), hr_bpm))
    assert 0 <= found["hr_quality"] <= 1
    assert 0 <= found["rr_quality"] <= 1
    for name, (low, high) in {"hr_bpm.mean": (30, 220), "rr_ms.mean": (300, 2000), "rr_ms.pnn50": (0, 1)}.items():
        assert math.isnan(found[name]) or low <= found[name] <= high
    assert math.isnan(found["rr_ms.rmssd"]) or found["rr_ms.rmssd"] >= 0
