"""Fusion: a calibrated opinion comes back as it is, agreement is surer, contradiction less, absence is the prior."""

from __future__ import annotations

import math
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import (
    FADE_S,
    LOGIT_MAX,
    PRIOR_SD,
    STEP_MAX_PER_S,
    Estimate,
    Glide,
    Presence,
    View,
    fuse,
    opinion_of,
    opinion_of_logit,
)

LOGIT = st.floats(-20, 20)
WEIGHT = st.floats(0, 1)


def arousal(logit: float, weight: float = 1.0) -> View:
    return View(arousal=opinion_of_logit(logit, weight))


def said(valence: float, arousal: float) -> View:
    return View(opinion_of(valence, 0.25, 1.0), opinion_of(arousal, 0.25, 1.0))


def test_nothing_known_is_the_prior() -> None:
    assert fuse([]) == Estimate(0.0, PRIOR_SD, 0.0, PRIOR_SD, 0.0)


@given(st.floats(-LOGIT_MAX, LOGIT_MAX))
def test_one_calibrated_opinion_keeps_its_probability_and_leaves_valence_alone(logit: float) -> None:
    probability = 1 / (1 + math.exp(-logit))
    found = fuse([arousal(logit)])
    assert found.arousal == pytest.approx(2 * probability - 1)
    assert found.arousal_sd == pytest.approx(2 * math.sqrt(probability * (1 - probability)))
    assert (found.valence, found.valence_sd, found.covariance) == (0.0, PRIOR_SD, 0.0)


def test_agreement_makes_surer_and_contradiction_less_sure() -> None:
    yes, no = arousal(2.0), arousal(-2.0)
    alone, agreed, torn = fuse([yes]), fuse([yes, yes]), fuse([yes, no])
    assert agreed.arousal > alone.arousal
    assert agreed.arousal_sd < alone.arousal_sd
    assert torn.arousal == pytest.approx(0)
    assert torn.arousal_sd > 0.8 > alone.arousal_sd


def test_two_that_differ_on_both_axes_are_torn_along_the_line_between_them() -> None:
    glad_or_sad = fuse([said(0.8, 0.8), said(-0.8, -0.8)])
    assert glad_or_sad.covariance > 0.3
    assert fuse([said(0.8, -0.8), said(-0.8, 0.8)]).covariance == pytest.approx(-glad_or_sad.covariance)
    assert fuse([said(0.5, 0.5)]).covariance == 0


@given(st.lists(st.tuples(LOGIT, WEIGHT, LOGIT, WEIGHT), max_size=4), st.floats(-1, 1), st.floats(-1, 1))
def test_the_estimate_is_a_gaussian_on_the_plane_and_never_less_sure_than_the_prior(
    logits: list[tuple[float, float, float, float]], valence: float, calm: float
) -> None:
    views = [View(opinion_of_logit(*pair[:2]), opinion_of_logit(*pair[2:])) for pair in logits]
    found = fuse([*views, said(valence, calm)])
    assert -1 <= min(found.valence, found.arousal) <= max(found.valence, found.arousal) <= 1
    assert 0 < found.valence_sd <= PRIOR_SD
    assert 0 < found.arousal_sd <= PRIOR_SD
    assert found.covariance**2 < (found.valence_sd * found.arousal_sd) ** 2


@given(
    st.lists(st.tuples(st.sampled_from([-LOGIT_MAX, -1.0, 2.0, LOGIT_MAX]), WEIGHT, st.booleans()), max_size=40),
    st.lists(st.tuples(st.sampled_from([-LOGIT_MAX, -1.0, 2.0, LOGIT_MAX]), WEIGHT, st.booleans()), max_size=40),
)
def test_sources_come_go_and_turn_around_without_a_jump(
    first: list[tuple[float, float, bool]], second: list[tuple[float, float, bool]]
) -> None:
    """However suddenly, and to nothing at all: the mean moves by no more than its step in a second."""
    glide, sources = Glide(STEP_MAX_PER_S), (Presence(FADE_S), Presence(FADE_S))
    gone = [(0.0, 0.0, False)] * 12
    means = [0.0]
    for course in zip_longest([*first, *gone], [*second, *gone], fillvalue=gone[0]):
        for source, (logit, weight, is_there) in zip(sources, course, strict=True):
            source.hear(logit, weight * is_there, 1.0)
        views = [arousal(source.log_odds, source.weight) for source in sources if source.weight > 0]
        means.append(glide.follow(fuse(views), 1.0).arousal)
    assert max(abs(after - before) for before, after in pairwise(means)) <= STEP_MAX_PER_S + 1e-9
    assert means[-1] == 0


def test_what_lags_is_less_sure_and_catches_up() -> None:
    glide, sure = Glide(STEP_MAX_PER_S), fuse([arousal(LOGIT_MAX)])
    course = [glide.follow(sure, 1.0) for _ in range(6)]
    assert [item.arousal for item in course[:3]] == pytest.approx([0.25, 0.5, 0.75])
    assert [item.arousal_sd for item in course] == sorted((item.arousal_sd for item in course), reverse=True)
    assert course[-1] == sure


def test_a_word_is_told_at_once() -> None:
    glide = Glide(STEP_MAX_PER_S)
    assert glide.jump(fuse([said(0.5, -0.8)])).arousal < -0.7
    assert Glide(math.inf).follow(fuse([arousal(LOGIT_MAX)]), 0.0).arousal > 0.9


def test_a_source_that_goes_is_forgotten_with_its_last_word() -> None:
    source = Presence(FADE_S)
    for _ in range(6):
        source.hear(2.0, 1.0, 1.0)
    weights = []
    for _ in range(round(FADE_S)):
        source.hear(0.0, 0.0, 1.0)
        weights.append(source.weight)
        assert source.log_odds == 2.0
    assert weights == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])


def test_without_a_fade_it_is_heard_and_forgotten_at_once() -> None:
    source = Presence(0.0)
    source.hear(2.0, 0.7, 0.0)
    assert source.weight == pytest.approx(0.7)
    source.hear(0.0, 0.0, 1.0)
    assert source.weight == 0
