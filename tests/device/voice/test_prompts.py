"""Every prompt is there in every language, natural to hear, short, and promises nothing."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from device.messages import Language
from device.recordings.electrodes import OPENBCI_MONTAGE
from device.voice.places import PLACES, place_of
from device.voice.prompts import PROMPTS, Urgency, parts_of
from device.voice.sentences import Sentences
from device.voice.signs import SIGNS

LANGUAGES: tuple[Language, ...] = get_args(Language)
CLAIMS = re.compile(
    r"\b(?:heal|cure|treat|therap(?:y|ie|ia)\b|heil|kur|behandl|guéri|soign|trait|cura|sana|trata)", re.IGNORECASE
)
FAMILIAR = {"de": r"\b(?:du|dein\w*|dir|dich)\b", "fr": r"\b(?:tu|ton|ta|tes|toi)\b", "es": r"\b(?:tú|tu|tus|ti)\b"}
ALPHABET = {
    "en": r"[A-Za-z ,.']+",
    "de": r"[A-Za-zäöüßÄÖÜ ,.]+",
    "fr": r"[A-Za-zàâçéèêëîïôûùœÀÉ ,.'\-]+",
    "es": r"[A-Za-záéíóúüñÁÉÍÓÚ ,.¿?¡!]+",
}


def test_there_is_a_field_for_every_language() -> None:
    assert Sentences._fields == LANGUAGES


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_whole_in_every_language(name: str) -> None:
    row = PROMPTS[name]
    for language in LANGUAGES:
        words = row.words.in_language(language)
        assert re.fullmatch(ALPHABET[language], words), words
        assert name.startswith("digit-") or (words[0].isupper() and words.endswith(".")), words
        assert not re.search(FAMILIAR.get(language, "$^"), words, re.IGNORECASE), words
    assert row.sign in SIGNS
    assert row.urgency in Urgency
    assert 5 <= row.true_for_s <= 120


@pytest.mark.parametrize("name", [name for name in PROMPTS if name != "intake-missing"])
def test_nothing_claims_to_treat(name: str) -> None:
    assert not any(CLAIMS.search(words) for words in PROMPTS[name].words)


def test_different_prompts_have_different_words() -> None:
    for language in LANGUAGES:
        said = [row.words.in_language(language) for name, row in PROMPTS.items() if name != "digit-6"]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    "electrode", [*OPENBCI_MONTAGE, "TP9", "AF7", "AF8", "TP10", "Fz", "Cz", "Pz", "Oz", "A1", "T3"]
)
def test_the_electrodes_of_common_headsets_have_a_place(electrode: str) -> None:
    place = place_of(electrode)
    assert place in PLACES
    assert f"fit-{place}" in PROMPTS


@pytest.mark.parametrize(
    ("electrode", "place"),
    [
        ("Fp1", "forehead-left"), ("T7", "ear-left"), ("T4", "ear-right"), ("P8", "behind-ear-right"),
        ("F8", "temple-right"), ("c3", "top-left"), ("Oz", "back-middle"), ("TP10", "behind-ear-right"),
    ],
)  # fmt: skip
def test_left_is_odd_and_outer_numbers_are_at_the_side(electrode: str, place: str) -> None:
    assert place_of(electrode) == place


def test_a_place_is_said_in_one_breath() -> None:
    assert not any("," in said for place in PLACES.values() for said in place)


@pytest.mark.parametrize("name", ["", "EEG 1", "Fp", "X9", "🙂", "A" * 1000, "C0x"])
def test_a_name_that_says_no_place_has_none(name: str) -> None:
    assert place_of(name) is None


def test_a_number_is_said_digit_by_digit() -> None:
    assert parts_of("needs-help-code", "307") == ("needs-help-code", "digit-3", "digit-0", "digit-7")
    assert parts_of("welcome", "x²!") == ("welcome",)
