"""Beats, heart rate and RMSSD of a wrist whose heart is known, and what is said where they cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device.dsp import ppg
from hardware.bench.heartbeats import match
from hardware.twin import pulse


def truth(wrist: pulse.Wrist) -> tuple[float, float]:
    intervals_ms = 1000 * np.diff(wrist.beats_s)
    return 60_000 / intervals_ms.mean(), float(np.sqrt((np.diff(intervals_ms) ** 2).mean()))


def measured(wrist: pulse.Wrist) -> ppg.Pulse:
    return ppg.measure(wrist.ppg, pulse.PPG_HZ, wrist.motion_g, pulse.MOTION_HZ)


@pytest.fixture(scope="module")
def calm() -> pulse.Wrist:
    return pulse.make(3, 30.0, 60.0, faults=False)


def test_at_rest_every_beat_is_found_and_all_is_told(calm: pulse.Wrist) -> None:
    hr_bpm, rmssd_ms = truth(calm)
    found = measured(calm)
    assert match(calm.beats_s, found.beats.times_s, calm.readable_s) == 1
    assert found.hr_bpm == pytest.approx(hr_bpm, abs=0.2)
    assert found.rmssd_ms == pytest.approx(rmssd_ms, abs=5)
    assert found.quality > 0.9
    assert found.reasons == ()
    assert (found.beats.certainty > 0.8).mean() > 0.95


def test_beats_are_systolic_peaks_in_rising_order(calm: pulse.Wrist) -> None:
    times_s = ppg.find_beats(calm.ppg, pulse.PPG_HZ).times_s
    nearest = np.abs(times_s[:, None] - calm.beats_s).min(axis=1)
    assert np.median(nearest) < 0.04
    assert (np.diff(times_s) > 0).all()


def test_in_motion_the_accelerometer_keeps_beats_and_rate() -> None:
    scores, errors_bpm = [], []
    for seed in range(100, 106):
        wrist = pulse.make(seed, 0.0)
        found = measured(wrist)
        scores.append(match(wrist.beats_s, found.beats.times_s, wrist.readable_s))
        errors_bpm.append(abs(found.hr_bpm - truth(wrist)[0]))
    assert np.mean(scores) >= 0.93
    assert max(errors_bpm) <= 1.5


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 5.0, 0.0, -5.0, -20.0])
def test_rmssd_is_told_only_where_it_is_right(snr_db: float) -> None:
    for seed in range(110, 116):
        wrist = pulse.make(seed, snr_db, 60.0)
        found = measured(wrist)
        if np.isfinite(found.rmssd_ms):
            assert abs(found.rmssd_ms - truth(wrist)[1]) <= ppg.RMSSD_ERROR_MS
        else:
            assert any("RMSSD" in reason or "pulse" in reason for reason in found.reasons)


def test_the_error_it_tells_is_the_error_it_makes() -> None:
    misses = []
    for seed in range(120, 128):
        wrist = pulse.make(seed, 5.0, 60.0)
        found = measured(wrist)
        misses.append((found.hr_bpm - truth(wrist)[0]) / found.hr_sd_bpm)
        beats = found.beats
        off_s = np.abs(beats.times_s[:, None] - wrist.beats_s).min(axis=1)
        sure = beats.error_s < np.median(beats.error_s)
        assert off_s[sure].mean() < off_s[~sure].mean()
    assert np.abs(misses).max() < 3


def test_walking_in_step_with_the_pulse_does_not_hide_it() -> None:
    in_step = [seed for seed in range(40) if _in_step(pulse.make(seed, 0.0, 30.0))][:3]
    assert in_step
    for seed in in_step:
        wrist = pulse.make(seed, 0.0)
        assert measured(wrist).hr_bpm == pytest.approx(truth(wrist)[0], abs=1.5)


def _in_step(wrist: pulse.Wrist) -> bool:
    return abs(60 * wrist.cadence_hz / truth(wrist)[0] - 1) < 0.02


@settings(max_examples=15)
@given(gain=st.floats(1e-3, 1e6), offset=st.floats(-1e5, 1e5), sign=st.sampled_from([-1, 1]))
def test_unit_level_and_polarity_do_not_matter(calm: pulse.Wrist, gain: float, offset: float, sign: int) -> None:
    plain, changed = measured(calm), measured(calm._replace(ppg=sign * gain * (calm.ppg + offset * 1e-3)))
    assert changed.beats.times_s == pytest.approx(plain.beats.times_s, abs=1e-3)
    assert changed.hr_bpm == pytest.approx(plain.hr_bpm, abs=0.01)
    assert changed.rmssd_ms == pytest.approx(plain.rmssd_ms, abs=0.5)


@pytest.mark.parametrize("sfreq_hz", [25.0, 32.0, 50.0, 55.0, 100.0, 128.0])
def test_any_rate_gives_the_same_answer(calm: pulse.Wrist, sfreq_hz: float) -> None:
    times_s = np.arange(int(60 * sfreq_hz)) / sfreq_hz
    other = np.interp(times_s, np.arange(len(calm.ppg)) / pulse.PPG_HZ, calm.ppg)
    found = ppg.measure(other, sfreq_hz, calm.motion_g, pulse.MOTION_HZ)
    assert found.hr_bpm == pytest.approx(measured(calm).hr_bpm, abs=0.1)
    assert found.rmssd_ms == pytest.approx(measured(calm).rmssd_ms, abs=2)


FAULTS = {
    "lost": lambda light: np.where(_between(light, 20, 32), np.nan, light),
    "flat": lambda light: np.where(_between(light, 20, 32), light[20 * 64], light),
    "clipped": lambda light: np.clip(light, *np.quantile(light, (0.05, 0.8))),
    "without skin contact": lambda light: np.where(_between(light, 20, 32), 5 + 0.01 * np.sin(7 * light), light),
    "jolted": lambda light: light + 500 * (_between(light, 20.5, 21.5)),
    "upside down": lambda light: np.where(_between(light, 20, 36), -light, light),
}


def _between(light: np.ndarray, begin_s: float, end_s: float) -> np.ndarray:
    times_s = np.arange(len(light)) / pulse.PPG_HZ
    return (times_s >= begin_s) & (times_s < end_s)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_and_the_rest_still_read(calm: pulse.Wrist, fault: str) -> None:
    found = measured(calm._replace(ppg=FAULTS[fault](calm.ppg)))
    assert any(fault in reason for reason in found.reasons)
    assert found.hr_bpm == pytest.approx(truth(calm)[0], abs=2.5)


def test_no_beats_are_told_where_there_is_no_light(calm: pulse.Wrist) -> None:
    found = measured(calm._replace(ppg=FAULTS["lost"](calm.ppg)))
    assert not ((found.beats.times_s > 20.5) & (found.beats.times_s < 31.5) & (found.beats.certainty > 0.5)).any()
    assert found.quality < 0.85


def test_without_accelerometer_it_says_so_and_rmssd_is_held_back() -> None:
    told = {True: 0, False: 0}
    for seed in range(100, 106):
        wrist = pulse.make(seed, 10.0, 60.0)
        blind = ppg.measure(wrist.ppg, pulse.PPG_HZ)
        assert any("no movement data" in reason for reason in blind.reasons)
        told[True] += np.isfinite(measured(wrist).rmssd_ms)
        told[False] += np.isfinite(blind.rmssd_ms)
    assert told[True] > told[False]


def test_noise_and_mere_movement_are_no_pulse() -> None:
    rng = np.random.default_rng(5)
    still = np.array([0.0, 0.0, 1.0]) + 0.004 * rng.standard_normal((1920, 3))
    for _ in range(10):
        assert np.isnan(ppg.measure(rng.standard_normal(3840), 64.0, still).hr_bpm)
        assert np.isnan(ppg.measure(np.cumsum(rng.standard_normal(3840)), 64.0, still).hr_bpm)
    moved = [measured(pulse.make(seed, -60.0, 60.0)) for seed in range(10)]
    assert np.mean([np.isfinite(found.hr_bpm) for found in moved]) < 0.5


def test_a_window_too_short_is_refused_in_words() -> None:
    found = ppg.measure(np.zeros(64), 64.0)
    assert np.isnan(found.hr_bpm)
    assert found.quality == 0
    assert "10 to 300 s" in found.reasons[0]


odd = st.one_of(st.floats(width=32), st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0, 1e300, -1e300]))


@settings(max_examples=150)
@given(
    light=arrays.arrays(np.float64, st.integers(0, 1500), elements=odd, fill=odd),
    sfreq_hz=st.sampled_from([0.0, -1.0, 25.0, 55.3, 64.0, np.nan]),
    moved=arrays.arrays(np.float64, st.tuples(st.integers(0, 900), st.just(3)), elements=odd, fill=odd),
    moved_hz=st.sampled_from([0.0, 32.0, 52.0, np.nan]),
)
def test_no_samples_whatever_make_it_raise(
    light: np.ndarray, sfreq_hz: float, moved: np.ndarray, moved_hz: float
) -> None:
    found = ppg.measure(light, sfreq_hz, moved, moved_hz)
    assert 0 <= found.quality <= 1
    assert np.isfinite(found.beats.times_s).all()
    assert ((found.beats.certainty >= 0) & (found.beats.certainty <= 1)).all()


@settings(max_examples=25)
@given(
    begin=st.integers(0, 3000),
    length=st.integers(0, 3840),
    value=st.sampled_from([np.nan, 0.0, 1e6, np.inf]),
    seconds=st.integers(3, 60),
)
def test_spoilt_real_waves_do_not_make_it_raise(
    calm: pulse.Wrist, begin: int, length: int, value: float, seconds: int
) -> None:
    light = calm.ppg[: seconds * 64].copy()
    light[begin : begin + length] = value
    found = ppg.measure(light, 64.0, calm.motion_g[:500], 32.0)
    assert 0 <= found.quality <= 1
