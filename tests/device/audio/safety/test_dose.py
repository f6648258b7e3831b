"""Exposure is what an independent integration says, whatever sounds and however it is cut into blocks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from device.audio.safety.dose import DoseMeter, a_weighting, allowance_pa2h, level_of, pa2_of
from tests.cases import cases

SFREQ_HZ = 48_000
SPL = 110.0
TOLERANCE_DB = 0.3

Floats = npt.NDArray[np.float64]


def metered(sound: Floats, sfreq_hz: int = SFREQ_HZ, block: int = 1024) -> float:
    """Exposure in Pa2h as the box counts it."""
    meter = DoseMeter(sfreq_hz, SPL)
    for first in range(0, len(sound), block):
        meter.add(sound[first : first + block].astype(np.float32))
    meter.finish()
    return meter.exposure_pa2h


def by_whole_spectrum(sound: Floats, sfreq_hz: int = SFREQ_HZ) -> float:
    """The same of one transform of the whole sound, by the formula of IEC 61672-1 written once more, in float64."""
    silent_end = np.concatenate((sound, np.zeros_like(sound)))
    hz = np.fft.rfftfreq(len(silent_end), 1.0 / sfreq_hz)
    amplitude = 12194.217**2 * hz**4
    amplitude /= (hz**2 + 20.598997**2) * (hz**2 + 12194.217**2)
    amplitude /= np.sqrt((hz**2 + 107.65265**2) * (hz**2 + 737.86223**2))
    spectrum = np.fft.rfft(silent_end, axis=0) * (amplitude * 10 ** (1.99993 / 20))[:, None]
    weighted = np.fft.irfft(spectrum, len(silent_end), axis=0)
    pascal = weighted * 20e-6 * 10 ** (SPL / 20) * math.sqrt(2)
    return float((pascal**2).sum(axis=0).max() / sfreq_hz / 3600)


def by_filter(sound: Floats, sfreq_hz: int = SFREQ_HZ) -> float:
    """The same in time, by the analogue filter made digital at eight times the rate, in float64."""
    rate = 8 * sfreq_hz
    rad = [2 * math.pi * hz for hz in (20.598997, 107.65265, 737.86223, 12194.217)]
    poles = [-rad[0], -rad[0], -rad[1], -rad[2], -rad[3], -rad[3]]
    gain = rad[3] ** 2 * 10 ** (1.99993 / 20)
    sos = signal.zpk2sos(*signal.bilinear_zpk([0.0] * 4, poles, gain, rate))
    pascal = signal.sosfilt(sos, signal.resample_poly(sound, 8, 1, axis=0), axis=0)
    pascal *= 20e-6 * 10 ** (SPL / 20) * math.sqrt(2)
    return float((pascal**2).sum(axis=0).max() / rate / 3600)


def apart_db(one: float, other: float) -> float:
    return abs(10 * math.log10(one / other))


def music(seed: int, seconds: float = 4.0) -> Floats:
    """Notes that come and go over a bass that is far louder than they are."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * SFREQ_HZ)) / SFREQ_HZ
    sound = 0.3 * np.sin(2 * np.pi * rng.uniform(8, 30) * time_s)
    for _ in range(12):
        begin_s, hz = rng.uniform(0, seconds), 2.0 ** rng.uniform(6, 12)
        since_s = np.clip(time_s - begin_s, 0, None)
        sound += rng.uniform(0.001, 0.1) * np.exp(-4 * since_s) * np.sin(2 * np.pi * hz * since_s)
    return np.stack((sound, rng.uniform(0.3, 1.0) * sound), axis=1)


@pytest.mark.parametrize(
    ("hz", "db"), [(31.5, -39.4), (63, -26.2), (125, -16.1), (1000, 0.0), (4000, 1.0), (8000, -1.1)]
)
def test_weights_are_those_of_the_standards_table(hz: float, db: float) -> None:
    assert 10 * math.log10(a_weighting(np.array([hz]))[0]) == pytest.approx(db, abs=0.15)


def test_a_week_at_80_and_at_75_dba_is_what_is_allowed() -> None:
    assert allowance_pa2h() == pytest.approx(1.6)
    assert allowance_pa2h(sensitive=True) == pytest.approx(0.506, abs=0.001)
    assert level_of(pa2_of(80.0)) == pytest.approx(80.0)
    assert level_of(0.0) is None


@pytest.mark.parametrize("level_dbfs", [0.0, -24.0, -60.0])
def test_a_tone_of_1_khz_has_the_level_that_the_headphones_give_it(level_dbfs: float) -> None:
    tone = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1000 * np.arange(5 * SFREQ_HZ) / SFREQ_HZ)
    exposure = metered(np.stack((tone, tone), axis=1))
    assert level_of(exposure * 3600 / 5) == pytest.approx(SPL + level_dbfs, abs=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_music_is_within_a_third_of_a_decibel_of_two_independent_integrations(seed: int) -> None:
    sound = music(seed)
    assert apart_db(metered(sound), by_whole_spectrum(sound)) < TOLERANCE_DB
    assert apart_db(metered(sound), by_filter(sound)) < TOLERANCE_DB


@pytest.mark.parametrize("sfreq_hz", [8_000, 44_100, 96_000])
def test_any_rate_counts_alike(sfreq_hz: int) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, (4 * sfreq_hz, 2))
    assert apart_db(metered(noise, sfreq_hz), by_whole_spectrum(noise, sfreq_hz)) < TOLERANCE_DB


