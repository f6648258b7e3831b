"""Loudness reads as EBU Tech 3341 says it must, with its own test signals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.loudness import SILENCE_LUFS, LoudnessMeter

SFREQ_HZ, BLOCK = 48_000, 1024


def tone(*parts: tuple[float, float], hz: float = 1000.0) -> np.ndarray:
    """A stereo sine whose parts are (level in dBFS, seconds)."""
    level = np.concatenate([np.full(round(seconds * SFREQ_HZ), 10 ** (dbfs / 20)) for dbfs, seconds in parts])
    wave = level * np.sin(2 * np.pi * hz * np.arange(len(level)) / SFREQ_HZ)
    return np.stack((wave, wave), axis=1)


def read(sound: np.ndarray) -> LoudnessMeter:
    meter = LoudnessMeter(SFREQ_HZ, BLOCK)
    for first in range(0, len(sound) - BLOCK + 1, BLOCK):
        meter.read(sound[first : first + BLOCK])
    return meter


@pytest.mark.parametrize("dbfs", [-23.0, -33.0])
def test_a_sine_reads_its_level_on_all_three_scales(dbfs: float) -> None:
    """Cases 1 and 2."""
    assert read(tone((dbfs, 20.0))).loudness() == pytest.approx((dbfs, dbfs, dbfs), abs=0.1)


@pytest.mark.parametrize(
    "parts",
    [
        ((-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)),
        ((-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)),
        ((-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)),
    ],
)
def test_what_is_soft_beside_the_rest_is_gated(parts: tuple[tuple[float, float], ...]) -> None:
    """Cases 3 to 5."""
    assert read(tone(*parts)).loudness().integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_low_tones_count_less_than_high_ones() -> None:
    low, middle, high = (read(tone((-23.0, 5.0), hz=hz)).loudness().integrated_lufs for hz in (40.0, 1000.0, 4000.0))
    assert low < middle - 5.0
    assert high > middle + 2.0


def test_nothing_heard_is_silence_and_a_pause_does_not_count() -> None:
    assert LoudnessMeter(SFREQ_HZ, BLOCK).loudness() == (SILENCE_LUFS, SILENCE_LUFS, SILENCE_LUFS)
    meter = read(np.concatenate((tone((-23.0, 10.0)), np.zeros((10 * SFREQ_HZ, 2)))))
    assert meter.loudness().momentary_lufs < -70.0
    assert meter.loudness().integrated_lufs == pytest.approx(-23.0, abs=0.2)


def test_another_meter_agrees_on_noise() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="it is the witness")
    noise = (
        np.random.default_rng(2).standard_normal((12 * SFREQ_HZ, 2)) * np.linspace(0.01, 0.2, 12 * SFREQ_HZ)[:, None]
    )
    other = pyloudnorm.Meter(SFREQ_HZ).integrated_loudness(noise)
    assert read(noise).loudness().integrated_lufs == pytest.approx(other, abs=0.15)


@settings(max_examples=20)
@given(st.lists(st.floats(-140.0, 20.0), min_size=1, max_size=40))
def test_every_reading_is_a_number(levels_dbfs: list[float]) -> None:
    meter = LoudnessMeter(SFREQ_HZ, BLOCK)
    rng = np.random.default_rng(3)
    for dbfs in levels_dbfs:
        meter.read(rng.standard_normal((BLOCK, 2)) * 10 ** (dbfs / 20))
    assert np.all(np.isfinite(meter.loudness()))
