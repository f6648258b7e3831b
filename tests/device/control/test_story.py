"""What plays when, how loud, and where all are silent for a bar."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.spans import Mood
from device.control.story import Chapter, Scene, Story, chapter_at
from device.messages import VOICES, Phase
from device.music.form import MOVEMENT_BARS, SECTION_BARS
from tests.device.control.listener import config_of

SCENES = st.builds(Scene, st.sampled_from(get_args(Mood)), st.sampled_from(get_args(Phase)))
CALM = Scene("calm", "hold")
BARS = 640
"""Forty minutes."""


def told(seed: int, scene: Scene = CALM) -> list[Chapter]:
    return [chapter_at(seed, bar, scene, 0.0) for bar in range(BARS)]


def playing(chapter: Chapter) -> set[str]:
    return set() if chapter.silent else {voice for voice in VOICES if chapter.voices.get(voice, 1.0) > 0.0}


@given(st.integers(0, 10_000), st.integers(0, 5000), SCENES, st.floats(0.0, 1.0))
def test_the_story_is_slow_and_somebody_plays_in_every_bar_but_a_silent_one(
    seed: int, bar: int, scene: Scene, progress: float
) -> None:
    here, following = (chapter_at(seed, index, scene, progress) for index in (bar, bar + 1))
    assert abs(following.level_db - here.level_db) <= 0.6
    assert -6.0 <= here.level_db <= 1.5
    assert playing(here) or here.silent
    assert not (here.silent and following.silent)


@given(st.integers(0, 10_000), st.integers(1, 600), SCENES)
def test_the_pads_go_on_over_every_join(seed: int, section: int, scene: Scene) -> None:
    join = section * SECTION_BARS
    assert "pad" in playing(chapter_at(seed, join - 1, scene, 0.0)) & playing(chapter_at(seed, join, scene, 0.0))


def test_forty_calm_minutes_have_pads_alone_melody_alone_all_and_a_few_bars_of_silence() -> None:
    for seed in range(20):
        chapters = told(seed)
        lines = {frozenset(playing(chapter)) for chapter in chapters}
        assert {frozenset({"pad"}), frozenset({"melody"}), frozenset(VOICES)} <= lines
        assert 1 <= sum(chapter.silent for chapter in chapters) <= 10
        levels = [sum(chapter.level_db for chapter in chapters[bar : bar + 16]) / 16 for bar in range(0, BARS, 16)]
        assert 3.0 <= max(levels) - min(levels) <= 6.0


def test_no_two_seeds_tell_the_same_story() -> None:
    assert len({tuple(chapter.level_db for chapter in told(seed)) for seed in range(20)}) == 20


@pytest.mark.parametrize("phase", ["baseline", "match", "shift", "cool-down"])
def test_nobody_is_left_alone_outside_the_hold(phase: Phase) -> None:
    chapters = [chapter for seed in range(10) for chapter in told(seed, Scene("calm", phase))]
    assert not any(chapter.silent for chapter in chapters)
    assert all({"melody", "pad", "bass"} <= playing(chapter) for chapter in chapters)


def test_nothing_is_told_while_the_rest_is_measured_and_the_end_thins_out() -> None:
    assert set(map(repr, told(3, Scene("calm", "baseline")))) == {repr(Chapter(0.0, {}, silent=False))}
    end = [chapter_at(3, bar, Scene("calm", "cool-down"), (bar - 40) / 30) for bar in range(40, 70)]
    assert end[-1].level_db < end[0].level_db - 1.5
    assert all("inner" not in playing(chapter) for chapter in end[8:])


def test_lively_music_is_never_left_alone() -> None:
    assert all("melody" in playing(chapter) for seed in range(20) for chapter in told(seed, Scene("lively", "hold")))


def test_what_enters_or_leaves_at_a_join_does_so_over_a_bar() -> None:
    for seed in range(20):
        chapters = told(seed)
        for join in range(SECTION_BARS, BARS, SECTION_BARS):
            before, at, after = (chapters[bar].voices.get("inner", 1.0) for bar in (join - 1, join, join + 1))
            assert at == pytest.approx(0.5 * (before + after))


def test_wishes_count_and_the_story_gives_way_where_it_would_leave_nobody() -> None:
    alone = Chapter(0.0, {"melody": 0.0, "inner": 0.0, "bass": 0.0, "pad": 1.5}, silent=False)
    assert alone.voices_with({"pad": 0.6}, VOICES)["pad"] == pytest.approx(0.9)
    assert alone.voices_with({"pad": 0.0}, VOICES) == {"pad": 0.0}
    assert alone.voices_with({}, ("melody", "bass")) == {}
    assert Chapter(0.0, {}, silent=False).voices_with({"bass": 0.6}, VOICES) == {"bass": 0.6}


def test_the_key_that_comes_is_told_in_the_bar_before_it() -> None:
    story = Story(config_of())
    keys = []
    for bar in range(MOVEMENT_BARS * 4):
        story.tell(bar, "hold", 0.0, -0.7)
        keys.append(story.keys(bar, "major", "major"))
    for here, following in itertools.pairwise(keys):
        changes = here["tonic_pc"] != following["tonic_pc"]
        assert (here["leads_to"] is not None) == changes
        assert not changes or here["leads_to"].tonic_pc == following["tonic_pc"]


def test_a_scene_lasts_to_the_end_of_its_section() -> None:
    story = Story(config_of())
    for bar in range(BARS):
        chapter = story.tell(bar, "hold" if bar < 20 else "cool-down", 0.0, -0.7)
        assert "inner" in playing(chapter) or bar >= 16
