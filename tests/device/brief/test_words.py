"""The vocabulary of briefs: what can never be found would be a promise that is not kept."""

import unicodedata

import msgspec
import pytest

from device.brief.reader import LANGUAGES, read_brief
from device.brief.words import SILENT, VOCABULARY, Instrument, Mood, Taste
from device.config import Preference
from device.music.instruments import NAMES

WORDS = [
    (name, language, phrase)
    for name, row in VOCABULARY.items()
    for language in LANGUAGES
    for phrase in getattr(row, language).split()
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_written_as_the_reader_compares_them(language: str) -> None:
    words = [*SILENT[language], *(phrase for _, tongue, phrase in WORDS if tongue == language)]
    plain = unicodedata.normalize("NFKD", " ".join(words).casefold())
    assert " ".join(words) == "".join(letter for letter in plain if not unicodedata.combining(letter))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_means_one_thing_in_a_language(language: str) -> None:
    phrases = [phrase for _, tongue, phrase in WORDS if tongue == language]
    assert sorted(phrases) == sorted(set(phrases))
    assert not SILENT[language] & set(phrases)


@pytest.mark.parametrize("name", [name for name, row in VOCABULARY.items() if isinstance(row, Instrument)])
def test_every_instrument_is_found_in_every_language(name: str) -> None:
    row = VOCABULARY[name]
    assert isinstance(row, Instrument)
    assert 0 <= row.program < len(NAMES)
    assert len(set(row.voices)) == len(row.voices) > 0
    for language in LANGUAGES:
        for phrase in getattr(row, language).split():
            said = f"{' '.join(sorted(SILENT[language])[:4])} {phrase.rstrip('*').replace('_', ' ')}"
            assert dict(read_brief(said).instruments).get(name) == row, (language, phrase)


def test_tastes_are_values_that_a_prescription_may_have() -> None:
    for row in VOCABULARY.values():
        if isinstance(row, Taste):
            assert msgspec.convert({row.key: row.value}, Preference)


def test_moods_stand_where_russell_put_them() -> None:
    moods = {name: row for name, row in VOCABULARY.items() if isinstance(row, Mood)}
    assert moods["happy"].valence > 0.7
    assert moods["tense"].arousal > 0.7
    assert moods["sad"].valence < -0.6
    assert moods["tired"].arousal < -0.7
    assert moods["calm"].valence > 0.4 > -0.4 > moods["calm"].arousal
