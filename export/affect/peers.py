"""Simpler readings of the same windows and folds, which stand beside every score: what the model must be ahead of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from device.affect.reader import pool, probability_of
from device.affect.runtimes import FloatRows
from device.dsp.windows import FloatArray
from export.affect.audit import session_s
from export.affect.calibration import Calibrated, balance, calibrate, inputs_of, population_of
from export.affect.crossval import CrossValidation, read_people
from export.affect.data import Person
from export.affect.protocols import split
from export.affect.scores import balanced_accuracy
from export.affect.settings import TrainingConfig

NEAR_S = 240.0
Inputs = Callable[[Calibrated], FloatRows | FloatArray]


def simpler_readings(people: Sequence[Person], config: TrainingConfig) -> dict[str, float]:
    """Mean balanced accuracy of one window, over people not seen."""
    return {
        "always the same answer": 0.5,
        "the clock alone (seconds since the session began)": _logistic(people, config, _clock),
        "logistic regression without rest": _logistic(people, config, _impersonal),
        "logistic regression with rest": _logistic(people, config, lambda item: inputs_of(item, config)),
    }


def near_changes(found: CrossValidation, config: TrainingConfig) -> float:
    """The model itself where the clock says little: only windows that end within minutes of a change of task."""
    scores = []
    for fold in found.folds:
        curve = next(iter(fold.calibration.values()))[0]
        for item, output in read_people(fold.fitted, fold.unseen, config, config.ch_names):
            label, at_s = item.person.label[item.after], session_s(item.person)[item.after]
            changes_s = at_s[np.flatnonzero(np.diff(label) != 0) + 1]
            near = (np.abs(at_s[:, None] - changes_s) < NEAR_S).any(axis=1)
            scores.append(balanced_accuracy(probability_of(output[near], curve) - 0.5, label[near]))
    return float(np.nanmean(scores))


def _clock(item: Calibrated) -> FloatArray:
    """Time alone: what it scores is the order of tasks, with which no signal may be credited."""
    return session_s(item.person)[item.after][:, None]


def _impersonal(item: Calibrated) -> FloatRows:
    """The features themselves."""
    return pool(item.person.values[item.after], item.usable[item.after], item.person.member, np.inf)


def _logistic(people: Sequence[Person], config: TrainingConfig, inputs: Inputs) -> float:
    scores = []
    for out in split(len(people), config.folds, config.seed):
        inside = [person for index, person in enumerate(people) if index not in set(out.tolist())]
        mean, sd = population_of(inside, config)
        items = {person.name: calibrate(person, mean, sd, config) for person in people}
        train = [items[person.name] for person in inside]
        rows = np.concatenate([inputs(item) for item in train])
        centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
        classifier = LogisticRegression(C=0.01, max_iter=1000).fit(
            (rows - centre) / spread,
            np.concatenate([item.person.label[item.after] for item in train]),
            np.concatenate([balance(item) for item in train]),
        )
        for index in out.tolist():
            item = items[people[index].name]
            logit = classifier.decision_function((inputs(item) - centre) / spread)
            scores.append(balanced_accuracy(logit, item.person.label[item.after]))
    return float(np.nanmean(scores))
