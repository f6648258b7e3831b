"""How the virtual patient feels, once a second: one person of the twin's dynamics who hears real bars.

The dynamics, the person and what they do are those of `cohort`, for one listener: what is measured over thousands holds
for whoever wears the emulated sensors. Second by second it is the same to the bit; in the cohort's steps of four
seconds what is heard pulls them the same way within 0.03 (tests/hardware/twin/test_mood.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from device.messages import PlayedBar
from hardware.twin.behaviour import Acts, dislike
from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Heard, Music, heard_in
from hardware.twin.people import Floats
from hardware.twin.profiles import Profile, person

RELAXING_S = 60.0
REMEMBERED_S = 4.0
"""Music that stopped for longer no longer pulls."""
SILENCE = Heard(0.0, 0.0, True)


class Feeling(NamedTuple):
    """State in one second: arousal and valence -1 to 1 (strain is high), relaxation 0 to 1."""

    arousal: float
    valence: float
    relaxation: float


class Mood:
    """The listener's feeling second by second; the same seed and the same music give the same course."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self._cohort = Cohort(profile.family, 1, seed, shard=profile.number, people=person(seed, profile))
        self._profile = profile
        self._heard, self._distaste, self._heard_until_s = SILENCE, np.zeros(1), -1.0
        self._acts: list[Acts] = []
        arousal, valence = self._felt()
        self._course = [Feeling(arousal, valence, 0.5 - 0.4 * arousal)]
        self._worn = [True]

    def hear(self, bar: PlayedBar) -> None:
        """Take in a bar; it pulls from the next second on."""
        self._heard, self._distaste = heard_in(bar), self._dislike(bar)
        self._heard_until_s = len(self._course) + bar.beats * 60 / bar.tempo_bpm + REMEMBERED_S

    def at(self, second: int) -> Feeling:
        """The feeling in that second since the beginning; the past does not change."""
        while len(self._course) <= second:
            self._live_on()
        return self._course[second]

    def shown(self, second: int) -> Feeling:
        """What the body shows of it: of whom no sensor tells anything, how the session found them."""
        feeling = self.at(second)
        return self._course[0] if self._profile.is_blind else feeling

    def is_worn(self, second: int) -> bool:
        """Whether the headset is on."""
        self.at(second)
        return self._worn[second]

    def take_acts(self, second: int) -> list[Acts]:
        """What the listener did up to that second, since it was asked before."""
        self.at(second)
        acts, self._acts = self._acts, []
        return acts

    def _live_on(self) -> None:
        hears = len(self._course) < self._heard_until_s
        heard, distaste = (self._heard, self._distaste) if hears else (SILENCE, np.zeros(1))
        if self._profile.speaks:
            self._acts.append(self._cohort.hear(_for_one(heard), distaste, 1.0))
        else:
            self._cohort.feel(_for_one(heard), distaste, 1.0)
        self._worn.append(bool(self._cohort.is_worn[0]))
        arousal, valence = self._felt()
        ease = min(1.0, max(0.0, 0.5 - 0.4 * arousal + 0.2 * valence))
        before = self._course[-1].relaxation
        self._course.append(Feeling(arousal, valence, before + (ease - before) / RELAXING_S))

    def _felt(self) -> tuple[float, float]:
        return float(self._cohort.arousal[0]), float(self._cohort.valence[0])

    def _dislike(self, bar: PlayedBar) -> Floats:
        """0 to 1: for its tempo and brightness, and for instruments."""
        people = self._cohort.people
        plays = {bar.programs[note.voice] // 8 for note in bar.notes if note.voice in bar.programs}
        asked = Music(bar.tempo_bpm, 0.0, 0.0, 0.0, bar.brightness, 0.0, True, not bar.notes)
        hated = np.array([float(family in plays) for family in people.disliked_family])
        return np.asarray(np.maximum(dislike(people, asked), hated))


def _for_one(heard: Heard) -> Heard:
    return Heard(*(np.array([value]) for value in heard))
