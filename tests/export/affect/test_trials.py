"""Trials find what a plan hides: the plan of each run below is clean, and only what the run does tells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from export.affect.leaks import Fold, Plan, examine
from export.affect.trials import Outcome, try_out
from tests.export.affect.test_leaks import clean


def with_signal(seed: int = 0, classes: int = 2) -> Plan:
    """Something to be found: two features rise with the class, in everybody."""
    plan = clean(seed, n_people=8, n_folds=4, n_blocks=4)
    rng = np.random.default_rng(seed)
    label = plan.label.copy()
    if classes > 2:
        label[(label > 0) & (np.floor(plan.begin_s / 60) % 2 == 0)] = 2
    values = plan.values.copy()
    values[:, :2] += 0.8 * label[:, None] + 0.2 * rng.standard_normal((len(label), 2))
    return plan._replace(values=values, label=label)


def honest(plan: Plan, fold: Fold, saw: np.ndarray | None = None) -> Outcome:
    """Scaler and class centres from training alone; the nearest centre answers."""
    seen = fold.train if saw is None else saw
    mean, sd = plan.values[seen].mean(axis=0), plan.values[seen].std(axis=0) + 1e-9
    z = (plan.values - mean) / sd
    centres = np.array([z[fold.train[plan.label[fold.train] == one]].mean(axis=0) for one in np.unique(plan.label)])
    distance = ((z[fold.test][:, None, :] - centres) ** 2).sum(axis=2)
    return Outcome(np.concatenate((mean, sd, centres.ravel())), -distance)


def scaler_on_all(plan: Plan, fold: Fold) -> Outcome:
    return honest(plan, fold, np.concatenate((fold.train, fold.test)))


def population_of_all_rest(plan: Plan, fold: Fold) -> Outcome:
    return honest(plan, fold, plan.rest)


def features_chosen_on_all(plan: Plan, fold: Fold) -> Outcome:
    rows = np.concatenate((fold.train, fold.test))
    gap = np.abs(np.corrcoef(plan.values[rows].T, plan.label[rows])[-1, :-1])
    chosen = np.sort(np.argsort(gap)[-3:])
    found = honest(plan._replace(values=plan.values[:, chosen]), fold)
    return found._replace(fitted=np.concatenate((found.fitted, chosen)))


def threshold_on_test(plan: Plan, fold: Fold) -> Outcome:
    """The bias that is best for the tested labels is added after all else was fitted well."""
    found = honest(plan, fold)
    rounds = [found.scores + np.array([0, bias]) for bias in np.linspace(-5, 5, 41)]
    return found._replace(scores=max(rounds, key=lambda scores: np.mean(scores.argmax(1) == plan.label[fold.test])))


def stopped_on_test(plan: Plan, fold: Fold) -> Outcome:
    """The best of many rounds, by the tested labels."""
    found = honest(plan, fold)
    rounds = [found.scores + np.random.default_rng(k).standard_normal(found.scores.shape) for k in range(30)]
    return found._replace(scores=max(rounds, key=lambda scores: np.mean(scores.argmax(1) == plan.label[fold.test])))


def trained_on_test(plan: Plan, fold: Fold) -> Outcome:
    """The nearest of all windows but itself answers: half of the tested ones were slipped into training."""
    rows = np.concatenate((fold.train, fold.test))
    square = (plan.values**2).sum(axis=1)
    distance = square[fold.test][:, None] + square[rows] - 2 * plan.values[fold.test] @ plan.values[rows].T
    distance[rows == fold.test[:, None]] = np.inf
    answer = plan.label[rows][distance.argmin(axis=1)]
    return Outcome(np.zeros(1), (answer[:, None] == np.unique(plan.label)).astype(float))


def transduced(plan: Plan, fold: Fold) -> Outcome:
    """Tested windows are centred by their own classes."""
    values = plan.values.copy()
    for one in np.unique(plan.label):
        rows = fold.test[plan.label[fold.test] == one]
        values[rows] += one
    return honest(plan._replace(values=values), fold)


HIDDEN: dict[Callable[[Plan, Fold], Outcome], set[str]] = {
    scaler_on_all: {"refit"},
    population_of_all_rest: {"refit"},
    features_chosen_on_all: {"refit"},
    threshold_on_test: {"peeking"},
    stopped_on_test: {"peeking"},
    trained_on_test: {"peeking", "marks"},
    transduced: {"peeking"},
}


@pytest.mark.parametrize("run", HIDDEN, ids=lambda run: run.__name__)
def test_what_a_clean_plan_hides_is_found(run: Callable[[Plan, Fold], Outcome]) -> None:
    plan = with_signal()
    assert examine(plan) == ()
    assert {finding.kind for finding in try_out(plan, run, 0)} >= HIDDEN[run]


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_run_passes(seed: int) -> None:
    assert try_out(with_signal(seed), honest, seed) == ()


@pytest.mark.parametrize("seed", range(3))
def test_an_honest_run_on_three_classes_passes(seed: int) -> None:
    assert try_out(with_signal(seed, classes=3), honest, seed) == ()


def test_windows_of_a_block_on_both_sides_are_found_by_marks() -> None:
    """The run is honest, the split is not, and the plan calls each window a recording of its own."""
    plan = with_signal()
    rng = np.random.default_rng(0)
    scored = rng.permutation(np.setdiff1d(np.arange(len(plan.label)), plan.rest))
    parts = np.array_split(scored, 4)
    folds = tuple(Fold(np.setdiff1d(scored, part), part, ()) for part in parts)
    found = {finding.kind for finding in try_out(plan._replace(folds=folds), trained_nearest, 0)}
    assert "marks" in found


def trained_nearest(plan: Plan, fold: Fold) -> Outcome:
    square = (plan.values**2).sum(axis=1)
    near = square[fold.test][:, None] + square[fold.train] - 2 * plan.values[fold.test] @ plan.values[fold.train].T
    answer = plan.label[fold.train][near.argmin(axis=1)]
    return Outcome(np.zeros(1), (answer[:, None] == np.unique(plan.label)).astype(float))
