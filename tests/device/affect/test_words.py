"""The listener's own words: they outrank models, fade over minutes, and leave a slow prior for valence alone."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import PRIOR_SD, Estimate, View, fuse, opinion_of_logit
from device.affect.words import Words, read_report
from device.messages import SelfReport
from tests.device.affect.frames import S

TENSE = View(arousal=opinion_of_logit(3.0, 1.0))


def said(*reports: tuple[float, float, float | None]) -> Words:
    words = Words()
    for t_s, value, valence in reports:
        t_ns = round(t_s * S)
        words.take(SelfReport(t_ns=t_ns, author="patient", value=value, valence=valence))
    return words


def at(words: Words, t_s: float, *models: View) -> Estimate:
    return fuse([*models, *words.views(round(t_s * S))])


def test_they_outrank_a_model_that_is_sure_and_fade() -> None:
    words = said((0, -0.8, None))
    now, later, gone = (at(words, t_s, TENSE).arousal for t_s in (0, 240, 3600))
    assert now < -0.2
    assert now < later < gone
    assert gone == pytest.approx(fuse([TENSE]).arousal)
    assert words.is_heard(240 * S)
    assert not words.is_heard(3600 * S)


def test_a_contradicted_word_is_less_sure() -> None:
    words = said((0, -0.8, None))
    assert at(words, 0, TENSE).arousal_sd > 2 * at(words, 0).arousal_sd


def test_valence_is_known_only_where_it_was_said() -> None:
    assert at(said((0, 0.5, None)), 0).valence_sd == PRIOR_SD
    found = at(said((0, 0.5, -0.6)), 0)
    assert found.valence == pytest.approx(-0.6, abs=0.05)
    assert found.valence_sd < 0.3


def test_a_word_on_arousal_alone_leaves_the_last_on_valence_standing() -> None:
    words = said((0, 0.0, 0.7), (30, 0.5, None))
    assert at(words, 31).valence > 0.5
    assert at(words, 31).arousal == pytest.approx(0.5, abs=0.05)


def test_earlier_words_on_valence_leave_a_slow_prior_that_is_forgotten() -> None:
    words = said((0, 0.0, 0.8), (300, 0.0, 0.7), (600, 0.0, 0.8))
    quarter, hours = at(words, 1500), at(words, 4 * 3600)
    assert quarter.valence > 0.3
    assert 0.6 < quarter.valence_sd < PRIOR_SD
    assert quarter.arousal == 0
    assert hours.valence == pytest.approx(0, abs=0.05)
    assert words.reasons(1500 * S) == ["valence is what the listener said earlier"]
    assert words.reasons(4 * 3600 * S) == []


def test_words_that_went_both_ways_lead_to_expect_little() -> None:
    steady, torn = said((0, 0.0, 0.8), (300, 0.0, 0.8)), said((0, 0.0, -0.8), (300, 0.0, 0.8))
    assert abs(at(torn, 1500).valence) < abs(at(steady, 1500).valence) / 2


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_word_fades_without_a_jump(value: float, valence: float) -> None:
    words = said((0, value, valence))
    course = [at(words, second, TENSE) for second in range(1000)]
    assert max(abs(after.arousal - before.arousal) for before, after in pairwise(course)) < 0.03
    assert max(abs(after.valence - before.valence) for before, after in pairwise(course)) < 0.03


def test_how_old_a_word_is_is_told() -> None:
    assert said((10, 0.3, None)).reasons(70 * S) == ["the listener said so 60 s ago"]


def test_what_was_said_is_carried_to_a_later_session_and_fades_there() -> None:
    words = said((0, 0.0, 0.8), (60, 0.0, 0.6))
    assert said((0, 0.5, None)).tell(0) == []
    (told,) = words.tell(60 * S)
    assert words.tell(61 * S) == []
    assert len(words.tell(120 * S)) == 1
    later = Words([told])
    early, late = at(later, 10_000), at(later, 10_000 + 3 * 3600)
    assert early.valence == pytest.approx(0.7, abs=0.05)
    assert early.valence_sd > 0.5
    assert early.arousal_sd == PRIOR_SD
    assert late.valence == pytest.approx(0, abs=0.05)


@given(st.floats(), st.none() | st.floats())
def test_a_report_is_within_the_axes_or_none(value: float, valence: float | None) -> None:
    found = read_report(SelfReport(t_ns=0, author="patient", value=value, valence=valence))
    if found is None:
        assert not math.isfinite(value) or (valence is not None and not math.isfinite(valence))
        return
    assert -1 <= found.value <= 1
    assert (found.valence is None) == (valence is None)
    assert found.valence is None or -1 <= found.valence <= 1
