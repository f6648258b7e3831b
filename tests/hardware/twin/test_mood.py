from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Note, PlayedBar
from hardware.twin.cohort import Cohort
from hardware.twin.hearing import Heard, arousal_cue, heard_in, mode_cue
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES, Profile, person
from tests.hardware.music import CALM, LIVELY, played

STEADY = {name: profile._replace(restlessness=0.0) for name, profile in PROFILES.items()}


def listen(profile: Profile, bar: PlayedBar | None, seconds: int, seed: int = 1) -> Mood:
    """A mood after it heard the same bar again and again."""
    mood = Mood(seed, profile)
    for second in range(0, seconds, 4):
        if bar is not None:
            mood.hear(bar)
        mood.at(second + 4)
    return mood


@given(st.floats(20, 300), st.floats(-60, 0), st.integers(1, 48), st.floats(0, 1), st.lists(st.integers(0, 127)))
def test_cues_stay_on_their_axes(
    tempo: float, loudness: float, n_notes: int, bright: float, pitches: list[int]
) -> None:
    bar = played(tempo, loudness, n_notes, tuple(pitches) or (60,), bright)
    assert -1 <= arousal_cue(bar) <= 1
    assert -1 <= mode_cue(bar.notes) <= 1


def test_slow_soft_sparse_music_suggests_calm() -> None:
    assert arousal_cue(CALM) < -0.4
    assert arousal_cue(LIVELY) > 0.4


def test_mode_is_heard_from_the_notes_in_any_key() -> None:
    for tonic in range(48, 60):
        major, minor = (
            mode_cue(tuple(Note(0, 24, tonic + step, 70, "melody") for step in triad))
            for triad in ((0, 4, 7), (0, 3, 7))
        )
        assert major > 0.1 > -0.1 > minor
    assert mode_cue(()) == 0.0


def test_music_moves_the_responder_within_minutes_not_seconds() -> None:
    mood = listen(STEADY["responder"], CALM, 600)
    start = mood.at(0).arousal
    assert start - mood.at(8).arousal < 0.15
    assert start - mood.at(300).arousal > 0.4
    assert mood.at(600).relaxation > mood.at(0).relaxation + 0.2
    assert listen(STEADY["responder"], LIVELY, 300).at(300).arousal > start


def test_the_non_responder_is_not_moved() -> None:
    profile = PROFILES["non-responder"]
    courses = [listen(profile, bar, 300).at(300) for bar in (CALM, LIVELY, None)]
    assert courses[0] == courses[1] == courses[2]


def test_after_the_music_ends_its_pull_ends() -> None:
    mood = listen(STEADY["guest"], CALM, 300)
    assert mood.at(1500).arousal == pytest.approx(STEADY["guest"].resting_arousal, abs=0.02)


def test_the_past_does_not_change() -> None:
    mood = listen(PROFILES["restless"], CALM, 60)
    course = [mood.at(second) for second in range(60)]
    mood.hear(LIVELY)
    mood.at(200)
    assert [mood.at(second) for second in range(60)] == course


def test_the_restless_listener_wanders_more() -> None:
    def spread(name: str) -> float:
        arousals = [Mood(seed, PROFILES[name]).at(300).arousal for seed in range(20)]
        return max(arousals) - min(arousals)

    assert spread("restless") > 2 * spread("responder")


def lived(profile: Profile, seed: int, step_s: int, seconds: int = 320) -> np.ndarray:
    """The arousal of the cohort of one that the named listener is, who hears lively music and then calm."""
    cohort = Cohort(profile.family, 1, seed, shard=profile.number, people=person(seed, profile))
    course = []
    dislikes = Mood(seed, profile)._dislike
    for second in range(0, seconds, step_s):
        bar = LIVELY if second < seconds / 2 else CALM
        cohort.feel(Heard(*(np.array([value]) for value in heard_in(bar))), dislikes(bar), float(step_s))
        course.append(float(cohort.arousal[0]))
    return np.array(course)


def heard_live(profile: Profile, seed: int, seconds: int = 320) -> np.ndarray:
    """The same in the full form, second by second."""
    mood = Mood(seed, profile)
    for second in range(seconds):
        mood.hear(LIVELY if second < seconds / 2 else CALM)
        mood.at(second + 1)
    return np.array([mood.at(second).arousal for second in range(1, seconds + 1)])


@pytest.mark.parametrize("name", ["responder", "opposite", "two-moods", "habituating", "calm"])
def test_the_full_form_and_the_fast_one_take_the_same_course(name: str) -> None:
    profile = PROFILES[name]
    for seed in range(3):
        np.testing.assert_array_equal(heard_live(profile, seed), lived(profile, seed, 1))
    steady = STEADY[name]
    np.testing.assert_allclose(heard_live(steady, 1)[3::4], lived(steady, 1, 4), atol=0.03)


def test_listeners_differ_in_how_they_answer_calm_music() -> None:
    moved = {name: listen(STEADY[name], CALM, 400).at(400).arousal - STEADY[name].arousal for name in STEADY}
    alone = {name: listen(STEADY[name], None, 400).at(400).arousal - STEADY[name].arousal for name in STEADY}
    assert moved["responder"] < alone["responder"] - 0.3
    assert moved["opposite"] > alone["opposite"] + 0.2
    assert moved["non-responder"] == alone["non-responder"]
    assert abs(moved["habituating"] - alone["habituating"]) < 0.5 * abs(moved["responder"] - alone["responder"])


def test_of_a_blind_listener_the_body_shows_nothing_and_words_do() -> None:
    mood = listen(PROFILES["blind"], CALM, 600)
    assert mood.shown(600) == mood.shown(0)
    assert mood.at(600).arousal < mood.at(0).arousal - 0.3
    told = [act.arousal[0] for act in mood.take_acts(600) if not np.isnan(act.arousal[0])]
    assert len(told) > 3
    assert told[-1] < told[0]


def test_the_sensitive_listener_says_that_it_is_too_much_and_takes_the_headset_off() -> None:
    moods = [listen(PROFILES["sensitive"], LIVELY, 900, seed) for seed in range(4)]
    assert any(act.wished[0] < 0 for mood in moods for act in mood.take_acts(900))
    assert not all(mood.is_worn(second) for mood in moods for second in range(900))
    quiet = listen(PROFILES["guest"], LIVELY, 900)
    assert quiet.take_acts(900) == []
    assert all(quiet.is_worn(second) for second in range(900))
