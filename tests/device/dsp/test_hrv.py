"""Heart-rate variability: textbook values on clean beats, silence instead of guesses on bad ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import hrv
from device.recordings.files import load_recording


def measure(rr_ms: np.ndarray, hr_bpm: np.ndarray | None = None) -> dict[str, float]:
    rows = np.stack([60_000 / rr_ms if hr_bpm is None else hr_bpm, rr_ms], axis=1)
    ends_s = np.cumsum(np.nan_to_num(rr_ms, nan=800.0, posinf=1e4)) / 1000
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


def clean_minute() -> np.ndarray:
    index = np.arange(70)
    return 850 + 40 * np.sin(1.3 * index) + 25 * np.sin(0.31 * index)


NEUROKIT = {
    "rr_ms.mean": 852.9055881884459,
    "rr_ms.sdnn": 33.59324232266004,
    "rr_ms.rmssd": 34.507529366349814,
    "rr_ms.pnn50": 0.11428571428571429,
    "rr_ms.pnn20": 0.70,
    "rr_ms.sdsd": 34.75152675457976,
    "rr_ms.sd1": 24.573040224749082,
    "rr_ms.sd2": 40.594379836214344,
}
"""neurokit2 0.2.13, with rri = {"RRI": clean_minute(), "RRI_Time": cumsum / 1000}: hrv_time(rri) MeanNN, SDNN, RMSSD,
pNN50 / 100, pNN20 / 100, SDSD; hrv_nonlinear(rri) SD1, SD2."""


def test_clean_beats_have_the_values_of_neurokit2() -> None:
    found = measure(clean_minute())
    assert {name: found[name] for name in NEUROKIT} == pytest.approx(NEUROKIT, rel=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_clean_beats_have_the_values_an_installed_neurokit2_gives() -> None:
    nk = pytest.importorskip("neurokit2")
    rr_ms = breathing()
    rri = {"RRI": rr_ms, "RRI_Time": np.cumsum(rr_ms) / 1000}
    both = nk.hrv_time(rri).join(nk.hrv_nonlinear(rri)).iloc[0]
    names = {"mean": "MeanNN", "sdnn": "SDNN", "rmssd": "RMSSD", "sdsd": "SDSD", "sd1": "SD1", "sd2": "SD2"}
    found = measure(rr_ms)
    for name, theirs in names.items():
        assert found[f"rr_ms.{name}"] == pytest.approx(both[f"HRV_{theirs}"], rel=1e-6)
    for name, theirs in {"pnn50": "pNN50", "pnn20": "pNN20"}.items():
        assert 100 * found[f"rr_ms.{name}"] == pytest.approx(both[f"HRV_{theirs}"], rel=1e-6)


def spoil(kind: str) -> np.ndarray:
    """Intervals with a wrong beat at 30."""
    beats_ms = np.concatenate(([0], np.cumsum(breathing())))
    if kind == "missed":
        return np.diff(np.delete(beats_ms, 30))
    if kind == "extra":
        return np.diff(np.sort(np.append(beats_ms, beats_ms[30] + 350)))
    beats_ms[30] -= {"ectopic": 180, "misplaced": 130}[kind]
    return np.diff(beats_ms)


@pytest.mark.parametrize(
    ("kind", "wrong"), [("ectopic", [29, 30]), ("misplaced", [29, 30]), ("missed", [29]), ("extra", [30, 31])]
)
def test_wrong_beats_are_found_where_lipponen_and_tarvainen_find_them(kind: str, wrong: list[int]) -> None:
    # nk.signal_fixpeaks(peaks, 1000, method="kubios", iterative=False), one less: theirs are beats, ours intervals
    assert np.flatnonzero(~hrv.find_clean(spoil(kind))).tolist() == wrong
    assert measure(spoil(kind))["rr_ms.rmssd"] == pytest.approx(measure(breathing())["rr_ms.rmssd"], abs=3)


@pytest.mark.parametrize("kind", ["ectopic", "misplaced", "missed", "extra"])
def test_an_installed_neurokit2_finds_the_same_wrong_beats(kind: str) -> None:
    nk = pytest.importorskip("neurokit2")
    beats = np.round(np.cumsum(np.append(0, spoil(kind)))).astype(int)
    theirs, _ = nk.signal_fixpeaks(beats, sampling_rate=1000, method="kubios", iterative=False)
    wrong = sorted(index - 1 for name in ("ectopic", "missed", "extra", "longshort") for index in theirs[name])
    assert np.flatnonzero(~hrv.find_clean(spoil(kind))).tolist() == wrong


def test_deep_breathing_is_no_artefact() -> None:
    deep = 850 + 150 * np.sin(np.arange(70) * 1.3)
    assert hrv.find_clean(deep).all()


def test_rmssd_that_is_told_is_right() -> None:
    """Minutes of many hearts with 0 to 25 % wrong beats: at most one in a hundred of what is told is 20 ms off."""
    rng = np.random.default_rng(0)
    off_ms = []
    for _ in range(600):
        depth_ms, period = rng.uniform(3, 60), rng.uniform(0.6, 2.0)
        rr_ms = rng.uniform(600, 1000) + depth_ms * np.sin(np.arange(100) * period) + 8 * rng.standard_normal(100)
        beats_ms = np.cumsum(rr_ms)
        wrong = rng.choice(np.arange(2, 98), rng.binomial(96, rng.choice([0.0, 0.02, 0.05, 0.1, 0.25])), replace=False)
        beats_ms[wrong] -= rng.uniform(0.04, 0.4, len(wrong)) * rr_ms[wrong]
        spoiled = np.diff(np.delete(beats_ms, wrong[::3]))
        off_ms.append(measure(spoiled)["rr_ms.rmssd"] - math.sqrt((np.diff(rr_ms) ** 2).mean()))
    told = np.array(off_ms)[np.isfinite(off_ms)]
    assert len(told) > 200
    assert (np.abs(told) > 20).mean() <= 0.01


def test_a_few_large_steps_that_slipped_through_are_not_told_as_rmssd() -> None:
    rr_ms = 850 + 10 * np.sin(np.arange(70) * 1.3)
    rr_ms[20:] += 140
    rr_ms[40:] -= 140
    rr_ms[55:] += 140
    found = measure(rr_ms)
    assert hrv.find_clean(rr_ms).mean() > 0.95
    assert math.isnan(found["rr_ms.rmssd"])
    assert found["rr_ms.mean"] == pytest.approx(rr_ms.mean(), rel=0.01)


def test_beats_with_long_gaps_have_no_rmssd() -> None:
    rr_ms = breathing()
    ages_s = np.cumsum(rr_ms) / 1000
    keep = (np.arange(70) < 12) | (np.arange(70) > 52)
    found = window(ages_s[keep] - ages_s[-1], np.stack([60_000 / rr_ms, rr_ms], axis=1)[keep])
    assert math.isnan(found["rr_ms.rmssd"])
    assert found["rr_ms.mean"] == pytest.approx(850, abs=20)


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
    rr_ms=hnp.arrays(np.float64, st.integers(1, 90), elements=st.floats(-100, 1e4) | st.sampled_from([np.nan, np.inf])),
    hr_bpm=st.floats(0, 300) | st.just(np.nan),
)
def test_whatever_comes_no_number_is_impossible(rr_ms: np.ndarray, hr_bpm: float) -> None:
    found = measure(rr_ms, np.full(len(rr_ms), hr_bpm))
    assert 0 <= found["hr_quality"] <= 1
    assert 0 <= found["rr_quality"] <= 1
    for name, (low, high) in {"hr_bpm.mean": (30, 220), "rr_ms.mean": (300, 2000), "rr_ms.pnn50": (0, 1)}.items():
        assert math.isnan(found[name]) or low <= found[name] <= high
    assert math.isnan(found["rr_ms.rmssd"]) or found["rr_ms.rmssd"] >= 0


def test_beats_that_are_told_twice_are_not_believed() -> None:
    rr_ms = breathing(70)
    ends_s = np.cumsum(rr_ms) / 1000
    twice = np.repeat(np.stack([60_000 / rr_ms, rr_ms], axis=1), 2, axis=0)
    found = window(np.repeat(ends_s - ends_s[-1], 2), twice)
    assert found["rr_quality"] == 0
    assert np.isnan([found["rr_ms.mean"], found["rr_ms.sdnn"], found["rr_ms.rmssd"]]).all()
    assert any("told more than once" in reason for reason in found["reasons"])
    assert found["hr_bpm.mean"] == pytest.approx((60_000 / rr_ms).mean())


@pytest.mark.parametrize("hr_bpm", [40.0, 110.0, 150.0])
def test_a_heart_rate_that_the_intervals_contradict_leaves_neither(hr_bpm: float) -> None:
    found = measure(breathing(), np.full(70, hr_bpm))
    assert (found["hr_quality"], found["rr_quality"]) == (0, 0)
    assert np.isnan([found[name] for name in hrv.FEATURES]).all()
    assert found["reasons"] == (f"heart rate says {hr_bpm:.0f} and the intervals between beats 70 per minute",)


def test_a_heart_rate_that_lags_behind_is_no_contradiction() -> None:
    assert measure(breathing(), np.full(70, 80.0))["hr_quality"] == 1


@pytest.mark.parametrize(("share", "is_told"), [(0.38, False), (0.45, False), (0.6, True)])
def test_spread_is_told_only_of_beats_that_fill_half_the_window(share: float, is_told: bool) -> None:
    rr_ms = breathing(70)
    rr_ms[round(share * len(rr_ms)) :] = np.nan
    found = measure(rr_ms, np.full(70, 71.0))
    assert math.isfinite(found["rr_ms.mean"])
    assert math.isfinite(found["rr_ms.sdnn"]) == is_told


@pytest.mark.parametrize("folder", ["open/wrist_stress_predict", "open/wrist_nback_music"])
def test_of_real_minutes_hardly_any_is_called_a_contradiction_and_none_told_twice(data_dir: Path, folder: str) -> None:
    doubts, n_windows = [], 0
    for path in sorted((data_dir / folder).glob("*.npz"))[:8]:
        heart = load_recording(path).heart
        assert heart is not None
        for end_s in np.arange(60.0, heart.time_s[-1], 20.0):
            inside = (heart.time_s > end_s - 60) & (heart.time_s <= end_s)
            rows = np.stack((heart.hr_bpm[inside], heart.rr_ms[inside]), axis=1).astype(float)
            found = hrv.measure(heart.time_s[inside] - end_s, rows, 60.0)
            n_windows += 1
            doubts += [reason for reason in found.reasons if "add up" in reason or "heart rate says" in reason]
    assert not [doubt for doubt in doubts if "add up" in doubt]
    assert len(doubts) < 0.003 * n_windows


def test_a_rate_that_jumps_about_is_no_rate() -> None:
    ages_s, hr_bpm = np.arange(-59.0, 1.0), np.random.default_rng(3).uniform(40, 180, 60)
    window = hrv.measure(ages_s, np.stack((hr_bpm, np.full(60, np.nan)), axis=1), 60.0)
    assert np.isnan(window.values).all()
    assert window.quality[0] == 0.0
    assert any("jumps" in reason for reason in window.reasons)


def test_a_rate_that_rises_from_rest_to_exercise_is_believed() -> None:
    hr_bpm = np.linspace(60, 150, 60) + 3 * np.sin(np.arange(60))
    window = hrv.measure(np.arange(-59.0, 1.0), np.stack((hr_bpm, np.full(60, np.nan)), axis=1), 60.0)
    assert window.values[0] == pytest.approx(105, abs=2)
    assert window.reasons == ()
