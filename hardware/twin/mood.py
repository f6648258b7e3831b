"""How the virtual patient feels: arousal and relaxation, once a second, pulled slowly by what is heard.

A deliberately simple first physiology: of what is heard in a bar (`hearing`) the cues move arousal, the mode
relaxation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.messages import PlayedBar
from hardware.twin.hearing import arousal_cue, mode_cue
from hardware.twin.profiles import Profile

RELAXING_S = 60.0
WANDERING_S = 90.0
"""Time constant of the arousal that comes and goes by itself."""
REMEMBERED_S = 4.0
"""Music that stopped for longer no longer pulls."""


class Feeling(NamedTuple):
    """State in one second: arousal -1 to 1 (strain is high), relaxation 0 to 1."""

    arousal: float
    relaxation: float


class Mood:
    """The listener's feeling second by second; the same seed and the same music give the same course."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self._profile = profile
        self._noise = np.random.default_rng((seed, 1))
        self._wander = 0.0
        self._pulled = profile.arousal
        self._arousal_cue = self._mode_cue = 0.0
        self._heard_until_s = -1.0
        self._course = [Feeling(profile.arousal, 0.5 - 0.4 * profile.arousal)]

    def hear(self, bar: PlayedBar) -> None:
        """Take in a bar; it pulls from the next second on."""
        self._arousal_cue, self._mode_cue = arousal_cue(bar), mode_cue(bar.notes)
        self._heard_until_s = len(self._course) + bar.beats * 60 / bar.tempo_bpm + REMEMBERED_S

    def at(self, second: int) -> Feeling:
        """The feeling in that second since the beginning; the past does not change."""
        while len(self._course) <= second:
            self._live_on()
        return self._course[second]

    def _live_on(self) -> None:
        profile, before = self._profile, self._course[-1]
        hears = len(self._course) < self._heard_until_s
        gain = profile.music_gain if hears else 0.0
        goal = profile.resting_arousal + gain * self._arousal_cue
        self._pulled += (goal - self._pulled) / profile.settling_s
        kick = profile.restlessness * np.sqrt(2 / WANDERING_S) * self._noise.standard_normal()
        self._wander += float(kick) - self._wander / WANDERING_S
        arousal = min(1.0, max(-1.0, self._pulled + self._wander))
        ease = min(1.0, max(0.0, 0.5 - 0.4 * arousal + 0.2 * gain * self._mode_cue))
        relaxation = before.relaxation + (ease - before.relaxation) / RELAXING_S
        self._course.append(Feeling(arousal, relaxation))