def test_forty_hours_at_the_level_of_the_standard_are_the_whole_dose() -> None:
    """Accelerated: a minute at a time, each at a level of its own, whose mean is 80 dB(A)."""
    rng = np.random.default_rng(7)
    sound, minutes = music(3, 2.0), 40 * 60
    raw_pa2h = by_whole_spectrum(sound)
    gains_db = rng.uniform(-20.0, 10.0, minutes)
    wanted = sum(raw_pa2h * 10 ** (gain / 10) * 30 for gain in gains_db)
    meter = DoseMeter(SFREQ_HZ, SPL)
    counted = 0.0
    for gain in rng.choice(gains_db, 60, replace=False):
        before = meter.exposure_pa2h
        meter.add((sound * 10 ** (gain / 20)).astype(np.float32))
        meter.finish()
        counted += abs(meter.exposure_pa2h - before - raw_pa2h * 10 ** (gain / 10)) * 30
    assert counted / wanted < 10 ** (TOLERANCE_DB / 10) - 1


@settings(max_examples=cases(30), deadline=None)
@given(st.lists(st.integers(0, 9000), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_how_sound_is_cut_into_blocks_changes_nothing(cuts: list[int], seed: int) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, (10_000, 2)).astype(np.float32)
    whole, cut = DoseMeter(SFREQ_HZ, SPL), DoseMeter(SFREQ_HZ, SPL)
    whole.add(sound)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(sound)], strict=True):
        cut.add(sound[first:last])
    whole.finish()
    cut.finish()
    assert cut.exposure_pa2h == pytest.approx(whole.exposure_pa2h, rel=1e-6)


@settings(max_examples=cases(30), deadline=None)
@given(st.floats(-80.0, 0.0), st.floats(0.0, 1.0))
def test_the_ear_that_had_more_counts_and_more_sound_is_never_less(level_db: float, share: float) -> None:
    tone = 10 ** (level_db / 20) * np.sin(np.arange(9600) / 8)
    both = metered(np.stack((tone, tone), axis=1))
    assert metered(np.stack((tone, share * tone), axis=1)) == pytest.approx(both, rel=1e-5)
    assert metered(np.stack((np.concatenate((tone, tone)),) * 2, axis=1)) >= both


def test_sound_below_hearing_hardly_counts() -> None:
    time_s = np.arange(5 * SFREQ_HZ) / SFREQ_HZ
    rumble = 0.5 * np.sin(np.pi * time_s / 5) ** 2 * np.sin(2 * np.pi * 10 * time_s)
    exposure = metered(np.stack((rumble, rumble), axis=1))
    assert (level_of(exposure * 3600 / 5) or 0.0) < SPL - 60


@pytest.mark.parametrize(("hz", "over_db"), [(20.0, 3.6), (31.5, 1.3), (50.0, 0.4), (63.0, 0.2), (100.0, 0.05)])
def test_low_tones_are_counted_too_high_rather_than_too_low(hz: float, over_db: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(10 * SFREQ_HZ) / SFREQ_HZ)
    exact = a_weighting(np.array([hz]))[0] * pa2_of(SPL) * 0.25 * 10 / 3600
    assert -0.03 <= 10 * math.log10(metered(np.stack((tone, tone), axis=1)) / exact) <= over_db


def test_a_tone_of_1_khz_is_weighted_by_exactly_one_and_counted_to_the_last_sample() -> None:
    assert a_weighting(np.array([1000.0]))[0] == pytest.approx(1.0, abs=1e-12)
    hz = 85 * SFREQ_HZ / 4096
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(20 * SFREQ_HZ) / SFREQ_HZ)
    exact = pa2_of(SPL) * 0.25 * a_weighting(np.array([hz]))[0] * 20 / 3600
    assert metered(np.stack((tone, tone), axis=1)) == pytest.approx(exact, rel=1e-4)


def test_the_highest_frequency_there_is_counts_once() -> None:
    fastest = 0.1 * (-1.0) ** np.arange(SFREQ_HZ)
    exact = 2 * pa2_of(SPL) * 0.01 * a_weighting(np.array([SFREQ_HZ / 2]))[0] / 3600
    assert metered(np.stack((fastest, fastest), axis=1)) == pytest.approx(exact, rel=0.01)


def test_what_was_heard_is_counted_within_a_twentieth_of_a_second() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(48 * 1024) / SFREQ_HZ)
    sound = np.stack((tone, tone), axis=1).astype(np.float32)
    meter = DoseMeter(SFREQ_HZ, SPL)
    meter.add(sound)
    now = meter.exposure_pa2h
    meter.finish()
    assert meter.exposure_pa2h - now <= meter.exposure_pa2h * 0.05 / (len(sound) / SFREQ_HZ)
