"""Scores on people the net has not seen: persons are split, never windows, and the temperature is fitted inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from device.affect.baseline import Population
from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated, balance, calibrate, inputs_of, population_of, split
from export.affect.data import Person
from export.affect.fit import Fitted, fit, logits_of
from export.affect.scores import balanced_accuracy, calibration_error, fit_temperature, long_mean, smoothed
from export.affect.settings import TrainingConfig


class PersonScore(NamedTuple):
    """Balanced accuracies of one person: of single windows, of 30 s, and of the estimate the box gives."""

    name: str
    window: float
    long: float
    estimate: float


class Report(NamedTuple):
    """One montage and baseline length."""

    title: str
    people: list[PersonScore]
    calibration_error: float


class CrossValidation(NamedTuple):
    reports: list[Report]
    temperature: float
    """For the smoothed logits of people not seen; what ships."""
    peers: dict[str, float]
    """Mean balanced accuracy of simpler readings on the same folds and windows."""


def held_out(
    people: Sequence[Person], config: TrainingConfig, n_folds: int, baseline_s: float, seed: int
) -> list[tuple[Fitted, list[int]]]:
    """A net for each fold, with the people it has not seen."""
    folds = []
    for number, out in enumerate(split(len(people), n_folds, seed)):
        inside = [person for index, person in enumerate(people) if index not in set(out.tolist())]
        folds.append((fit(inside, config, baseline_s, seed + number), out.tolist()))
    return folds


def cross_validate(people: Sequence[Person], config: TrainingConfig) -> CrossValidation:
    """Report every montage and baseline length of the config; the first of each is what ships."""
    reports: list[Report] = []
    shipped: list[tuple[Calibrated, FloatArray]] = []
    for baseline_s in config.baselines_s:
        folds = held_out(people, config, config.folds, baseline_s, config.seed)
        temperatures = [_inner_temperature(people, out, config, baseline_s) for _, out in folds]
        for montage, channels in config.montages.items():
            read = _read(people, folds, config, baseline_s, channels)
            title = f"{montage}, {baseline_s:.0f} s of rest"
            reports.append(_report(title, read, temperatures, config))
            shipped = shipped or [pair for fold in read for pair in fold]
    temperature = _temperature(shipped, config)
    return CrossValidation(reports, temperature, _peers(people, config))


def _read(
    people: Sequence[Person],
    folds: list[tuple[Fitted, list[int]]],
    config: TrainingConfig,
    baseline_s: float,
    channels: tuple[str, ...],
) -> list[list[tuple[Calibrated, FloatArray]]]:
    """Logits of each fold's unseen people from these channels."""
    mask = np.isin(config.ch_names, channels)
    return [
        [
            (item, logits_of(fitted, inputs_of(item, config, np.broadcast_to(mask, item.usable.shape))))
            for item in (calibrate(people[index], fitted.mean, fitted.sd, config, baseline_s) for index in out)
        ]
        for fitted, out in folds
    ]


def _inner_temperature(people: Sequence[Person], out: list[int], config: TrainingConfig, baseline_s: float) -> float:
    """Temperature from the people of the training side, themselves cross-validated."""
    inside = [person for index, person in enumerate(people) if index not in out]
    folds = held_out(inside, config, config.inner_folds, baseline_s, config.seed + 1)
    read = _read(inside, folds, config, baseline_s, config.ch_names)
    return _temperature([pair for fold in read for pair in fold], config)


def _temperature(read: list[tuple[Calibrated, FloatArray]], config: TrainingConfig) -> float:
    logit = np.concatenate([smoothed(item, values, config.smoothing_s) for item, values in read])
    return fit_temperature(logit, _labels(read), np.concatenate([balance(item) for item, _ in read]))


def _labels(read: list[tuple[Calibrated, FloatArray]]) -> FloatArray:
    return np.concatenate([item.person.label[item.after] for item, _ in read])


def _report(
    title: str, read: list[list[tuple[Calibrated, FloatArray]]], temperatures: list[float], config: TrainingConfig
) -> Report:
    scores, logits = [], []
    for fold, temperature in zip(read, temperatures, strict=True):
        for item, values in fold:
            slow = smoothed(item, values, config.smoothing_s) / temperature
            label = item.person.label[item.after]
            scores.append(
                PersonScore(
                    item.person.name,
                    balanced_accuracy(values, label),
                    balanced_accuracy(*long_mean(item, values)),
                    balanced_accuracy(slow, label),
                )
            )
            logits.append(slow)
    pairs = [pair for fold in read for pair in fold]
    weight = np.concatenate([balance(item) for item, _ in pairs])
    error = calibration_error(np.concatenate(logits), _labels(pairs), weight)
    return Report(title, sorted(scores), error)


def _peers(people: Sequence[Person], config: TrainingConfig) -> dict[str, float]:
    """Logistic regression on the same inputs, with and without the listener's own baseline."""
    return {
        "always the same answer": 0.5,
        "logistic regression without rest": _logistic(people, config, personal=False),
        "logistic regression with rest": _logistic(people, config, personal=True),
    }


def _logistic(people: Sequence[Person], config: TrainingConfig, *, personal: bool) -> float:
    scores = []
    for out in split(len(people), config.folds, config.seed):
        inside = [person for index, person in enumerate(people) if index not in set(out.tolist())]
        mean, sd = population_of(inside, config)
        items = {person.name: calibrate(person, mean, sd, config, config.baselines_s[0]) for person in people}
        if not personal:
            items = {name: _impersonal(item, mean, sd) for name, item in items.items()}
        train = [items[person.name] for person in inside]
        classifier = LogisticRegression(C=0.01, max_iter=1000).fit(
            np.concatenate([inputs_of(item, config) for item in train]),
            np.concatenate([item.person.label[item.after] for item in train]),
            np.concatenate([balance(item) for item in train]),
        )
        for index in out.tolist():
            item = items[people[index].name]
            logit = classifier.decision_function(inputs_of(item, config))
            scores.append(balanced_accuracy(logit, item.person.label[item.after]))
    return float(np.nanmean(scores))


def _impersonal(item: Calibrated, mean: FloatArray, sd: FloatArray) -> Calibrated:
    population = Population(mean[item.person.regions], sd[item.person.regions], 1.0, 1.0)
    return item._replace(z=(item.person.values - population.mean) / population.sd)
