"""Scores: known answers on made-up logits, and the same smoothing as the box."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from device.affect.evidence import Source
from export.affect.calibration import Calibrated, calibrate, population_of
from export.affect.data import LOAD, REST
from export.affect.scores import balanced_accuracy, calibration_error, fit_temperature, long_mean, smoothed, stretches
from tests.export.affect.people import config, people, write_eeg


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    folder: Path = tmp_path_factory.mktemp("data")
    write_eeg(folder, n_people=1, rest_s=120, load_s=60)
    everybody = people(folder, "eeg")
    return calibrate(everybody[0], *population_of(everybody, config("eeg")), config("eeg"), 60.0)


def made_up(temperature: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits `temperature` times too sure, and labels drawn from the true probabilities."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, n)
    label = np.where(rng.random(n) < 1 / (1 + np.exp(-truth)), LOAD, REST)
    return temperature * truth, label


def test_balanced_accuracy_does_not_reward_the_larger_class() -> None:
    label = np.array([REST] * 90 + [LOAD] * 10)
    assert balanced_accuracy(np.full(100, -1.0), label) == 0.5
    assert balanced_accuracy(np.where(label == LOAD, 1.0, -1.0), label) == 1.0
    assert math.isnan(balanced_accuracy(np.ones(5), np.full(5, LOAD)))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_finds_how_much_too_sure_a_net_is(temperature: float) -> None:
    logit, label = made_up(temperature)
    weight = np.ones(len(label))
    assert fit_temperature(logit, label, weight) == pytest.approx(temperature, rel=0.05)


def test_calibration_error_is_small_when_probabilities_are_true() -> None:
    logit, label = made_up(1.0)
    weight = np.ones(len(label))
    assert calibration_error(logit, label, weight) < 0.02
    assert calibration_error(4 * logit, label, weight) > 0.08


def test_stretches_break_where_the_label_does(item: Calibrated) -> None:
    label = item.person.label[item.after]
    assert len(np.unique(stretches(item))) == 2
    assert all(len(np.unique(label[stretches(item) == number])) == 1 for number in (0, 1))


def test_thirty_seconds_are_thirty_seconds_of_one_label(item: Calibrated) -> None:
    label = item.person.label[item.after]
    mean, labels = long_mean(item, np.where(label == LOAD, 2.0, -1.0))
    assert set(mean[labels == LOAD].round(9)) == {2.0}
    assert set(mean[labels == REST].round(9)) == {-1.0}
    assert (labels == LOAD).sum() == 4 * 30 + 1


def test_smoothing_is_that_of_the_box(item: Calibrated) -> None:
    logit = np.random.default_rng(0).normal(size=len(item.after))
    found = smoothed(item, logit, 10.0)
    source = Source.__new__(Source)
    source._reader = type("Reader", (), {"settings": type("Settings", (), {"smoothing_s": 10.0})})()
    source._logits = source._coverage = 0.0
    inside = stretches(item) == 0
    for value, since_s in zip(logit[inside].tolist(), [0.25] * int(inside.sum()), strict=True):
        source._smooth(value, since_s)
    assert found[inside][-1] == pytest.approx(source._logits / source._coverage, abs=0.02)
