"""Scores on people the net has not seen: persons are split, never windows; the calibration is fitted inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from device.affect.reader import Calibration, MontageCalibration
from device.dsp.windows import FloatArray
from export.affect.calibration import Calibrated, inputs_of
from export.affect.curves import apply, fit_calibration
from export.affect.data import Person
from export.affect.fit import Fitted, fit
from export.affect.protocols import split
from export.affect.scores import Scored, balanced_accuracy, calibration_error, means, selective_accuracy
from export.affect.settings import TrainingConfig

Read = tuple[Calibrated, FloatArray]
"""A person and the net's outputs for the frames after the baseline."""


class Fold(NamedTuple):
    """A net, its calibration, and the people neither has seen."""

    fitted: Fitted
    calibration: dict[str, list[Calibration]]
    """Calibration for each montage and every length of evidence."""
    unseen: list[Person]
    calibrated_on: tuple[str, ...]
    """Names of everybody whose outputs the calibration was fitted to."""


class Report(NamedTuple):
    """One montage at one length of evidence."""

    montage: str
    evidence_s: float
    people: list[Scored]
    """Probabilities of load."""

    def accuracies(self) -> dict[str, float]:
        """Balanced accuracy of each person."""
        return {item.name: balanced_accuracy(item.value - 0.5, item.label) for item in self.people}

    @property
    def accuracy(self) -> float:
        return float(np.nanmean(list(self.accuracies().values())))

    @property
    def calibration_error(self) -> float:
        return calibration_error(self.people)

    def selective(self, coverage: float) -> float:
        return selective_accuracy(self.people, coverage)


class CrossValidation(NamedTuple):
    folds: list[Fold]
    reports: list[Report]
    calibration: dict[str, list[Calibration]]
    """The calibration that ships, from the outputs of all folds."""


def cross_validate(people: Sequence[Person], config: TrainingConfig) -> CrossValidation:
    """Report every montage and length of evidence of the config; the first of each is the headline."""
    parts = split(len(people), config.folds, config.seed)
    folds = [fold_without(people, out.tolist(), config, number) for number, out in enumerate(tqdm(parts, desc="folds"))]
    reports = [
        Report(
            montage,
            evidence_s,
            [
                apply(scored, fold.calibration[montage][index])
                for fold in folds
                for scored in _scored(fold, config, names, evidence_s)
            ],
        )
        for montage, names in config.montages.items()
        for index, evidence_s in enumerate(config.evidence_s)
    ]
    return CrossValidation(folds, reports, _calibrations([(fold.fitted, fold.unseen) for fold in folds], config))


def _scored(fold: Fold, config: TrainingConfig, names: tuple[str, ...], evidence_s: float) -> list[Scored]:
    read = read_people(fold.fitted, fold.unseen, config, names)
    return [scored for item, output in read if len((scored := means(item, output, evidence_s)).value)]


def fold_without(people: Sequence[Person], out: Sequence[int], config: TrainingConfig, number: int) -> Fold:
    """Fit fold `number` to everybody but the people at these indices."""
    inside = [person for index, person in enumerate(people) if index not in out]
    fitted = fit(inside, config, config.seed + number)
    inner: list[tuple[Fitted, list[Person]]] = []
    for part in split(len(inside), config.inner_folds, config.seed + 1):
        others = [person for index, person in enumerate(inside) if index not in part.tolist()]
        inner.append((fit(others, config, config.seed + number), [inside[index] for index in part.tolist()]))
    calibrated_on = tuple(person.name for _, unseen in inner for person in unseen)
    return Fold(fitted, _calibrations(inner, config), [people[index] for index in out], calibrated_on)


def read_people(fitted: Fitted, people: Sequence[Person], config: TrainingConfig, names: tuple[str, ...]) -> list[Read]:
    """Outputs for people from these channels alone."""
    read = []
    for person in people:
        item = fitted.calibrate(person, config)
        mask = np.broadcast_to(np.isin(person.ch_names, names), item.usable.shape)
        read.append((item, fitted.outputs(inputs_of(item, config, mask))))
    return read


def _calibrations(parts: Sequence[tuple[Fitted, list[Person]]], config: TrainingConfig) -> dict[str, list[Calibration]]:
    """Curves from what each net says of people it has not seen."""
    found: dict[str, list[Calibration]] = {}
    for montage, names in config.montages.items():
        read = [pair for fitted, unseen in parts for pair in read_people(fitted, unseen, config, names)]
        found[montage] = []
        for evidence_s in config.evidence_s:
            scored = [means(item, output, evidence_s) for item, output in read]
            found[montage].append(fit_calibration([item for item in scored if len(item.value)], evidence_s))
    return found


def montage_calibrations(calibration: dict[str, list[Calibration]], config: TrainingConfig) -> list[MontageCalibration]:
    """The calibrations as card.toml holds them: by the sites of each montage."""
    return [
        MontageCalibration(
            [site for site, members in config.sites.items() if {site, *members} & set(config.montages[montage])], curves
        )
        for montage, curves in calibration.items()
    ]
