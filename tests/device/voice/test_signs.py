"""Signs are soft, short, without a click, and told apart."""

from __future__ import annotations

import numpy as np
import pytest

from device.voice.signs import PEAK, SIGNS, render_sign


@pytest.mark.parametrize("name", SIGNS)
@pytest.mark.parametrize("sfreq_hz", [8_000, 44_100, 48_000])
def test_a_sign_is_short_and_begins_and_ends_in_silence(name: str, sfreq_hz: int) -> None:
    sound = render_sign(name, sfreq_hz)
    assert 0.8 <= len(sound) / sfreq_hz <= 4.5
    assert np.abs(sound).max() == pytest.approx(PEAK)
    assert abs(sound[0]) < 1e-4
    assert abs(sound[-1]) < 1e-4
    assert np.isfinite(sound).all()


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_has_no_click(name: str) -> None:
    """A click is broad: there is next to nothing above the highest partial that matters."""
    sound = render_sign(name, 48_000).astype(float)
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    assert spectrum[np.fft.rfftfreq(len(sound), 1 / 48_000) > 12_000].sum() < 1e-6 * spectrum.sum()


def test_no_two_signs_are_the_same() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize("digit", range(1, 10))
def test_the_notes_of_a_digit_can_be_counted(digit: int) -> None:
    """Each note is an onset of its own: within 30 ms the sound rises by half and more."""
    sound = render_sign(f"digit-{digit}", 48_000)
    levels = np.abs(sound[: len(sound) // 480 * 480]).reshape(-1, 480).max(axis=1)
    before = np.concatenate((np.zeros(3), levels[:-3]))
    onsets = (levels > 1.5 * before) & (levels > 0.2 * levels.max())
    assert np.count_nonzero(np.diff(onsets.astype(int), prepend=0) == 1) == digit
