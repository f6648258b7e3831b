"""People of the twin as the loop meets them: music goes in as cues, and out comes what a box would know of them."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt

from device.control.plan.session_plan import State
from device.control.policies.view import Feeling
from hardware.simulation import closed_loop
from hardware.simulation.words import Words
from hardware.twin.behaviour import Acts
from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Music
from hardware.twin.people import FAMILIES
from hardware.twin.reading import Quality

QUALITIES: tuple[Quality, ...] = get_args(Quality)
__all__ = ["FAMILIES", "QUALITIES", "Patients"]


class Patients:
    """A shard of people, session after session."""

    def __init__(self, cohort: Cohort) -> None:
        self._cohort = cohort
        self.n_listeners = cohort.n
        self._words = Words(cohort.n)

    @property
    def is_blind(self) -> npt.NDArray[np.bool_]:
        """Whose sensors say nothing of them."""
        return self._cohort.is_blind

    @property
    def state(self) -> State:
        """How they truly feel."""
        return State(self._cohort.valence, self._cohort.arousal)

    def next_session(self) -> None:
        """The same people on another day."""
        self._cohort.next_session()
        self._words = Words(self.n_listeners)

    def hear(self, music: closed_loop.Music, since_s: float) -> closed_loop.Told:
        """Live on with the music."""
        feeling, acts = self.live(asked_of(music), since_s)
        return closed_loop.Told(feeling, acts.arousal, acts.wished)

    def live(self, music: Music, since_s: float) -> tuple[Feeling, Acts]:
        """Live on with any music: what is known of them then, and what they do."""
        reading, acts = self._cohort.step(music, since_s)
        return self._words.over(Feeling(*reading), acts.arousal, acts.valence, since_s), acts


def asked_of(music: closed_loop.Music) -> Music:
    """The loop's music as the twin hears it."""
    return Music(*music.cues, music.major, music.silent, music.target_valence)
