"""How the virtual patient feels: arousal and relaxation, once a second, pulled slowly by what is heard.

A deliberately simple first physiology. Cue weights follow Eerola, Friberg & Bresin 2013 (cues add up, no interactions):
tempo, density, loudness, register and brightness move arousal; mode moves relaxation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.messages import TICKS_PER_BEAT, Note, PlayedBar
from hardware.twin.profiles import Profile

RELAXING_S = 60.0
WANDERING_S = 90.0
"""Time constant of the arousal that comes and goes by itself."""
REMEMBERED_S = 4.0
"""Music that stopped for longer no longer pulls."""
_STEPS = np.arange(12)
_MAJOR = np.array([1, 0, 0.3, 0, 0.8, 0.4, 0, 0.8, 0, 0.4, 0, 0.3])
_MINOR = np.array([1, 0, 0.3, 0.8, 0, 0.4, 0, 0.8, 0.4, 0, 0.3, 0])


class Feeling(NamedTuple):
    """State in one second: arousal -1 to 1 (strain is high), relaxation 0 to 1."""

    arousal: float
    relaxation: float


def arousal_cue(bar: PlayedBar) -> float:
    """What a bar suggests: -1 (slow, sparse, soft, low, dull) to 1."""
    density = len(bar.notes) / max(1, bar.beats)
    register = float(np.mean([note.pitch for note in bar.notes])) if bar.notes else 62.0
    cues = (
        (0.35, (bar.tempo_bpm - 84) / 36),
        (0.20, (density - 2) / 2),
        (0.25, (bar.loudness_db + 12) / 12),
        (0.10, (register - 62) / 15),
        (0.10, 2 * bar.brightness - 1),
    )
    return sum(weight * min(1.0, max(-1.0, cue)) for weight, cue in cues)


def mode_cue(notes: tuple[Note, ...]) -> float:
    """-1 (minor) to 1 (major), from how long each pitch class sounds; 0 without notes."""
    if not notes:
        return 0.0
    sounding = np.zeros(12)
    for note in notes:
        sounding[note.pitch % 12] += note.duration_tick / TICKS_PER_BEAT
    keys = (_STEPS[:, None] + _STEPS) % 12
    major, minor = (float((sounding[keys] @ profile).max()) for profile in (_MAJOR, _MINOR))
    return float(np.clip(6 * (major - minor) / (major + minor), -1, 1))


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
