"""The virtual patient: one person with a brain, a heart and a mood that music moves, all from one seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.messages import PlayedBar
from hardware.twin.artefacts import ARTEFACTS
from hardware.twin.behaviour import Acts
from hardware.twin.brain import MONTAGE, SFREQ_HZ, Brain
from hardware.twin.heart import Heart
from hardware.twin.mood import Feeling, Mood
from hardware.twin.profiles import Profile

SLIPPED_S = 25.0
"""For so long a wristband that slipped feels no skin, in the mean."""


class Band:
    """Whether a wristband feels skin, second by second: it slips by chance and is put right after a while."""

    def __init__(self, slips_per_min: float, random: np.random.Generator) -> None:
        self._slips_per_min, self._random = slips_per_min, random
        self._touched = [True]

    def is_touched(self, second: int) -> bool:
        """The past does not change."""
        while len(self._touched) <= second:
            chance = self._random.random()
            slips = chance < self._slips_per_min / 60.0
            self._touched.append(not slips if self._touched[-1] else chance < 1 / SLIPPED_S)
        return self._touched[second]


class Patient:
    """Same seed, profile and music, same body, sample by sample."""

    montage: tuple[str, ...] = MONTAGE
    has_rr = True

    def __init__(self, seed: int, profile: Profile) -> None:
        self._mood = Mood(seed, profile)
        self._brain = Brain(seed, profile, self._mood)
        self._heart = Heart(seed, profile, self._mood)
        self._loose = np.random.default_rng((seed, 4, profile.number))
        self._band = Band(profile.slips_per_min, np.random.default_rng((seed, 5, profile.number)))

    def eeg(self, first_sample: int, n_samples: int) -> NDArray[np.float64]:
        """EEG in uV, shape (n_samples, 8), channels `brain.MONTAGE`, at 250 Hz; asked for in rising order."""
        eeg = self._brain.samples(first_sample, n_samples)
        if self._mood.is_worn(first_sample // SFREQ_HZ):
            return eeg
        return ARTEFACTS["loose"](eeg, SFREQ_HZ, self._loose)

    def heartbeats(self, until_s: float) -> list[float]:
        """RR intervals (ms) of the beats since the last call, up to `until_s` seconds of the patient's life."""
        return self._heart.beats(until_s)

    def is_touched(self, second: int) -> bool:
        """Whether the wristband feels skin."""
        return self._band.is_touched(second)

    def hear(self, bar: PlayedBar) -> None:
        self._mood.hear(bar)

    def acts(self, until_s: float) -> list[Acts]:
        """What they did since the last call, up to `until_s` seconds of their life, by the second."""
        return self._mood.take_acts(int(until_s))

    def feeling(self, second: int) -> Feeling:
        """The truth, which no sensor tells: for tests and benches."""
        return self._mood.at(second)
