"""Copies of a cohort live the same lives unless they hear other music."""

from __future__ import annotations

import numpy as np

from device.config import Limits
from device.control.cues import cues_of
from device.control.plan.session_plan import State
from export.control.copies import Copies
from hardware.simulation.closed_loop import Music
from hardware.simulation.patients import Patients

FAMILIES, N = ("ising", "opposite"), 5


def lived(arousal: list[float], sessions: int = 2) -> np.ndarray:
    """Arousal at the end, shape (copies, people), where each copy hears music of one arousal."""
    people = Patients(Copies(FAMILIES, N, 1, "good", has_loss=True, shard=0, copies=len(arousal)))
    level = np.repeat(arousal, len(FAMILIES) * N)
    music = Music(cues_of(State(np.zeros_like(level), level), Limits()), level > -2, level < -2)
    for session in range(sessions):
        if session:
            people.next_session()
        for _ in range(40):
            people.hear(music, 4.0)
    return np.asarray(people.state.arousal).reshape(len(arousal), -1)


def test_copies_that_hear_the_same_live_the_same_to_the_bit() -> None:
    one, other = lived([-0.5, -0.5])
    assert np.array_equal(one, other)
    assert len(set(one)) == len(one), "and the people of one copy are people of their own"


def test_a_copy_lives_as_it_would_alone() -> None:
    assert np.array_equal(lived([-0.5, 0.5])[1], lived([0.5])[0])


def test_copies_that_hear_other_music_part() -> None:
    calm, lively = lived([-0.8, 0.8])
    assert np.mean(calm != lively) > 0.5, "all but those whom music does not move"
