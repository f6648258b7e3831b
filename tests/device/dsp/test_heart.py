"""Beats of the light count as a band's would, as far as they are certain, and no further."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp import heart
from device.dsp.ppg import Beats, Pulse
from device.dsp.windows import FloatArray


def breathing(n_beats: int = 70) -> FloatArray:
    return 850 + 40 * np.sin(np.arange(n_beats) * 1.3)


def pulse(rr_ms: FloatArray, certainty: float | FloatArray = 1.0, rmssd_ms: float = np.nan) -> Pulse:
    times_s = np.cumsum(np.append(0.4, rr_ms / 1000))
    beats = Beats(times_s, np.broadcast_to(certainty, len(times_s)).astype(float), np.full(len(times_s), 0.005))
    return Pulse(beats, 60_000 / float(rr_ms.mean()), 0.5, rmssd_ms, 5.0, 1.0, ())


def named(part: heart.Part) -> dict[str, float]:
    return dict(zip(heart.FEATURES, part.values, strict=True)) | dict(
        zip((f"{group} quality" for group in heart.GROUPS), part.quality, strict=True)
    )


def measure(seen: Pulse, told: heart.Rows = heart.NO_ROWS) -> dict[str, float]:
    return named(heart.measure_pulse(seen, float(seen.beats.times_s[-1]), told, 60.0))


def test_certain_beats_give_what_a_band_would_give() -> None:
    rr_ms = breathing()
    ends_s = np.cumsum(rr_ms) / 1000
    band = named(heart.measure(heart.Rows(ends_s - ends_s[-1], np.stack([60_000 / rr_ms, rr_ms], axis=1)), 60.0))
    found = measure(pulse(rr_ms, rmssd_ms=band["rr_ms.rmssd"]))
    for name in heart.FEATURES[3:]:
        assert found[name] == pytest.approx(band[name], nan_ok=True), name
    assert found["hr_bpm.mean"] == pytest.approx(60_000 / 850, rel=0.01)
    assert found["hr_bpm.sd"] < 1.5, "a mean over several beats, like a band's"
    assert found["hr_bpm quality"] == 1


def test_the_rmssd_of_the_light_is_told_only_where_the_light_vouches_for_it() -> None:
    assert measure(pulse(breathing(), rmssd_ms=41.5))["rr_ms.rmssd"] == 41.5
    unsure = measure(pulse(breathing()))
    assert all(math.isnan(unsure[f"rr_ms.{name}"]) for name in ("rmssd", "pnn50", "pnn20", "sdsd", "sd1", "sd2"))
    assert unsure["rr_ms.mean"] == pytest.approx(850, rel=0.01)


def test_beats_that_are_not_certain_lower_the_quality_and_leave_the_numbers_alone() -> None:
    rr_ms = breathing()
    certainty = np.ones(71)
    certainty[20:30] = 0.1
    spoiled = rr_ms.copy()
    spoiled[20:28] = 500
    found = measure(pulse(spoiled, certainty))
    assert found["rr_ms.mean"] == pytest.approx(850, rel=0.01)
    assert 0.6 < found["rr_ms quality"] < 0.9
    certainty[-12:] = 0.1
    assert measure(pulse(spoiled, certainty))["hr_bpm quality"] == 0


def test_a_pause_of_the_light_is_no_artefact() -> None:
    rr_ms = breathing()
    rr_ms[30] = 9000
    found = heart.measure_pulse(pulse(rr_ms), float(rr_ms.sum()) / 1000 + 0.4, heart.NO_ROWS, 60.0)
    assert found.reasons == ()
    assert named(found)["hr_bpm.sd"] < 1.5


def test_a_rate_that_the_band_tells_is_kept() -> None:
    told = heart.Rows(np.arange(-59.0, 1.0), np.stack([np.full(60, 91.0), np.full(60, np.nan)], axis=1))
    found = measure(pulse(breathing(), certainty=1.0), told)
    assert (found["hr_bpm.mean"], found["hr_bpm.sd"], found["hr_bpm quality"]) == (91.0, 0.0, 1.0)
    assert found["rr_ms.mean"] == pytest.approx(850, rel=0.01)


def test_no_beats_are_no_numbers() -> None:
    unsure = pulse(breathing())._replace(hr_bpm=np.nan, quality=0.1, reasons=("no pulse found",))
    none = unsure._replace(beats=Beats(np.zeros(0), np.zeros(0), np.zeros(0)))
    for seen in (unsure, none):
        found = heart.measure_pulse(seen, 60.0, heart.NO_ROWS, 60.0)
        assert np.isnan(found.values[:-1]).all()
        assert found.quality == (0.0, 0.0, 0.0)
        assert "no pulse found" in found.reasons


@given(
    rr_ms=st.lists(st.floats(150, 5000), min_size=1, max_size=100),
    certainty=st.floats(0, 1),
    rmssd_ms=st.floats(0, 300) | st.just(np.nan),
)
def test_whatever_is_seen_no_number_is_impossible(rr_ms: list[float], certainty: float, rmssd_ms: float) -> None:
    found = measure(pulse(np.array(rr_ms), certainty, rmssd_ms))
    assert math.isnan(found["hr_bpm.mean"]) or 30 <= found["hr_bpm.mean"] <= 200
    assert all(0 <= found[f"{group} quality"] <= 1 for group in heart.GROUPS)
