"""Scores: known answers on made-up outputs, and means over the windows that the box would use."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from device.affect.model_evidence import Mean
from export.affect.calibration import Calibrated, calibrate, population_of
from export.affect.curves import apply, fit_calibration
from export.affect.data import LOAD, REST
from export.affect.scores import (
    Scored,
    balanced_accuracy,
    calibration_error,
    interval,
    means,
    selective_accuracy,
    stretches,
)
from tests.export.affect.people import config, people, write_eeg


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    folder: Path = tmp_path_factory.mktemp("data")
    write_eeg(folder, n_people=1, rest_s=120, load_s=60)
    everybody = people(folder, "eeg")
    return calibrate(everybody[0], *population_of(everybody, config("eeg")), config("eeg"))


def made_up(factor: float, n: int = 20_000) -> Scored:
    """Log-odds times a factor, and labels drawn from the true probabilities."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, n)
    label = np.where(rng.random(n) < 1 / (1 + np.exp(-truth)), LOAD, REST)
    return Scored("all", factor * truth, label)


def told(scored: Scored, factor: float = 1.0) -> Scored:
    return scored._replace(value=1 / (1 + np.exp(-factor * scored.value)))


def test_balanced_accuracy_does_not_reward_the_larger_class() -> None:
    label = np.array([REST] * 90 + [LOAD] * 10)
    assert balanced_accuracy(np.full(100, -1.0), label) == 0.5
    assert balanced_accuracy(np.where(label == LOAD, 1.0, -1.0), label) == 1.0
    assert math.isnan(balanced_accuracy(np.ones(5), np.full(5, LOAD)))


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_curve_makes_outputs_of_any_scale_true(factor: float) -> None:
    scored = made_up(factor)
    found = fit_calibration([scored], 4.0)
    assert found.slope == pytest.approx(1 / factor, rel=0.15)
    assert calibration_error([apply(scored, found)]) < 0.03


def test_a_curve_learns_that_some_people_always_look_at_rest() -> None:
    """A fifth of the people give no sign of load: then a clear no is worth no more than that."""
    rng = np.random.default_rng(1)
    label = np.tile([REST, LOAD], 5000)
    silent = np.repeat(rng.random(100) < 0.2, 100)
    value = np.where((label == LOAD) & ~silent, 3.0, -3.0) + 0.1 * rng.standard_normal(10_000)
    found = fit_calibration([Scored("all", value, label)], 30.0)
    assert found.floor == pytest.approx(silent.mean() / (1 + silent.mean()), abs=0.03)
    assert found.ceiling > 0.95


def test_calibration_error_is_small_when_probabilities_are_true() -> None:
    scored = made_up(1.0)
    assert calibration_error([told(scored)]) < 0.02
    assert calibration_error([told(scored, 4.0)]) > 0.08


def test_holding_back_the_unsure_helps_where_probabilities_are_true() -> None:
    scored = told(made_up(1.0))
    shares = [selective_accuracy([scored], coverage) for coverage in (1.0, 0.8, 0.5)]
    assert shares == sorted(shares)
    assert shares[2] - shares[0] > 0.05


def test_the_interval_holds_the_mean() -> None:
    low, high = interval(np.array([0.5, 0.7, 0.9, math.nan]), 0)
    assert 0.5 <= low < 0.7 < high <= 0.9


def test_stretches_break_where_the_label_does(item: Calibrated) -> None:
    label = item.person.label[item.after]
    assert len(np.unique(stretches(item))) == 2
    assert all(len(np.unique(label[stretches(item) == number])) == 1 for number in (0, 1))


@pytest.mark.parametrize("evidence_s", [4.0, 8.0, 30.0])
def test_evidence_is_of_one_label_and_whole(item: Calibrated, evidence_s: float) -> None:
    label = item.person.label[item.after]
    scored = means(item, np.where(label == LOAD, 2.0, -1.0), evidence_s)
    assert set(scored.value[scored.label == LOAD].round(9)) == {2.0}
    assert set(scored.value[scored.label == REST].round(9)) == {-1.0}
    assert (scored.label == LOAD).sum() == 4 * (60 - evidence_s) + 1


@pytest.mark.parametrize("evidence_s", [4.0, 12.0])
def test_means_are_those_of_the_box(item: Calibrated, evidence_s: float) -> None:
    output = np.random.default_rng(0).normal(size=len(item.after))
    inside = stretches(item) == 1
    scored = means(item, output, evidence_s)
    box = Mean(10.0, evidence_s)
    for value in output[inside].tolist():
        box.add(value, 0.25, 4.0)
    assert scored.value[-1] == pytest.approx(box.value)
