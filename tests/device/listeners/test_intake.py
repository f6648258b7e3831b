"""What was answered before the first session decides whether there is one."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.listeners.intake import LASTS, QUESTIONS, Answer, Standing, answer, answers, clear, standing, withdraw
from device.listeners.store import ISO, open_store

NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
ALL_NO = dict.fromkeys(QUESTIONS, False)
EXCLUDING = [key for key, question in QUESTIONS.items() if question.excludes]


def test_the_questions_that_the_literature_names_are_asked_and_exclude() -> None:
    assert {"music_seizures", "recent_seizure", "sound_hurts", "implant", "acute_psychosis"} <= set(EXCLUDING)
    assert all(question.text.endswith("?") and question.yes_means.endswith(".") for question in QUESTIONS.values())


def test_nobody_begins_before_all_is_answered(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        assert standing(answers(store, person), NOW).unanswered == tuple(QUESTIONS)
        for key in list(QUESTIONS)[:-1]:
            answer(store, person, {key: False}, NOW)
            assert not standing(answers(store, person), NOW).may_begin
        answer(store, person, {list(QUESTIONS)[-1]: False}, NOW)
        assert standing(answers(store, person), NOW) == Standing((), (), ())
    with open_store(tmp_path) as store:
        assert standing(answers(store, store.demand("ada")), NOW).may_begin
        assert not standing(answers(store, store.meet("bob")), NOW).may_begin


@pytest.mark.parametrize("key", EXCLUDING)
def test_a_yes_excludes_until_it_is_cleared_by_name_and_a_new_answer_takes_that_back(tmp_path: Path, key: str) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, ALL_NO | {key: True}, NOW)
        assert standing(answers(store, person), NOW) == Standing((), (key,), ())
        assert clear(store, person, key, "Dr. Weber", NOW)
        assert answers(store, person)[key] == Answer(True, "2026-11-29T12:00:00Z", "Dr. Weber", "2026-11-29T12:00:00Z")
        assert standing(answers(store, person), NOW) == Standing((), (), (key,))
        answer(store, person, {key: True}, NOW)
        assert standing(answers(store, person), NOW).excluding == (key,)


def test_a_caution_excludes_nobody(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, ALL_NO | {"hearing_loss": True}, NOW)
        assert standing(answers(store, person), NOW) == Standing((), (), ("hearing_loss",))


def test_a_no_and_what_was_not_answered_cannot_be_cleared(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, {"implant": False}, NOW)
        assert not clear(store, person, "implant", "Dr. Weber", NOW)
        assert not clear(store, person, "sound_hurts", "Dr. Weber", NOW)


def test_answers_to_what_is_asked_no_more_are_passed_over_and_to_be_forgotten_is_whole(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, ALL_NO | {"is_left_handed": True}, NOW)
        assert set(answers(store, person)) == set(QUESTIONS)
        assert store.counts(person)["intake"] == len(QUESTIONS) + 1
        store.forget(person)
        assert answers(store, person) == {}


def test_answers_are_asked_for_again_after_twelve_months_and_what_cleared_them_too(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, ALL_NO | {"implant": True}, NOW)
        clear(store, person, "implant", "Dr. Weber", NOW + LASTS / 2)
        said = answers(store, person)
        assert standing(said, NOW + LASTS - dt.timedelta(seconds=1)).may_begin
        assert standing(said, NOW + LASTS) == Standing(tuple(QUESTIONS), (), ())
        answer(store, person, {"skin": False}, NOW + LASTS)
        assert "skin" not in standing(answers(store, person), NOW + LASTS).unanswered


def test_a_clock_that_was_set_back_takes_no_answer_away(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person = store.meet("ada")
        answer(store, person, ALL_NO, NOW)
        assert standing(answers(store, person), NOW - 3 * LASTS).may_begin


def test_whoever_says_so_has_all_asked_anew(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        person, other = store.meet("ada"), store.meet("bob")
        answer(store, person, ALL_NO, NOW)
        answer(store, other, ALL_NO, NOW)
        withdraw(store, person)
        assert standing(answers(store, person), NOW).unanswered == tuple(QUESTIONS)
        assert standing(answers(store, other), NOW).may_begin


SAID = st.tuples(st.booleans(), st.sampled_from(["", "Dr. Weber"]), st.integers(-800, 800) | st.just("no time"))


@given(st.dictionaries(st.sampled_from(list(QUESTIONS)), SAID))
def test_a_session_may_begin_only_where_all_is_answered_of_late_and_nothing_stands_against_it(
    said: dict[str, tuple[bool, str, int | str]],
) -> None:
    def told(age: int | str) -> str:
        return age if isinstance(age, str) else f"{NOW - dt.timedelta(days=age):{ISO}}"

    found = standing({key: Answer(is_yes, told(age), by) for key, (is_yes, by, age) in said.items()}, NOW)
    held = {key: each for key, each in said.items() if isinstance(each[2], int) and each[2] < LASTS.days}
    stands = any(is_yes and not by and QUESTIONS[key].excludes for key, (is_yes, by, _) in held.items())
    assert found.may_begin == (len(held) == len(QUESTIONS) and not stands)
