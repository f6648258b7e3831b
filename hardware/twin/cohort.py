"""A cohort: thousands of virtual listeners in a session, of one family, seed and shard; the fast form of the twin."""

from __future__ import annotations

from typing import Final

import numpy as np

from hardware.twin import dynamics
from hardware.twin.behaviour import Acts, Behaviour, dislike
from hardware.twin.hearing import Heard, Hearing, Music
from hardware.twin.people import AROUSAL, VALENCE, Flags, Floats, People, draw_people, grow_older, keyed
from hardware.twin.reading import Quality, Reading, Sensors, draw_skill

WHO, SKILL, DAY, LIFE, EARS, ACTS, SENSORS = range(7)
"""What a generator is for: each purpose has its own, so that no part disturbs another's draws."""


class Cohort:
    """`n` people of `family`, read by sensors of a quality; the same for the same arguments, wherever computed.

    `people` are those of this session. `session` counts from 0: the same people come again, on another day.
    """

    def __init__(
        self,
        family: str,
        n: int,
        seed: int,
        quality: Quality = "good",
        has_loss: bool = False,
        session: int = 0,
        shard: int = 0,
        people: People | None = None,
    ) -> None:
        self.n: Final = n
        self._key, self._quality, self._has_loss = (seed, family, shard), quality, has_loss
        self.people = draw_people(family, n, keyed(*self._key, WHO)) if people is None else people
        self._skill = draw_skill(n, self._draws(SKILL), quality).blinded(self.people.is_blind)
        self.session = 0
        for _ in range(session):
            self._wake()
        self._sit_down()

    def next_session(self) -> None:
        """The same people come again: their own home, gain and skill, but another day."""
        self._wake()
        self._sit_down()

    def _draws(self, *purpose: int) -> np.random.Generator:
        """The generator for a purpose."""
        return keyed(*self._key, *purpose)

    def _wake(self) -> None:
        self.session += 1
        self.people = grow_older(self.people, self._draws(DAY, self.session))

    def _sit_down(self) -> None:
        life, ears, acts, sensors = (self._draws(part, self.session) for part in (LIFE, EARS, ACTS, SENSORS))
        self._random = life
        self._state = dynamics.begin(self.people, life.standard_normal((2, self.n)))
        self._hearing = Hearing(self.n, ears)
        self._behaviour = Behaviour(self.people, acts)
        self._sensors = Sensors(self.n, sensors, self._quality, self._has_loss, self._skill)
        self._felt = dynamics.felt(self.people, self._state)

    @property
    def arousal(self) -> Floats:
        """How they truly feel, -1 to 1, shape (n,); no sensor tells it."""
        return np.asarray(self._felt[AROUSAL])

    @property
    def valence(self) -> Floats:
        return np.asarray(self._felt[VALENCE])

    @property
    def is_blind(self) -> Flags:
        """Whose arousal no sensor tells: every source reads them at chance."""
        return np.asarray(self._skill.is_blind.all(axis=0))

    @property
    def is_worn(self) -> Flags:
        """Whether they wear the headset; who does not hears nothing."""
        return self._behaviour.is_worn

    def step(self, music: Music, since_s: float) -> tuple[Reading, Acts]:
        """Live `since_s` with a bar of music: what the sensors say at its end, and what was done meanwhile."""
        acts = self.hear(self._hearing.hear(music), dislike(self.people, music), since_s)
        reading = self._sensors.read(self.arousal, self.valence, since_s)
        return _without(reading, self.is_worn), acts

    def hear(self, heard: Heard, distaste: Floats, since_s: float) -> Acts:
        """Live `since_s` with what is heard, whatever was asked for: what was done meanwhile."""
        self.feel(self._through_headset(heard), np.where(self.is_worn, distaste, 0.0), since_s)
        return self._behaviour.act(self._felt, distaste, since_s)

    def feel(self, heard: Heard, distaste: Floats, since_s: float) -> None:
        """The dynamics alone: whatever was asked for, and whoever wears the headset."""
        drawn = self._random.standard_normal((2, self.n))
        state = dynamics.follow(self.people, self._state, heard, distaste, since_s)
        self._state = state._replace(wander=dynamics.wander(self.people, state.wander, since_s, drawn))
        self._felt = dynamics.felt(self.people, self._state)

    def _through_headset(self, heard: Heard) -> Heard:
        worn = self.is_worn
        arousal, valence = np.where(worn, heard.arousal, 0.0), np.where(worn, heard.valence, 0.0)
        return Heard(arousal, valence, np.where(worn, heard.is_silent, True))


def _without(reading: Reading, worn: Flags) -> Reading:
    """Nothing is known of who wears no sensors."""
    known = reading.known & worn
    return Reading(
        known,
        np.where(known, reading.arousal, 0.0),
        np.where(known, reading.arousal_sd, 1.0),
        np.where(known, reading.valence, 0.0),
        np.where(known, reading.valence_sd, 1.0),
    )
