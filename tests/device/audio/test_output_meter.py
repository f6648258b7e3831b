"""What is reported of the sound is what a broadcaster's meter would say of the same steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import signal

from device.audio.output_meter import OutputMeter
from device.audio.safety.true_peak import UNDER_READING_DB
from hardware.listening.loudness import measure_lufs

SFREQ_HZ, BLOCK = 48_000, 1024
Steps = npt.NDArray[np.int16]


def read(steps: Steps) -> OutputMeter:
    meter = OutputMeter(SFREQ_HZ, BLOCK)
    for first in range(0, len(steps) - BLOCK + 1, BLOCK):
        meter.read(steps[first : first + BLOCK].tobytes())
    return meter


def noise(seed: int, seconds: float) -> Steps:
    rng = np.random.default_rng(seed)
    loud = 10.0 ** (rng.uniform(-40.0, -12.0, round(seconds) + 1) / 20.0)
    wave = rng.standard_normal((BLOCK * round(seconds * SFREQ_HZ / BLOCK), 2))
    return np.clip(wave * np.repeat(loud, SFREQ_HZ)[: len(wave), None] * 8000.0, -32768, 32767).astype("<i2")


@pytest.mark.parametrize("seed", range(3))
def test_loudness_is_that_of_an_independent_meter(seed: int) -> None:
    steps = noise(seed, 12.0)
    assert read(steps).heard().loudness.integrated_lufs == pytest.approx(measure_lufs(steps / 32768.0), abs=0.1)


def test_peaks_between_samples_are_seen_and_told_once() -> None:
    phase = np.pi / 4 + np.pi / 2 * np.arange(20 * BLOCK)
    steps = np.rint(np.repeat(16000.0 * np.sin(phase)[:, None], 2, axis=1)).astype("<i2")
    meter = read(steps)
    found = 10.0 ** (meter.heard().true_peak_dbtp / 20.0)
    sharp = np.abs(signal.resample_poly(steps / 32768.0, 8, 1)).max()
    assert found == pytest.approx(sharp, rel=10.0 ** (UNDER_READING_DB / 20.0) - 1.0)
    assert found > 1.2 * np.abs(steps).max() / 32768.0
    assert meter.heard().true_peak_dbtp == -120.0


def test_silence_is_the_lowest_figure_there_is() -> None:
    heard = read(np.zeros((10 * BLOCK, 2), "<i2")).heard()
    assert (*heard.loudness, heard.true_peak_dbtp) == (-120.0,) * 4
