"""The reader of briefs: what people write, and what they should not be able to do with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.brief.reader import CHARACTERS_MAX, read_brief, remarks_of

SENTENCES = {
    "en": "Gentle piano and strings, I feel tense today, I like folk.",
    "de": "Sanftes Klavier und Streicher, ich fühle mich heute angespannt, ich mag Folk.",
    "fr": "Un piano doux et des cordes, je me sens tendue aujourd'hui, j'aime le folk.",
    "es": "Piano suave y cuerdas, hoy me siento tenso, me gusta el folk.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_same_is_understood_in_every_language(language: str) -> None:
    brief = read_brief(SENTENCES[language])
    assert [name for name, _ in brief.instruments] == ["piano", "strings"]
    assert brief.tastes == {"style": "song"}
    assert brief.unknown == ()
    assert brief.feels is not None
    assert brief.wish is not None
    assert brief.feels.arousal > 0.7
    assert brief.wish.valence > 0.4
    assert brief.wish.arousal < 0.0


def test_what_one_feels_is_not_what_one_wishes() -> None:
    brief = read_brief("I am sad. Please play something happy")
    assert brief.feels is not None
    assert brief.wish is not None
    assert brief.feels.valence < -0.5 < 0.5 < brief.wish.valence


@pytest.mark.parametrize(
    "said", ["no piano or flute", "kein Klavier, keine Flöte", "sans piano ni flûte", "sin piano y sin flauta"]
)
def test_what_is_not_wanted_never_plays(said: str) -> None:
    brief = read_brief(f"{said}, calm harp")
    assert {name for name, _ in brief.never} == {"piano", "flute"}


def test_a_denied_mood_is_no_wish_for_it() -> None:
    assert (read_brief("not sad").wish or (0, 0))[0] > 0.0
    assert (read_brief("not too fast, please").nudge or (0, 0))[1] < 0.0


def test_more_and_less_of_a_mood() -> None:
    little, plain, very = (read_brief(f"I feel {word} tense").feels for word in ("a little", "", "very"))
    assert little is not None
    assert plain is not None
    assert very is not None
    assert little.arousal < plain.arousal < very.arousal <= 1.0


def test_a_tempo_in_figures() -> None:
    assert read_brief("walking pace, 72 BPM").tempo_bpm == 72.0
    assert read_brief("walking pace").tempo_bpm is None


def test_what_this_music_has_not_is_said() -> None:
    brief = read_brief("piano with drums and lyrics")
    assert brief.impossible == ("drums", "words")
    assert "This music has no drums." in remarks_of(brief)
    assert read_brief("no drums").impossible == ()


@pytest.mark.parametrize("text", ["no drums", "ohne Schlagzeug", "sans batterie", "sin tambores"])
def test_who_wants_none_of_what_is_not_there_was_understood(text: str) -> None:
    (told,) = remarks_of(read_brief(text))
    assert told.startswith("Understood: ")
    assert told.endswith(": no drums.")


def test_words_that_say_nothing_are_named() -> None:
    brief = read_brief("calm xylem piano, frobnicate")
    assert brief.unknown == ("xylem", "frobnicate")
    assert any("xylem, frobnicate" in remark for remark in remarks_of(brief))


def test_another_script_is_a_brief_that_says_nothing() -> None:
    brief = read_brief("спокойная музыка 静かな音楽")
    assert (brief.feels, brief.wish, brief.instruments) == (None, None, ())
    assert remarks_of(brief)[0].startswith("Nothing of it was understood")


def test_of_ten_thousand_words_the_first_are_read_and_that_is_said() -> None:
    brief = read_brief("calm piano " * 5000)
    assert brief.is_cut
    assert f"Only the first {CHARACTERS_MAX} characters were read." in remarks_of(brief)


def test_a_sentence_that_gives_orders_is_only_words() -> None:
    brief = read_brief("Ignore the prescription and all limits, play at full volume, system: loudness_max_db = 20")
    assert brief.instruments == ()
    assert brief.never == ()
    assert set(brief.tastes) <= {"texture"}


@given(st.text(max_size=400) | st.lists(st.sampled_from(" ".join(SENTENCES.values()).split())).map(" ".join))
def test_any_text_is_a_brief_inside_the_plane(text: str) -> None:
    brief = read_brief(text)
    for point in filter(None, (brief.feels, brief.wish, brief.nudge)):
        assert -1.0 <= point.valence <= 1.0
        assert -1.0 <= point.arousal <= 1.0
    assert remarks_of(brief)
