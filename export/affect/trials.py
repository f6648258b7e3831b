"""Finds leaks that a plan hides, by what the training does: the run is given data on which it must not succeed.

A run is any function from a plan and one of its folds to what it fitted and what it says of the tested windows. It is
tried with other values and labels in the tested windows, which may change nothing that is fitted; with labels that mean
something else in each person, and with a mere mark of each block instead of signals, from which nothing can be known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from device.dsp.windows import FloatArray
from export.affect.leaks import Finding, Fold, Plan
from export.affect.trivial import mean_accuracy

REPEATS = 5
MARGIN = 0.05
"""Distance above chance that a score on meaningless data may reach anyhow."""
ERRORS = 5.0
"""It may also be this many standard errors of its repeats away."""
STRANGE_SD = 5.0
"""How far tested windows are moved."""


class Outcome(NamedTuple):
    """The outcome of one fold."""

    fitted: FloatArray
    """Everything that was fitted or chosen, in a row: weights, scalers, chosen features, thresholds."""
    scores: FloatArray
    """Scores of the fold's tested windows, shape (n, classes); the highest is the answer."""


Run = Callable[[Plan, Fold], Outcome]


def try_out(plan: Plan, run: Run, seed: int) -> tuple[Finding, ...]:
    """Everything the run does that an honest one cannot.

    Costs `REPEATS` runs of the whole plan for each of two trials, and three fits of its first fold.
    """
    rng = np.random.default_rng(seed)
    return tuple(finding for trial in TRIALS for finding in trial(plan, run, rng))


def try_refit(plan: Plan, run: Run, rng: np.random.Generator) -> Iterator[Finding]:
    """The first fold three times: other tested windows may not move what is fitted, other labels there nothing."""
    fold = plan.folds[0]
    was = run(plan, fold)
    told = run(plan._replace(label=_relabelled(plan, fold, rng)), fold)
    if not _is_same(was.fitted, told.fitted) or not _is_same(was.scores, told.scores):
        yield Finding("peeking", "What is fitted or answered changes with the labels of the tested windows.")
    moved = run(plan._replace(values=_moved(plan, fold, rng)), fold)
    if not _is_same(was.fitted, moved.fitted):
        yield Finding("refit", "What is fitted changes with the tested windows, which it must not have seen.")


def try_scrambled(plan: Plan, run: Run, rng: np.random.Generator) -> Iterator[Finding]:
    """Let the classes change places in each person at random: the run may find nothing in people it has not seen."""
    scores = [_score(plan._replace(label=_swapped(plan, rng)), run) for _ in range(REPEATS)]
    if _is_above_chance(scores, plan):
        yield Finding("scrambled", f"On scrambled labels the run still scores {np.mean(scores):.2f}.")


def try_marks(plan: Plan, run: Run, rng: np.random.Generator) -> Iterator[Finding]:
    """A random mark for each unbroken stretch of a label, in place of all values: only its neighbours know it."""
    stretches = _stretches(plan)
    scores = []
    for _ in range(REPEATS):
        marks = rng.standard_normal((stretches.max() + 1, plan.values.shape[1]))
        scores.append(_score(plan._replace(values=marks[stretches]), run))
    if _is_above_chance(scores, plan):
        yield Finding("marks", f"Given a mark of each block instead of signals, the run scores {np.mean(scores):.2f}.")


def _relabelled(plan: Plan, fold: Fold, rng: np.random.Generator) -> FloatArray:
    """Each tested window has another class than it had."""
    classes = np.unique(plan.label)
    place = np.searchsorted(classes, plan.label[fold.test])
    label = plan.label.copy()
    label[fold.test] = classes[(place + rng.integers(1, max(2, len(classes)), len(place))) % len(classes)]
    return label


def _moved(plan: Plan, fold: Fold, rng: np.random.Generator) -> FloatArray:
    """Tested windows far from where they were; of new people also the rest, which known people's trials may share."""
    mine = np.isin(np.arange(len(plan.person)), fold.test)
    if plan.apart == "person":
        mine |= np.isin(plan.person, plan.person[fold.test])
    spread = np.nan_to_num(plan.values).std(axis=0)
    values = plan.values.copy()
    values[mine] += STRANGE_SD * spread * rng.standard_normal((mine.sum(), values.shape[1]))
    return values


def _swapped(plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Rest that calibrates keeps its label: a baseline is no secret."""
    classes = np.unique(plan.label)
    label = plan.label.copy()
    owner = plan.person if plan.apart == "person" else plan.recording
    for name in np.unique(owner):
        rows = np.setdiff1d(np.flatnonzero(owner == name), plan.rest)
        label[rows] = rng.permutation(classes)[np.searchsorted(classes, label[rows])]
    return label


def _stretches(plan: Plan) -> np.ndarray:
    """Number of the stretch of one label in one recording that each window lies in."""
    order = np.lexsort((plan.begin_s, plan.recording))
    changes = (plan.recording[order][1:] != plan.recording[order][:-1]) | (np.diff(plan.label[order]) != 0)
    number = np.empty(len(order), np.intp)
    number[order] = np.concatenate(([0], np.cumsum(changes)))
    return number


def _score(plan: Plan, run: Run) -> float:
    classes = np.unique(plan.label)
    answers = [classes[run(plan, fold).scores.argmax(axis=1)] for fold in plan.folds]
    tested = np.concatenate([fold.test for fold in plan.folds])
    return mean_accuracy(np.concatenate(answers), plan.label[tested], plan.person[tested])


def _is_above_chance(scores: list[float], plan: Plan) -> bool:
    error = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
    return float(np.mean(scores)) > 1 / len(np.unique(plan.label)) + max(MARGIN, ERRORS * error)


def _is_same(one: FloatArray, other: FloatArray) -> bool:
    return bool(one.shape == other.shape and np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))


TRIALS: tuple[Callable[[Plan, Run, np.random.Generator], Iterator[Finding]], ...] = (
    try_refit,
    try_scrambled,
    try_marks,
)
