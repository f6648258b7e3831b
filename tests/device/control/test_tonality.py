import itertools

from hypothesis import given
from hypothesis import strategies as st

from device.config import Preference
from device.control.spans import Mood
from device.control.tonality import tonic_at
from device.music.form import MOVEMENT_BARS, SECTION_BARS
from device.music.keys import key_name

FORTY_MINUTES_BARS = 632
MOOD: Mood = "calm"


def changes(seed: int) -> list[int]:
    tonics = [tonic_at(seed, bar, "major", MOOD, Preference()) for bar in range(FORTY_MINUTES_BARS)]
    return [index for index, (a, b) in enumerate(itertools.pairwise(tonics), start=1) if a != b]


@given(st.integers(0, 500))
def test_the_key_stays_in_a_section_goes_a_fifth_away_and_comes_home(seed: int) -> None:
    tonics = [tonic_at(seed, bar, "major", MOOD, Preference()) for bar in range(FORTY_MINUTES_BARS)]
    assert all(index % SECTION_BARS == 0 for index in changes(seed))
    assert all((b - a) % 12 in (0, 5, 7) for a, b in itertools.pairwise(tonics))
    assert {tonics[bar] for bar in range(0, FORTY_MINUTES_BARS, MOVEMENT_BARS)} == {tonics[0]}


def test_when_keys_change_differs_from_seed_to_seed_and_is_no_fixed_span() -> None:
    all_changes = [changes(seed) for seed in range(30)]
    assert len({tuple(found) for found in all_changes}) == 30
    assert all(6 <= len(found) <= 32 for found in all_changes)
    spans = [b - a for found in all_changes for a, b in itertools.pairwise(found)]
    assert len(set(spans)) >= 6


def test_minor_leads_down_more_often_than_major() -> None:
    def away_up(mode: str) -> int:
        found = [(tonic_at(seed, bar, mode, MOOD, Preference()) - tonic_at(seed, 0, mode, MOOD, Preference())) % 12  # type: ignore[arg-type]
                 for seed in range(40) for bar in range(0, MOVEMENT_BARS, SECTION_BARS)]  # fmt: skip
        return found.count(7)

    assert away_up("minor") < away_up("major")


def test_the_seed_chooses_the_home_key() -> None:
    assert len({tonic_at(seed, 0, "minor", MOOD, Preference()) for seed in range(200)}) == 12


def test_a_key_that_may_never_sound_is_passed_by() -> None:
    home = tonic_at(3, 0, "major", MOOD, Preference())
    never = Preference(never_keys=(key_name(home, "major"),))
    assert tonic_at(3, 0, "major", MOOD, never) == (home + 5) % 12
    assert tonic_at(3, 0, "minor", MOOD, never) == home
