"""The listener of the lost card tells a soft return from a sudden one."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.bench.jack_capture import SFREQ_HZ, Block
from hardware.bench.lost_card import heard


def caught(wave: np.ndarray) -> list[Block]:
    return [Block(0.0, np.repeat(np.rint(wave).astype("<i2")[:, None], 2, axis=1))]


def tone(seconds: float) -> np.ndarray:
    return 8000.0 * np.sin(2.0 * np.pi * 330.0 * np.arange(round(seconds * SFREQ_HZ)) / SFREQ_HZ)


def test_what_comes_back_all_at_once_is_as_loud_as_usual_and_what_rises_is_not() -> None:
    silence, music = np.zeros(SFREQ_HZ), tone(6.0)
    sudden = heard(caught(np.concatenate((silence, music))), 0.5, is_stopped=False)
    assert sudden.back_s == pytest.approx(1.0, abs=0.01)
    assert sudden.first_db == pytest.approx(0.0, abs=0.1)
    assert sudden.sounds_s == pytest.approx(6.0, abs=0.01)
    rise = np.minimum(1.0, np.arange(len(music)) / (2.0 * SFREQ_HZ))
    assert heard(caught(np.concatenate((silence, music * rise))), 0.5, is_stopped=False).first_db < -20.0


def test_silence_is_no_return() -> None:
    assert heard(caught(np.zeros(SFREQ_HZ)), 0.5, is_stopped=True).back_s is None
