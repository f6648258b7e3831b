from __future__ import annotations

import numpy as np
import pytest

from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Music
from hardware.twin.people import FAMILIES

CALM = Music(60.0, 0.25, 56.0, -18.0, 0.3, 0.95, is_major=True)
LIVELY = Music(118.0, 0.8, 74.0, -3.0, 0.85, 0.5, is_major=True)
SILENCE = CALM._replace(is_silent=True)


def listen(cohort: Cohort, music: Music, minutes: float = 10.0) -> Cohort:
    asked = Music(*(np.full(cohort.n, cue) for cue in music))
    for _ in range(round(minutes * 15)):
        cohort.step(asked, 4.0)
    return cohort


def effect(family: str) -> float:
    """How much lower arousal is after lively than after calm music, in standard deviations of the people."""
    calm, lively = (listen(Cohort(family, 400, 1), music) for music in (CALM, LIVELY))
    return float((lively.arousal - calm.arousal).mean() / calm.arousal.std())


@pytest.mark.parametrize("family", FAMILIES)
def test_feelings_stay_on_their_scales_and_readings_are_numbers(family: str) -> None:
    cohort = Cohort(family, 200, 3, "poor", has_loss=True)
    for number in range(300):
        music = Music(*(np.full(200, cue) for cue in (LIVELY, SILENCE, CALM)[number % 3]))
        reading, acts = cohort.step(music, 4.0)
        assert np.all(np.abs([cohort.arousal, cohort.valence]) <= 1)
        assert all(np.isfinite(part).all() for part in reading)
        assert not reading.known[~cohort.is_worn].any()
        assert set(np.unique(acts.wished)) <= {-1.0, 0.0, 1.0}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_family_shard_and_session_are_the_same_people(family: str) -> None:
    one, same, later = Cohort(family, 50, 7), Cohort(family, 50, 7), Cohort(family, 50, 7, session=2)
    one.next_session()
    listen(one, CALM, 1)
    one.next_session()
    for cohort in (one, later):
        listen(cohort, CALM, 2)
    np.testing.assert_array_equal(one.arousal, later.arousal)
    assert not np.array_equal(listen(same, CALM, 2).arousal, later.arousal)
    assert not np.array_equal(Cohort(family, 50, 7, shard=1).arousal, Cohort(family, 50, 7).arousal)


def test_all_policies_meet_the_same_noise() -> None:
    calm, silent = (listen(Cohort("no-effect", 100, 2), music) for music in (CALM, SILENCE))
    np.testing.assert_array_equal(calm.arousal, silent.arousal)


def test_music_moves_those_it_should() -> None:
    assert effect("ornstein-uhlenbeck") > 0.5
    assert effect("bounded") > 0.5
    assert effect("ising") > 0.5
    assert 0 < effect("habituating") < effect("ornstein-uhlenbeck")
    assert effect("no-effect") == 0
    assert effect("opposite") < -0.5
