"""Leaks: people are split, a baseline never sees what is scored, a population never sees who is left out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from export.affect.calibration import balance, calibrate, inputs_of, population_of
from export.affect.data import LOAD, Person
from tests.export.affect.people import config, people, write_eeg

EEG = config("eeg")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    folder: Path = tmp_path_factory.mktemp("data")
    write_eeg(folder)
    return people(folder, "eeg")


def test_what_is_scored_lies_after_the_baseline_and_cannot_change_it(three: list[Person]) -> None:
    mean, sd = population_of(three[:2], EEG)
    found = calibrate(three[2], mean, sd, EEG)
    scored = three[2]._replace(values=three[2].values.copy())
    scored.values[found.after] = 1e6
    again = calibrate(scored, mean, sd, EEG)
    assert np.array_equal(again.after, found.after)
    before = np.setdiff1d(np.arange(len(found.z)), found.after)
    assert np.array_equal(again.z[before], found.z[before])
    rest = found.after[three[2].label[found.after] != LOAD]
    assert (three[2].t_s[rest] - 4 >= 60 - 0.01).all()
    assert (three[2].label[found.after] == LOAD).sum() == (three[2].label == LOAD).sum()


def test_the_population_is_that_of_the_people_given(three: list[Person]) -> None:
    mean, _ = population_of(three[:2], EEG)
    other, _ = population_of([*three[:2], three[2]._replace(values=three[2].values + 100)], EEG)
    assert mean.shape == (len(EEG.sites), len(EEG.features))
    assert np.isfinite(mean).all()
    assert (np.abs(other - mean) > 10).all()


def test_every_person_and_class_weighs_the_same(three: list[Person]) -> None:
    item = calibrate(three[0], *population_of(three, EEG), EEG)
    weight, label = balance(item), three[0].label[item.after]
    assert weight[label == LOAD].sum() == pytest.approx(weight[label != LOAD].sum())


def test_inputs_are_what_the_net_takes(three: list[Person]) -> None:
    item = calibrate(three[0], *population_of(three, EEG), EEG)
    frontal_only = np.broadcast_to(np.isin(EEG.ch_names, ("Fp1", "Fp2")), item.usable.shape)
    rows = inputs_of(item, EEG, frontal_only)
    assert rows.shape == (len(item.after), len(EEG.sites) * (len(EEG.features) + 1))
    assert rows[:, -8:].mean(axis=0).tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert not rows[:, 14:56].any()


def test_without_a_baseline_everything_is_scored_against_the_people_in_training(three: list[Person]) -> None:
    cold = msgspec.structs.replace(EEG, baseline_s=0.0)
    mean, sd = population_of(three, cold)
    item = calibrate(three[0], mean, sd, cold)
    assert len(item.after) == len(three[0].label)
    assert len(item.baseline) == 0
    assert (sd >= population_of(three, EEG)[1]).all()


def test_a_site_that_tells_a_change_is_not_held_against_own_rest(three: list[Person]) -> None:
    mean, sd = population_of(three, EEG)
    moved = three[0]._replace(values=three[0].values + 3 * sd.mean())
    changes = msgspec.structs.replace(EEG, changes=tuple(EEG.sites)[:1])
    first = np.flatnonzero(moved.member[:, 0])
    held, kept = (np.nanmean(calibrate(moved, mean, sd, by).z, axis=(0, 2)) for by in (EEG, changes))
    assert (kept[first] > held[first] + 1).all()
    others = np.setdiff1d(np.arange(len(held)), first)
    assert np.array_equal(kept[others], held[others])
