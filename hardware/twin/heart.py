"""Heartbeats of the virtual patient: rate and variability that follow arousal, as RR intervals."""

from __future__ import annotations

import math

import numpy as np

from hardware.twin.mood import Mood
from hardware.twin.profiles import Profile

HR_PER_AROUSAL_BPM = 12.0
"""Mental load raises heart rate by about 8 to 15 bpm."""
RMSSD_LOG_PER_AROUSAL = 0.7
SLOW_WAVE_HZ = 0.1
"""Blood-pressure waves."""
RMSSD_PER_BREATH_AMPLITUDE = 0.85
"""RMSSD of a sine of amplitude 1 at breathing rate, sampled once a beat."""


class Heart:
    """Beat by beat: mean rate, breathing (respiratory sinus arrhythmia), slow waves and a little noise."""

    def __init__(self, seed: int, profile: Profile, mood: Mood) -> None:
        self._noise = np.random.default_rng((seed, 3, profile.number))
        self._profile, self._mood = profile, mood
        self._breath, self._wave = self._noise.uniform(0, 2 * math.pi, 2).tolist()
        self._beat_s = 0.0
        self._next_ms = self._interval_ms()

    def beats(self, until_s: float) -> list[float]:
        """RR intervals (ms) that ended since the last call, up to `until_s` seconds since the beginning."""
        intervals_ms = []
        while self._beat_s + self._next_ms / 1000 <= until_s:
            self._beat_s += self._next_ms / 1000
            intervals_ms.append(self._next_ms)
            self._next_ms = self._interval_ms()
        return intervals_ms

    def _interval_ms(self) -> float:
        feeling = self._mood.shown(int(self._beat_s))
        above_rest = feeling.arousal + 0.4
        hr_bpm = self._profile.resting_hr_bpm + HR_PER_AROUSAL_BPM * above_rest
        ease = 0.5 * (feeling.relaxation - 0.66)
        rmssd_ms = self._profile.rmssd_ms * math.exp(ease - RMSSD_LOG_PER_AROUSAL * above_rest)
        mean_ms = 60_000 / hr_bpm
        breath_hz = 0.22 + 0.05 * above_rest
        self._breath += 2 * math.pi * breath_hz * mean_ms / 1000 + 0.1 * float(self._noise.standard_normal())
        self._wave += 2 * math.pi * SLOW_WAVE_HZ * mean_ms / 1000 + 0.1 * float(self._noise.standard_normal())
        breathing_ms = rmssd_ms / RMSSD_PER_BREATH_AMPLITUDE * math.sin(self._breath)
        wave_ms = 0.6 * rmssd_ms * math.sin(self._wave)
        noise_ms = 0.12 * rmssd_ms * float(self._noise.standard_normal())
        return min(1800.0, max(330.0, mean_ms + breathing_ms + wave_ms + noise_ms))
