from __future__ import annotations

import numpy as np
import pytest

from hardware.twin.heart import Heart
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES


def heart_at(arousal: float, seed: int = 1) -> Heart:
    profile = PROFILES["guest"]._replace(arousal=arousal, resting_arousal=arousal, restlessness=0.0)
    return Heart(seed, profile, Mood(seed, profile))


def rmssd_ms(rr_ms: list[float]) -> float:
    return float(np.sqrt(np.mean(np.diff(rr_ms) ** 2)))


def test_at_rest_rate_and_variability_are_the_profiles() -> None:
    rr_ms = heart_at(-0.4).beats(300.0)
    assert 60_000 / np.mean(rr_ms) == pytest.approx(PROFILES["guest"].resting_hr_bpm, abs=2)
    assert rmssd_ms(rr_ms) == pytest.approx(PROFILES["guest"].rmssd_ms, rel=0.25)


def test_arousal_raises_the_rate_and_lowers_variability() -> None:
    rest, strain = heart_at(-0.4).beats(300.0), heart_at(0.8).beats(300.0)
    assert np.mean(strain) < 0.9 * np.mean(rest)
    assert rmssd_ms(strain) < 0.6 * rmssd_ms(rest)


def test_breathing_and_slow_waves_show_in_the_intervals() -> None:
    rr_ms = np.array(heart_at(-0.4).beats(600.0))
    times_s = np.arange(0.0, np.cumsum(rr_ms)[-1] / 1000, 0.25)
    even = np.interp(times_s, np.cumsum(rr_ms) / 1000, rr_ms)
    power = np.abs(np.fft.rfft(even - even.mean())) ** 2
    hz = np.fft.rfftfreq(len(even), 0.25)

    def mean_power(low: float, high: float) -> float:
        return float(power[(hz >= low) & (hz < high)].mean())

    assert mean_power(0.18, 0.28) > 5 * mean_power(0.35, 0.6)
    assert mean_power(0.07, 0.13) > 5 * mean_power(0.35, 0.6)


def test_beats_come_once_however_they_are_asked_for() -> None:
    whole, heart = heart_at(0.2).beats(60.0), heart_at(0.2)
    assert [beat for second in range(1, 61) for beat in heart.beats(second)] == whole
    assert heart.beats(60.0) == []
    assert sum(whole) / 1000 <= 60.0


def test_intervals_stay_physiological_at_the_extremes() -> None:
    for arousal in (-1.0, 1.0):
        assert all(330 <= interval <= 1800 for interval in heart_at(arousal).beats(300.0))
