"""What is no measurement is found and named; what is left lies on one grid."""

from __future__ import annotations

import numpy as np
import pytest

from device.dsp import light
from device.dsp.cancel import RATE_HZ


def wave(seconds: float = 60.0, sfreq_hz: float = 64.0, rate_hz: float = 1.2) -> np.ndarray:
    phase = 2 * np.pi * rate_hz * np.arange(round(seconds * sfreq_hz)) / sfreq_hz
    return 500 + 10 * np.sin(phase) + 3 * np.sin(2 * phase)


def usable(samples: np.ndarray) -> tuple[np.ndarray, str]:
    found, reasons = light.find_usable(samples, 64.0)
    return found, " ".join(reasons)


def test_a_clean_wave_is_usable_throughout() -> None:
    found, reasons = usable(wave())
    assert found.all()
    assert reasons == ""


@pytest.mark.parametrize("value", [np.nan, 500.0])
def test_lost_and_flat_stretches_are_left_out_exactly(value: float) -> None:
    samples = wave()
    samples[640:960] = value
    found, reasons = usable(samples)
    assert not found[640:960].any()
    assert found[:576].all()
    assert found[1024:].all()
    assert reasons.startswith("8% of the pulse wave " + ("lost" if np.isnan(value) else "flat"))


def test_clipped_tops_are_left_out() -> None:
    samples = np.minimum(wave(), 506)
    found, reasons = usable(samples)
    assert "clipped" in reasons
    assert not found[samples == 506].any()


def test_a_pulse_in_coarse_steps_is_no_flat_line() -> None:
    breath = 4 * np.sin(2 * np.pi * 0.21 * np.arange(3840) / 64)
    found, reasons = usable(np.round(wave() + breath))
    assert found.mean() > 0.95
    assert "flat" not in reasons


def test_a_band_that_came_off_is_named() -> None:
    samples = wave()
    samples[1280:1600] = 700 + 0.1 * np.random.default_rng(0).standard_normal(320)
    found, reasons = usable(samples)
    assert not found[1280:1600].any()
    assert "without skin contact" in reasons


@pytest.mark.parametrize("sfreq_hz", [25.0, 55.3, 64.0, 128.0])
def test_any_rate_comes_onto_one_grid_with_its_phase(sfreq_hz: float) -> None:
    ready = light.prepare(wave(60.0, sfreq_hz), sfreq_hz, None, 0.0)
    assert isinstance(ready, light.Light)
    assert ready.rate_hz == pytest.approx(RATE_HZ, rel=1e-3)
    assert len(ready.wave) == len(ready.known)
    times_s = (np.arange(len(ready.wave)) - ready.begin) / ready.rate_hz
    inside = (times_s > 2) & (times_s < 58)
    turn = np.angle(np.sum(ready.wave[inside] * np.exp(-2j * np.pi * 1.2 * times_s[inside])))
    assert turn == pytest.approx(-np.pi / 2, abs=0.05)


def test_gravity_and_its_slow_turning_are_not_felt() -> None:
    turning = np.stack([np.sin(0.1 * np.arange(1920) / 32), np.cos(0.1 * np.arange(1920) / 32), np.zeros(1920)], axis=1)
    ready = light.prepare(wave(), 64.0, turning, 32.0)
    assert isinstance(ready, light.Light)
    assert np.abs(ready.felt[:, 64:-160]).max() < 0.02


@pytest.mark.parametrize(
    ("samples", "sfreq_hz", "words"),
    [
        (wave(5.0), 64.0, "10 to 300 s"),
        (wave(), 0.0, "10 to 300 s"),
        (np.full(3840, np.nan), 64.0, "lost"),
        (np.full(3840, 7.0), 64.0, "flat"),
    ],
)
def test_nothing_to_look_at_is_said_in_words(samples: np.ndarray, sfreq_hz: float, words: str) -> None:
    refused = light.prepare(samples, sfreq_hz, None, 0.0)
    assert not isinstance(refused, light.Light)
    assert words in " ".join(refused)
