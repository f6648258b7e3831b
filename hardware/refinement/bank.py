"""People of all families, as likely as they are held to be before anything is known, and as the box meets them."""

from __future__ import annotations

import numpy as np

from device.control.plan.session_plan import State
from device.control.policies.view import Feeling
from hardware.simulation import closed_loop
from hardware.simulation.words import Words
from hardware.twin.behaviour import Acts
from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Music
from hardware.twin.people import FAMILIES, People, draw_people, keyed

PRIOR = {
    "ornstein-uhlenbeck": 0.3,
    "bounded": 0.2,
    "ising": 0.15,
    "habituating": 0.15,
    "no-effect": 0.1,
    "opposite": 0.1,
}
"""How common each family is held to be before anything is known."""
FAMILY = "bank"
"""Keys the draws: the people are of all families."""


def draw_bank(n: int, seed: int) -> People:
    """About `n` people of all families by `PRIOR`."""
    drawn = []
    for family in FAMILIES:
        count = max(1, round(n * PRIOR[family]))
        drawn.append(draw_people(family, count, keyed(seed, family, 0)))
    return People(*(np.concatenate(parts, axis=-1) for parts in zip(*drawn, strict=True)))


class Kept:
    """People of the bank, session after session."""

    def __init__(self, people: People, seed: int) -> None:
        self.n_listeners = people.settling_s.size
        self._cohort = Cohort(FAMILY, self.n_listeners, seed, people=people)
        self._words = Words(self.n_listeners)

    @property
    def state(self) -> State:
        """How they truly feel."""
        return State(self._cohort.valence, self._cohort.arousal)

    def next_session(self) -> None:
        """The same people on another day."""
        self._cohort.next_session()
        self._words = Words(self.n_listeners)

    def hear(self, music: closed_loop.Music, since_s: float) -> closed_loop.Told:
        """Live on with the music that the loop asks for."""
        feeling, acts = self.live(asked_of(music), since_s)
        return closed_loop.Told(feeling, acts.arousal, acts.wished)

    def live(self, music: Music, since_s: float) -> tuple[Feeling, Acts]:
        """Live on with any music: what is known of them then, and what they do."""
        reading, acts = self._cohort.step(music, since_s)
        return self._words.over(Feeling(*reading), acts.arousal, acts.valence, since_s), acts


def asked_of(music: closed_loop.Music) -> Music:
    """The loop's music as the twin hears it."""
    return Music(*music.cues, music.major, music.silent, music.target_valence)
