from __future__ import annotations

import click
import pytest

from device.commands.options import Seconds, Words, names, sources


def test_names_stand_between_commas() -> None:
    assert names("Fp1, Fp2") == ("Fp1", "Fp2")
    assert names("Cz") == ("Cz",)


@pytest.mark.parametrize("words", ["", "Fp1,", "Fp1,fp1", ","])
def test_names_that_are_none_or_double_are_refused(words: str) -> None:
    with pytest.raises(click.BadParameter):
        names(words)


def test_sources_are_known() -> None:
    assert sources("wrist,eeg") == ("wrist", "eeg")
    with pytest.raises(click.BadParameter, match="eeg, wrist"):
        sources("eeg,ecg")


def test_a_name_is_made_of_characters() -> None:
    assert Words().convert("Zoë \x1b", None, None) == "Zoë \x1b"
    with pytest.raises(click.BadParameter, match="no text"):
        Words().convert("\udcff", None, None)


def test_seconds_are_a_number_in_range() -> None:
    kind = Seconds(0, 600)
    assert kind.convert("4.5", None, None) == 4.5
    for words in ("nan", "-1", "601", "inf", "soon"):
        with pytest.raises(click.BadParameter):
            kind.convert(words, None, None)
