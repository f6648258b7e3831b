"""The kernel as a reader of any set: it reads what no line can part, bears what is missing, and hides no leak."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra `export`")

from export.affect import linear, nonlinear
from export.affect.leaks import Plan
from export.affect.trials import try_refit
from export.affect.trivial import balanced
from tests.export.affect.test_leaks import clean


def score(plan: Plan, read: object) -> float:
    fold = plan.folds[0]
    outcome = read(plan, fold)  # type: ignore[operator]
    return balanced(np.unique(plan.label)[outcome.scores.argmax(axis=1)], plan.label[fold.test])


def ring() -> Plan:
    """Load lies around rest, in whatever direction."""
    plan = clean(n_people=8, n_blocks=8)
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, len(plan.label))
    values = 0.5 * plan.values
    values[:, 0] += 6 * plan.label * np.cos(angle)
    values[:, 1] += 6 * plan.label * np.sin(angle)
    return plan._replace(values=values)


def test_it_reads_what_no_line_can_part() -> None:
    assert score(ring(), nonlinear.read) > 0.85
    assert score(ring(), linear.read) < 0.65


def test_three_classes_are_told_apart() -> None:
    plan = clean(n_people=8, n_blocks=8)
    late = (plan.label > 0) & (np.floor(plan.begin_s / 60) % 2 == 0)
    label = plan.label + late
    values = plan.values + 4 * np.column_stack([label == one for one in (0, 1, 2)] * 2)
    assert score(plan._replace(label=label, values=values), nonlinear.read) > 0.85


def test_missing_features_are_borne() -> None:
    plan = ring()
    values = plan.values.copy()
    values[np.random.default_rng(1).random(values.shape) < 0.1] = np.nan
    values[:, 5] = np.nan
    outcome = nonlinear.read(plan._replace(values=values), plan.folds[0])
    assert np.isfinite(outcome.scores).all()
    assert score(plan._replace(values=values), nonlinear.read) > 0.7


def test_a_class_that_training_lacks_is_never_told() -> None:
    plan = clean()
    label = plan.label.copy()
    label[plan.folds[0].test[:3]] = 2
    outcome = nonlinear.read(plan._replace(label=label), plan.folds[0])
    assert np.isneginf(outcome.scores[:, 2]).all()
    assert (outcome.scores.argmax(axis=1) < 2).all()


def test_nothing_is_fitted_to_who_is_tested() -> None:
    assert tuple(try_refit(ring(), nonlinear.read, np.random.default_rng(0))) == ()
