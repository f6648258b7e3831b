"""How long music stays in one key and character."""

import itertools
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from device.control.spans import FARTHEST_FIFTHS, Mood, mood_of, span_at, spans_of
from device.music.form import MOVEMENT_SECTIONS

MOODS = st.sampled_from(get_args(Mood))


@given(st.integers(0, 10_000), st.integers(0, 40), MOODS)
def test_spans_fill_a_movement_begin_at_home_and_change_with_each(seed: int, movement: int, mood: Mood) -> None:
    spans = spans_of(seed, movement, mood)
    firsts = [span.first for span in spans]
    lengths = [end - first for first, end in zip(firsts, [*firsts[1:], MOVEMENT_SECTIONS], strict=True)]
    assert min(lengths) >= 2
    assert spans[0].fifths == 0
    assert spans[-1].fifths <= 1
    for before, after in itertools.pairwise(spans):
        assert before.character != after.character
        assert abs(before.fifths - after.fifths) <= 1
        assert 0 <= after.fifths <= FARTHEST_FIFTHS


@given(st.integers(0, 10_000), MOODS)
def test_music_begins_as_usual(seed: int, mood: Mood) -> None:
    assert span_at(seed, 0, 0, mood).character == span_at(seed, 0, 1, mood).character == "usual"


def _lengths(mood: Mood) -> float:
    found = [spans_of(seed, movement, mood) for seed in range(60) for movement in range(10)]
    return MOVEMENT_SECTIONS * len(found) / sum(map(len, found))


def _share(mood: Mood, character: str) -> float:
    found = [span_at(seed, movement, number, mood) for seed in range(30) for movement in range(10) for number in (0, 7)]
    return sum(span.character == character for span in found) / len(found)


def test_lively_music_moves_on_sooner_and_is_fuller_than_calm() -> None:
    assert _lengths("calm") > _lengths("even") > _lengths("lively")
    assert _share("calm", "thin") > _share("even", "thin") > _share("lively", "thin")
    assert _share("calm", "full") < _share("even", "full") < _share("lively", "full")


def test_spans_differ_from_seed_to_seed() -> None:
    assert len({tuple(spans_of(seed, 0, "calm")) for seed in range(40)}) > 8


def test_the_mood_is_that_of_the_arousal() -> None:
    assert [mood_of(arousal) for arousal in (-0.7, 0.0, 0.6)] == ["calm", "even", "lively"]
