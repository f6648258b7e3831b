"""What people do: say how they feel, wish for something, find it too much, take the headset off, grow tired."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hardware.twin.hearing import Music
from hardware.twin.people import AROUSAL, VALENCE, Flags, Floats, People

GRID_STEP = 0.25
"""The affect grid has nine steps on each axis (Russell, Weiss & Mendelsohn 1989)."""
USUAL_S = 240.0
"""Against the arousal of about so long ago a rise is noticed."""
OFF_S = 90.0
"""For so long the headset is off in the mean."""
MORE_PER_MIN, CALMER_PER_MIN = 0.05, 0.3
TOO_MUCH_PER_MIN, TAKES_OFF_PER_MIN, RESTS_PER_MIN = 2.0, 0.15, 1 / 240
"""How often, at full strain; and how often the headset comes off for no reason."""


class Acts(NamedTuple):
    """What n people did since the last step, shapes (n,)."""

    arousal: Floats
    """Self-report on the affect grid, -1 to 1; NaN: none."""
    valence: Floats
    wished: Floats
    """1 for "more like this", -1 for "too much", 0 for neither."""
    steered: Floats
    """-1 for "calmer", 1 for "livelier", 0 for neither."""


def dislike(people: People, music: Music) -> Floats:
    """How much people dislike what is asked for, 0 to 1, shape (n,)."""
    excess = np.maximum(
        (np.asarray(music.tempo_bpm) - people.too_fast_bpm) / 20.0,
        np.maximum(
            (np.asarray(music.density) - people.too_dense) / 0.2,
            (np.asarray(music.brightness) - people.too_bright) / 0.2,
        ),
    )
    return np.asarray(np.where(music.is_silent, 0.0, np.clip(excess, 0.0, 1.0)))


class Behaviour:
    """What n people do in one session; every step takes the same draws."""

    def __init__(self, people: People, random: np.random.Generator) -> None:
        n = people.settling_s.size
        self._people, self._random = people, random
        self._usual = people.start[AROUSAL].copy()
        self._fatigue = np.zeros(n)
        self.is_worn: Flags = np.ones(n, bool)

    def act(self, felt: Floats, distaste: Floats, since_s: float) -> Acts:
        """What people who feel like this, (2, n), do within `since_s`; who took the headset off does nothing."""
        people, random = self._people, self._random
        chance, error = random.random((5, self._usual.size)), random.standard_normal(felt.shape)
        strain = self._strain(felt[AROUSAL], distaste, since_s)
        minutes = since_s / 60.0
        taps = self.is_worn & (chance[0] < people.taps_per_min * (1 - 0.5 * self._fatigue) * minutes)
        too_much = self.is_worn & (chance[1] < TOO_MUCH_PER_MIN * strain * minutes)
        enjoys = self.is_worn & ~too_much & (felt[VALENCE] > people.home[VALENCE] + 0.1)
        more = enjoys & (chance[2] < MORE_PER_MIN * minutes)
        tense = self.is_worn & (felt[AROUSAL] > people.tolerance - 0.2)
        calmer = tense & (chance[3] < CALMER_PER_MIN * minutes)
        self._turn(strain, chance[4], minutes)
        told = np.clip(felt + people.tap_bias + people.tap_sd * error, -1.0, 1.0)
        arousal, valence = np.where(taps, np.round(told / GRID_STEP) * GRID_STEP, np.nan)
        return Acts(arousal, valence, more.astype(float) - too_much, -calmer.astype(float))

    def _strain(self, arousal: Floats, distaste: Floats, since_s: float) -> Floats:
        """How hard it is to bear, 0 to 1: beyond tolerance, rising, disliked; the tired bear less."""
        people = self._people
        self._fatigue = 1 - (1 - self._fatigue) * np.exp(-since_s / people.tiring_s)
        self._usual = arousal + np.exp(-since_s / USUAL_S) * (self._usual - arousal)
        beyond = arousal - people.tolerance + 0.2 * self._fatigue
        rises = arousal - self._usual - 0.25
        strain = np.maximum(beyond, 0.0) + np.maximum(rises, 0.0) + 0.3 * distaste
        return np.asarray(np.minimum(strain, 1.0))

    def _turn(self, strain: Floats, chance: Floats, minutes: float) -> None:
        """Take the headset off or put it on again."""
        off = (RESTS_PER_MIN + TAKES_OFF_PER_MIN * strain) * minutes
        self.is_worn = np.where(self.is_worn, chance >= off, chance < 60.0 * minutes / OFF_S)
