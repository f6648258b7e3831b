"""Loudness as the recommendation defines it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.listening.loudness import PEAK, SFREQ_HZ, TARGET_LUFS, equalise, measure_lufs


def sine(dbfs: float, seconds: float = 5.0, hz: float = 997.0) -> np.ndarray:
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * SFREQ_HZ)) / SFREQ_HZ)
    return np.stack((wave, wave), axis=1)


def test_the_reference_tone_has_its_loudness() -> None:
    # A stereo sine of 997 Hz at -23 dBFS reads -23 LUFS (EBU Tech 3341, case 1).
    assert measure_lufs(sine(-23)) == pytest.approx(-23, abs=0.1)
    assert measure_lufs(sine(-33)) == pytest.approx(-33, abs=0.1)


def test_pauses_do_not_make_music_softer() -> None:
    # EBU Tech 3341, case 3: what lies 10 LU below the rest does not count.
    assert measure_lufs(np.concatenate((sine(-36, 10), sine(-23, 60), sine(-36, 10)))) == pytest.approx(-23, abs=0.1)


def test_low_notes_count_for_less() -> None:
    assert measure_lufs(sine(-23, hz=30)) < measure_lufs(sine(-23)) - 5


def test_silence_and_a_click_have_no_loudness() -> None:
    assert measure_lufs(np.zeros((SFREQ_HZ, 2))) == float("-inf")
    assert measure_lufs(np.ones((10, 2))) == float("-inf")
    assert not equalise(np.zeros((SFREQ_HZ, 2))).any()


@given(st.floats(-60, 0))
def test_all_come_to_one_loudness(dbfs: float) -> None:
    assert measure_lufs(equalise(sine(dbfs, 1.0))) == pytest.approx(TARGET_LUFS, abs=0.01)


def test_peaks_are_never_cut() -> None:
    clicks = np.full((2 * SFREQ_HZ, 2), 1e-4)
    clicks[::SFREQ_HZ] = 0.5
    assert np.abs(equalise(clicks)).max() <= PEAK + 1e-9
