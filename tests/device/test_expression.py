"""TABLE 4: what each cue does for valence and arousal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.expression import CUES

axes = st.floats(-1.0, 1.0)


@pytest.mark.parametrize("name", CUES)
def test_a_cue_stays_between_its_ends_and_names_who_says_so(name: str) -> None:
    cue = CUES[name]
    assert abs(cue.valence) + abs(cue.arousal) <= 1.0
    assert cue.source


@given(st.sampled_from(sorted(CUES)), st.floats(-9.0, 9.0), axes)
def test_what_is_bounded_is_so_whatever_is_asked(name: str, valence: float, arousal: float) -> None:
    cue = CUES[name]
    assert min(cue.low, cue.high) <= cue.bounded(valence, arousal) <= max(cue.low, cue.high)


@given(st.sampled_from(sorted(CUES)), axes, axes)
def test_the_way_back_tells_how_far_a_cue_was_moved(name: str, valence: float, arousal: float) -> None:
    cue = CUES[name]
    told = cue.valence * valence + cue.arousal * arousal
    assert cue.share(cue.at(valence, arousal)) == pytest.approx(told, abs=1e-6)


def test_the_large_cues_of_arousal_are_moved_little_by_valence() -> None:
    for name in ("log2_tempo", "density", "loudness_db", "articulation"):
        assert abs(CUES[name].arousal) >= 4 * abs(CUES[name].valence), name
