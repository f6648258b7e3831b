import itertools

from device.config import Preference
from device.control.tonality import tonic_at
from device.music.form import SECTION_BARS
from device.music.keys import key_name


def test_the_key_stays_in_a_section_goes_to_a_near_one_and_comes_home() -> None:
    tonics = [tonic_at(3, bar, "major", Preference()) for bar in range(8 * SECTION_BARS + 1)]
    changes = [index for index, (a, b) in enumerate(itertools.pairwise(tonics), start=1) if a != b]
    assert all(index % SECTION_BARS == 0 for index in changes)
    assert {(tonic - tonics[0]) % 12 for tonic in tonics} == {0, 5, 7}
    assert tonics[-1] == tonics[0]


def test_the_seed_chooses_the_home_key() -> None:
    assert len({tonic_at(seed, 0, "minor", Preference()) for seed in range(200)}) == 12


def test_a_key_that_may_never_sound_is_passed_by() -> None:
    home = tonic_at(3, 0, "major", Preference())
    never = Preference(never_keys=(key_name(home, "major"),))
    assert tonic_at(3, 0, "major", never) == (home + 5) % 12
    assert tonic_at(3, 0, "minor", never) == home
