import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music.instruments import NAMES, SHORT, find_instrument


def test_every_general_midi_program_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == 128
    assert (NAMES[0], NAMES[42], NAMES[73], NAMES[127]) == ("acoustic grand piano", "cello", "flute", "gunshot")
    assert all(find_instrument(name) == (number, "") for number, name in enumerate(NAMES))


@pytest.mark.parametrize(("word", "program"), [("42", 42), (" Cello ", 42), ("church_organ", 19), *SHORT.items()])
def test_names_numbers_and_what_people_say_are_understood(word: str, program: int) -> None:
    assert find_instrument(word) == (program, "")


@pytest.mark.parametrize(("word", "name"), [("celo", "cello"), ("vibraphon", "vibraphone"), ("grand", "acoustic")])
def test_the_nearest_name_is_taken_and_said(word: str, name: str) -> None:
    program, remark = find_instrument(word)
    assert NAMES[program].startswith(name)
    assert word in remark
    assert name in remark


@pytest.mark.parametrize("word", ["", "128", "-1", "xyzzy", "９９９"])
def test_what_is_like_nothing_is_refused(word: str) -> None:
    with pytest.raises(LookupError, match="no instrument"):
        find_instrument(word)


@given(st.text(max_size=30))
def test_any_word_is_an_instrument_or_none(word: str) -> None:
    with contextlib.suppress(LookupError):
        assert 0 <= find_instrument(word)[0] < 128
