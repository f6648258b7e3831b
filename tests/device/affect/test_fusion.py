"""Fusion: a calibrated opinion comes back as it is, agreement is surer, contradiction less, absence is the prior."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import LOGIT_MAX, PRIOR_SD, Estimate, fuse, opinion_of_logit, opinion_of_report

LOGIT = st.floats(-20, 20)
WEIGHT = st.floats(0, 1)


def test_nothing_known_is_the_prior() -> None:
    assert fuse([]) == Estimate(0.0, PRIOR_SD)


@given(st.floats(-LOGIT_MAX, LOGIT_MAX))
def test_one_calibrated_opinion_keeps_its_probability(logit: float) -> None:
    probability = 1 / (1 + math.exp(-logit))
    found = fuse([opinion_of_logit(logit, 1.0)])
    assert found.mean == pytest.approx(2 * probability - 1)
    assert found.sd == pytest.approx(2 * math.sqrt(probability * (1 - probability)))


def test_agreement_makes_surer_and_contradiction_less_sure() -> None:
    yes, no = opinion_of_logit(2.0, 1.0), opinion_of_logit(-2.0, 1.0)
    alone, agreed, torn = fuse([yes]), fuse([yes, yes]), fuse([yes, no])
    assert agreed.mean > alone.mean
    assert agreed.sd < alone.sd
    assert torn.mean == pytest.approx(0)
    assert torn.sd > 0.8 > alone.sd


def test_the_listeners_word_outranks_the_model_and_fades() -> None:
    model = opinion_of_logit(3.0, 1.0)
    now, later, gone = (fuse([model, opinion_of_report(-0.8, age_s)]) for age_s in (0, 240, 3600))
    assert now.mean < -0.2
    assert now.mean < later.mean < gone.mean
    assert gone.mean == pytest.approx(fuse([model]).mean)


@given(st.lists(st.tuples(LOGIT, WEIGHT), max_size=4), st.floats(-1, 1), st.floats(0, 1e4))
def test_the_estimate_stays_on_the_axis_and_never_less_sure_than_the_prior(
    logits: list[tuple[float, float]], report: float, age_s: float
) -> None:
    found = fuse([*(opinion_of_logit(*pair) for pair in logits), opinion_of_report(report, age_s)])
    assert -1 <= found.mean <= 1
    assert 0 < found.sd <= PRIOR_SD


@given(LOGIT, LOGIT)
def test_a_source_comes_and_goes_without_a_jump(staying: float, going: float) -> None:
    course = [fuse([opinion_of_logit(staying, 1.0), opinion_of_logit(going, step / 50)]).mean for step in range(51)]
    assert course[0] == pytest.approx(fuse([opinion_of_logit(staying, 1.0)]).mean)
    assert max(abs(after - before) for before, after in pairwise(course)) < 0.12
