"""Rate, chain and fit on pulse trains whose every beat is known."""

from __future__ import annotations

import numpy as np
import pytest

from device.dsp import beats

RATE_HZ = 32.0
N = 2048


def train(at_s: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """A pulse wave, steep up and slow down, band-passed and of unit size."""
    times_s = np.arange(N) / RATE_HZ
    offset = times_s[:, None] - at_s
    wave = np.exp(-0.5 * (offset / np.where(offset < 0, 0.08, 0.16)) ** 2).sum(axis=1)
    freqs_hz = np.fft.rfftfreq(N, 1 / RATE_HZ)
    wave = np.fft.irfft(np.fft.rfft(wave) * (freqs_hz > 0.4) * (freqs_hz < 7), N)
    return wave / wave.std() + noise * np.random.default_rng(2).standard_normal(N)


def regular(hr_bpm: float) -> np.ndarray:
    rng = np.random.default_rng(int(hr_bpm))
    intervals_s = 60 / hr_bpm * (1 + 0.03 * np.sin(np.arange(300)) + 0.01 * rng.standard_normal(300))
    at_s = 0.5 + np.cumsum(intervals_s)
    return at_s[at_s < N / RATE_HZ - 0.5]


def found(wave: np.ndarray, known: np.ndarray | None = None) -> tuple[beats.Track, beats.Fit]:
    known = np.ones(N) if known is None else known
    track = beats.follow(wave * known, np.zeros(N), RATE_HZ)
    return track, beats.fit(wave, known, beats.chain(wave * known, track, RATE_HZ), RATE_HZ, 2)


@pytest.mark.parametrize("hr_bpm", [45, 60, 75, 100, 140, 180])
def test_rates_of_rest_and_exercise_are_followed(hr_bpm: float) -> None:
    track, fit = found(train(regular(hr_bpm), 0.3))
    assert 60 * np.median(track.rate_hz) == pytest.approx(hr_bpm, rel=0.04)
    assert abs(len(fit.beats) - len(regular(hr_bpm))) <= 1


def test_a_changing_rate_is_followed() -> None:
    at_s = np.cumsum(60 / np.linspace(60, 90, 78))
    track, fit = found(train(at_s[at_s < 63], 0.2))
    assert 60 * track.rate_hz[[1, -2]] == pytest.approx([64, 87], abs=5)
    assert np.diff(fit.beats).max() < 1.15 * RATE_HZ


def test_a_line_that_movement_explains_is_held_against_the_track() -> None:
    at_s = regular(70)
    gait = 1.5 * np.sin(2 * np.pi * 1.9 * np.arange(N) / RATE_HZ)
    track = beats.follow(train(at_s) + gait, 3 * gait, RATE_HZ)
    assert 60 * np.median(track.rate_hz) == pytest.approx(70, abs=4)


def test_beats_are_placed_between_samples() -> None:
    at_s = regular(66)
    _, fit = found(train(at_s))
    off_s = fit.beats / RATE_HZ - at_s[np.abs(fit.beats[:, None] / RATE_HZ - at_s).argmin(axis=1)]
    assert np.std(off_s[1:-1]) < 0.004
    assert (fit.likeness[1:-1] > 0.9).all()


def test_a_noisy_stretch_has_larger_errors_and_less_likeness() -> None:
    wave = train(regular(66))
    wave[1024:] += 0.8 * np.random.default_rng(4).standard_normal(1024)
    _, fit = found(wave)
    early = fit.beats < 1000
    assert np.median(fit.error[~early]) > 3 * np.median(fit.error[early])
    assert np.median(fit.likeness[~early]) < np.median(fit.likeness[early])


def test_the_chain_goes_on_behind_a_gap() -> None:
    known = np.ones(N)
    known[800:1000] = 0
    _, fit = found(train(regular(80)), known)
    assert (fit.beats < 780).sum() > 25
    assert (fit.beats > 1020).sum() > 35


def test_which_way_up_is_told_by_the_slopes() -> None:
    wave = train(regular(70))
    assert beats.polarity(wave) == 1
    assert beats.polarity(-wave) == -1
    wave[800:1300] *= -1
    assert 0.1 < beats.turned_share(wave, RATE_HZ) < 0.4


def test_nothing_is_chained_in_silence() -> None:
    track = beats.follow(np.zeros(N), np.zeros(N), RATE_HZ)
    assert len(beats.chain(np.zeros(N), track, RATE_HZ)) == 0
