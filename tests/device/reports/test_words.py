"""The words of reports: all four languages have them, with the same places for values, and none promises anything."""

from __future__ import annotations

import string

import pytest

from device.reports.words import WORDS, Phrases

CLAIMS = ("heal", "cure", "treat", "improve", "heilt", "verbessert", "guérit", "améliore", "cura", "mejora")


@pytest.mark.parametrize("key", WORDS)
def test_each_language_says_it_with_the_same_values(key: str) -> None:
    places = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in WORDS[key]]
    assert all(WORDS[key])
    assert all(found == places[0] for found in places)
    assert not [claim for words in WORDS[key] for claim in CLAIMS if claim in words.casefold().split()]


def test_numbers_are_written_as_the_language_does() -> None:
    assert Phrases("de").number(-1.25, 2, sign=True) == "−1,25"
    assert Phrases("en").number(0.5, 1, sign=True) == "+0.5"
    assert Phrases("en").number(-0.001, 2) == "0.00"
    assert Phrases("en").number(None) == "–"
    assert Phrases("fr").clock(-61.4) == "−1:01"


def test_words_that_are_none_of_ours_stand_as_they_are() -> None:
    assert Phrases("es")("{0.__class__}") == "{0.__class__}"
