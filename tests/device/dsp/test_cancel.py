"""Movement that light follows through an unknown filter is taken out; a pulse is left."""

from __future__ import annotations

import numpy as np
import pytest

from device.dsp.cancel import RATE_HZ, SEGMENT_S, Canceller

N = round(8 * SEGMENT_S * RATE_HZ)


@pytest.fixture
def felt() -> np.ndarray:
    """Three axes of coloured noise of 0.2 g below 8 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal((3, N)))
    spectrum[:, round(6.5 * N / RATE_HZ) :] = 0
    spectrum[:, : round(0.5 * N / RATE_HZ)] = 0
    axes = np.fft.irfft(spectrum, N)
    return 0.2 * axes / axes.std()


def filtered(felt: np.ndarray, taps: np.ndarray) -> np.ndarray:
    return sum(np.convolve(axis, tap)[:N] for axis, tap in zip(felt, taps, strict=True))


def left(before: np.ndarray, after: np.ndarray) -> float:
    middle = slice(64, -64)
    return float((after[middle] ** 2).mean() / (before[middle] ** 2).mean())


@pytest.mark.parametrize("follow_strap", [False, True])
def test_a_fixed_filter_is_found(felt: np.ndarray, follow_strap: bool) -> None:
    artefact = filtered(felt, np.random.default_rng(1).standard_normal((3, 8)))
    assert left(artefact, artefact - Canceller(felt).artefact(artefact, follow_strap=follow_strap)) < 0.1


def test_a_filter_that_drifts_is_followed_only_when_asked(felt: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    share = np.linspace(0, 1, N)
    taps = rng.standard_normal((2, 3, 6))
    artefact = (1 - share) * filtered(felt, taps[0]) + share * filtered(felt, taps[1])
    canceller = Canceller(felt)
    followed, fixed = (artefact - canceller.artefact(artefact, follow_strap=asked) for asked in (True, False))
    assert left(artefact, followed) < 0.12
    assert left(artefact, followed) < 0.5 * left(artefact, fixed)


def test_a_pulse_that_has_nothing_to_do_with_movement_is_left(felt: np.ndarray) -> None:
    wave = np.sin(2 * np.pi * 1.3 * np.arange(N) / RATE_HZ)
    assert left(wave, wave - Canceller(felt).artefact(wave, follow_strap=False)) > 0.9


def test_a_resting_wrist_explains_nothing() -> None:
    wave = np.sin(2 * np.pi * 1.3 * np.arange(N) / RATE_HZ)
    still = 1e-4 * np.random.default_rng(0).standard_normal((3, N))
    assert np.abs(Canceller(still).artefact(wave, follow_strap=True)).max() < 0.1
