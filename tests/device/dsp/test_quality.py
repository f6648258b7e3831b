"""Signal quality: clean is clean, every kind of trouble is named, and nothing crashes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.dsp import eeg, quality
from tests.device.dsp.signals import EIGHT, SFREQ_HZ, pink

CHANNEL = 2
T_S = np.arange(1000) / SFREQ_HZ


def judge(window: np.ndarray) -> quality.Verdict:
    raw = window.astype(np.float32)
    filled = eeg.fill_gaps(raw)
    return quality.judge(raw, filled, *eeg.density(filled, SFREQ_HZ), EIGHT[: len(raw)])


def clean() -> np.ndarray:
    return pink(4.0).T.copy()


def test_clean_eeg_with_offset_hum_and_a_blink_is_clean() -> None:
    window = clean() + 4000 + 10 * np.sin(2 * np.pi * 50 * T_S)
    window[:2, 300:380] += 150 * np.hanning(80)
    verdict = judge(window)
    assert (verdict.quality == 1).all()
    assert verdict.reasons == ()


def test_recorded_eeg_is_clean(data_dir) -> None:
    with np.load(data_dir / "open" / "eeg_eegmat" / "S06_rest.npz") as file:
        data = file["eeg"][:8] * float(file["scale_uV"])
    shares = [judge(data[:, begin : begin + 1000]).quality for begin in range(0, 20_000, 1000)]
    assert np.mean(shares) > 0.98


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda x: x * 0 + 187_500, "C3 flat"),
        (lambda x: x * 0 + 12, "C3 flat"),
        (lambda x: np.where(np.arange(1000) % 4 == 0, x, 187_500), "C3 railed"),
        (lambda x: np.clip(x, -5, 5), "C3 railed"),
        (lambda x: np.where(np.arange(1000) < 300, x, x[300]), "C3 stuck"),
        (lambda x: np.where(np.arange(1000) < 300, np.nan, x), "samples lost on C3"),
        (lambda x: x + 800 * np.sin(2 * np.pi * 50 * T_S), "50 Hz hum on C3"),
        (lambda x: x + 800 * np.sin(2 * np.pi * 60 * T_S), "60 Hz hum on C3"),
        (lambda x: x + 60 * np.random.default_rng(0).standard_normal(1000), "muscle on C3"),
        (lambda x: x + 2000 * np.hanning(1000), "blinks or movement on C3"),
        (lambda x: np.random.default_rng(0).permutation(x), "noise, not EEG, on C3"),
    ],
)
def test_each_trouble_is_named_and_makes_its_channel_unusable(spoil, reason: str) -> None:
    window = clean()
    window[CHANNEL] = spoil(window[CHANNEL])
    verdict = judge(window)
    assert reason in verdict.reasons
    assert verdict.quality[CHANNEL] < 0.5
    assert np.delete(verdict.quality, CHANNEL).min() == 1


def test_trouble_on_all_channels_is_said_once() -> None:
    window = clean()
    window[:, 200:700] = np.nan
    assert judge(window).reasons == ("samples lost on all channels",)


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.just(250)),
        elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan) | st.just(np.inf),
    )
)
def test_whatever_comes_gets_a_quality_and_a_reason_when_it_is_bad(window: np.ndarray) -> None:
    verdict = judge(window)
    assert ((verdict.quality >= 0) & (verdict.quality <= 1)).all()
    assert verdict.reasons or verdict.quality.min() >= quality.WORTH_TELLING


def test_scrambled_and_unconnected_channels_are_unusable() -> None:
    rng = np.random.default_rng(0)
    eight = clean()
    spectrum = np.fft.rfft(eight)
    phases = np.exp(2j * np.pi * rng.random(spectrum.shape))
    for window in (np.fft.irfft(np.abs(spectrum) * phases), np.cumsum(rng.standard_normal((8, 1000)), axis=1)):
        verdict = judge(window)
        assert (verdict.quality < 0.5).all()
        assert verdict.reasons == ("unconnected or scrambled: nothing in common on all channels",)
    assert (judge(rng.permuted(eight, axis=1)).quality == 0).all()


def test_two_channels_are_too_few_to_be_compared() -> None:
    rng = np.random.default_rng(1)
    window = np.cumsum(rng.standard_normal((2, 1000)), axis=1)
    assert (judge(window).quality == 1).all()


@pytest.mark.parametrize("period_s", [0.1, 0.98, 2.0, 3.4])
def test_a_buffer_that_hangs_and_repeats_itself_is_no_eeg(period_s: float) -> None:
    n_period = round(period_s * SFREQ_HZ)
    window = np.tile(clean()[:, :n_period], 40)[:, :1000]
    window[CHANNEL] = 7.0
    verdict = judge(window)
    assert (verdict.quality == 0).all()
    assert any("the same again and again on Fp1, Fp2" in reason or "noise" in reason for reason in verdict.reasons)
    assert (quality._repetition(eeg.fill_gaps(clean().astype(np.float32)), np.ones(8, bool), SFREQ_HZ) == 1).all()


def test_a_sensor_that_says_its_full_scale_is_railed_there() -> None:
    window = clean()
    window[CHANNEL, ::3] = 999.9 + window[CHANNEL, ::3] / 1000
    raw = window.astype(np.float32)
    filled = eeg.fill_gaps(raw)
    found = quality.judge(raw, filled, *eeg.density(filled, SFREQ_HZ), EIGHT, 1000.0)
    assert "C3 railed" in found.reasons
    assert "C3 railed" not in judge(window).reasons
