"""What the survey measures is what was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from hardware.listening.survey import measure, report

SFREQ_HZ = 48_000


def noise(seconds: float, slope: float = 0.0) -> np.ndarray:
    """Stereo noise at -20 dBFS whose density falls by `slope` dB an octave; the ears share nothing."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(size=(round(seconds * SFREQ_HZ), 2)), axis=0)
    hz = np.maximum(np.fft.rfftfreq(round(seconds * SFREQ_HZ), 1 / SFREQ_HZ), 20.0)
    shaped = np.fft.irfft(spectrum * (10 ** (slope * np.log2(hz) / 20))[:, None], axis=0)
    return 0.1 * shaped / shaped.std()


@pytest.mark.parametrize("slope", [0.0, -6.0])
def test_the_slope_of_the_spectrum_is_found(slope: float) -> None:
    assert measure(noise(8.0, slope)).slope_db_octave == pytest.approx(slope, abs=0.3)


def test_width_is_that_of_two_strangers_or_of_one() -> None:
    apart = noise(5.0)
    together = np.repeat(apart[:, :1], 2, axis=1)
    assert measure(apart).width_db == pytest.approx(0.0, abs=0.5)
    assert measure(together).width_db < -60.0


def test_a_tone_has_its_loudness_and_its_true_peak() -> None:
    time_s = np.arange(5 * SFREQ_HZ) / SFREQ_HZ
    tone = 0.1 * np.sin(2 * np.pi * 997 * time_s)
    figures = measure(np.stack((tone, tone), axis=1))
    assert figures.lufs == pytest.approx(-20.0, abs=0.1)
    assert figures.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)
    assert figures.range_lu == pytest.approx(0.0, abs=0.1)


def test_what_nobody_can_hear_is_found() -> None:
    time_s = np.arange(5 * SFREQ_HZ) / SFREQ_HZ
    rumble = np.sin(2 * np.pi * 10 * time_s) + np.sin(2 * np.pi * 300 * time_s)
    assert measure(0.1 * np.stack((rumble, rumble), axis=1)).inaudible_percent == pytest.approx(50.0, abs=1.0)


def test_the_report_has_every_piece_and_a_picture(tmp_path: Path) -> None:
    for name, slope in (("before", 0.0), ("after", -6.0)):
        (tmp_path / name).mkdir()
        wavfile.write(tmp_path / name / "piece.wav", SFREQ_HZ, np.rint(noise(5.0, slope) * 32767).astype(np.int16))
    report(tmp_path / "sound.md", [tmp_path / "before", tmp_path / "after"])
    told = (tmp_path / "sound.md").read_text("utf-8")
    assert "before piece" in told
    assert "after: median of 1" in told
    assert (tmp_path / "sound.png").stat().st_size > 1000
