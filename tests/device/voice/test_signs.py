"""Signs are soft, short, without a click, and told apart."""

from __future__ import annotations

import numpy as np
import pytest

from device.voice.signs import PEAK, SIGNS, render_sign


@pytest.mark.parametrize("name", SIGNS)
@pytest.mark.parametrize("sfreq_hz", [8_000, 44_100, 48_000])
def test_a_sign_is_short_and_begins_and_ends_in_silence(name: str, sfreq_hz: int) -> None:
    sound = render_sign(name, sfreq_hz)
    assert 0.8 <= len(sound) / sfreq_hz <= 4.0
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
