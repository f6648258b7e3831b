"""The long-range plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music.form import MOVEMENT_BARS, place_of

SEEDS = st.integers(0, 2**31)


@given(SEEDS, st.integers(0, 5000), st.booleans())
def test_what_returns_was_there_before_in_the_same_movement(seed: int, bar: int, has_theme: bool) -> None:
    place = place_of(seed, bar, has_theme=has_theme)
    assert place == place_of(seed, bar, has_theme=has_theme)
    assert place.bar == bar % 8
    if place.refers_to is None:
        assert place.likeness == "new" or place.theme_bar is not None
    else:
        assert bar - bar % MOVEMENT_BARS <= place.refers_to < bar
        assert place.likeness != "new"


@given(SEEDS)
def test_a_letter_that_returns_refers_to_the_same_bar_of_its_last_appearance(seed: int) -> None:
    places = [place_of(seed, bar) for bar in range(MOVEMENT_BARS)]
    seen: dict[str, int] = {}
    for bar, place in enumerate(places):
        if place.section in seen and bar // 8 * 8 != seen[place.section]:
            assert place.refers_to == seen[place.section] + place.bar
        if place.bar == 7:
            seen[place.section] = bar - 7


@pytest.mark.parametrize("seed", range(20))
def test_phrases_close_every_fourth_bar_and_a_movement_ends_fully(seed: int) -> None:
    places = [place_of(seed, bar) for bar in range(MOVEMENT_BARS)]
    assert all((place.close == "none") == (place.bar not in (3, 7)) for place in places)
    assert places[-1].close == "full"
    assert {place.section for place in places} >= {"A", "B", "C"}


def test_movements_differ() -> None:
    forms = {tuple(place_of(3, movement * 64 + bar).section for bar in range(64)) for movement in range(20)}
    assert len(forms) > 2


def test_the_listeners_theme_opens_every_movement() -> None:
    opening = place_of(1, MOVEMENT_BARS, has_theme=True)
    assert (opening.theme_bar, opening.refers_to) == (0, None)
    assert place_of(1, 0, has_theme=True).likeness == "close"
    assert place_of(1, 0).theme_bar is None
