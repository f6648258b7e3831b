"""The personal baseline: what a minute of rest does to a feature, and how it leans on other people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.baseline import CARRIED_REST_S, Baseline, Population, Rest

MEAN, SD = np.array([[10.0, 0.0]]), np.array([[2.0, 1.0]])


def baseline(mean_weight_s: float = 2.0, sd_weight_s: float = 10.0, wanted_s: float = 60.0) -> Baseline:
    return Baseline(Population(MEAN, SD, mean_weight_s, sd_weight_s), wanted_s)


def feed(target: Baseline, values: np.ndarray, *, usable: bool = True) -> None:
    for row in values:
        target.add(row[None], np.array([usable]), 0.25, 4.0)


def test_without_any_rest_people_in_training_speak() -> None:
    assert baseline().z(np.array([[12.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_after_a_minute_the_listeners_own_rest_speaks() -> None:
    target = baseline()
    rest = np.random.default_rng(0).normal((30.0, 5.0), (4.0, 0.5), (225, 2))
    feed(target, rest)
    assert target.complete
    assert target.z(rest[None].swapaxes(0, 1)).mean() == pytest.approx(0, abs=0.3)
    assert np.all(np.abs(target.z(np.array([[34.0, 5.5]])) - 1) < 0.4)


def test_the_first_window_counts_whole_and_overlaps_count_once() -> None:
    target = baseline()
    feed(target, np.tile(MEAN, (4, 1)))
    assert target.covered_s == pytest.approx(4.75)


def test_a_pause_does_not_count_as_rest() -> None:
    target = baseline()
    target.add(MEAN, np.array([True]), 4.0, 4.0)
    target.add(MEAN, np.array([True]), 500.0, 4.0)
    assert target.covered_s == 8


def test_bad_windows_and_unknown_values_count_for_nothing() -> None:
    target = baseline()
    feed(target, np.full((300, 2), 1e9), usable=False)
    assert target.covered_s == 0
    feed(target, np.tile([[np.nan, 0.0]], (300, 1)))
    assert target.complete
    assert target.z(np.array([[12.0, 0.0]]))[0, 0] == 1.0


def test_a_channel_that_was_bad_at_rest_is_not_ready() -> None:
    target = Baseline(Population(np.zeros((2, 1)), np.ones((2, 1)), 1.0, 1.0), 60.0)
    for index in range(300):
        target.add(np.zeros((2, 1)), np.array([True, index < 40]), 0.25, 4.0)
    assert target.ready_channels.tolist() == [True, False]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300))
def test_z_is_finite_even_for_a_constant_feature(values: list[float]) -> None:
    target = baseline()
    feed(target, np.repeat(np.array(values)[:, None], 2, axis=1))
    assert np.isfinite(target.z(np.array([[values[0], values[-1]]]))).all()


@pytest.mark.parametrize(("rest_s", "is_enough"), [(12, False), (20, True)])
def test_when_rest_is_over_a_quarter_of_it_must_do(rest_s: int, is_enough: bool) -> None:
    target = baseline()
    target.add(MEAN, np.array([True]), 4.0, rest_s)
    assert not target.complete
    target.closed = True
    assert target.complete == is_enough
    target.add(MEAN + 5, np.array([True]), 4.0, 4.0)
    assert target.covered_s == rest_s
    assert target.ready_channels.tolist() == [is_enough]


def carried(weight_s: float) -> Rest:
    return Rest(np.array([[30.0, 5.0]]), np.array([[4.0, 0.5]]), np.full((1, 2), weight_s))


def test_with_an_earlier_rest_twenty_seconds_are_enough_and_learning_goes_on() -> None:
    target = Baseline(Population(MEAN, SD, 2.0, 10.0), 60.0, carried(8.0))
    feed(target, np.tile([[30.0, 5.0]], (round((CARRIED_REST_S - 4) / 0.25), 1)))
    assert not target.ready
    feed(target, np.tile([[30.0, 5.0]], (4, 1)))
    assert target.ready
    assert not target.complete
    assert target.share == pytest.approx(1 / 3, abs=0.02)
    feed(target, np.tile([[30.0, 5.0]], (200, 1)))
    assert target.complete
    assert target.share == 1


def test_an_earlier_rest_is_nearer_to_the_listener_than_other_people_are() -> None:
    alone, known = baseline(), Baseline(Population(MEAN, SD, 2.0, 10.0), 60.0, carried(8.0))
    here = np.array([[30.0, 5.0]])
    assert np.all(np.abs(known.z(here)) < np.abs(alone.z(here)))


def test_what_is_forgotten_is_as_if_it_had_never_been() -> None:
    alone, forgotten = baseline(), Baseline(Population(MEAN, SD, 2.0, 10.0), 60.0, carried(0.0))
    rows = np.random.default_rng(2).normal((30.0, 5.0), (4.0, 0.5), (100, 2))
    for target in (alone, forgotten):
        feed(target, rows)
    assert not forgotten.ready
    assert np.array_equal(alone.z(rows[:1]), forgotten.z(rows[:1]))


def test_the_rest_that_is_handed_on_holds_this_session_and_earlier_ones_by_their_weight() -> None:
    target = Baseline(Population(MEAN, SD, 2.0, 10.0), 60.0, carried(20.0))
    feed(target, np.random.default_rng(3).normal((36.0, 5.0), (4.0, 0.5), (300, 2)))
    handed = target.rest()
    assert handed.weight_s == pytest.approx(np.full((1, 2), 80.0), abs=1)
    assert handed.mean[0, 0] == pytest.approx(36 - 6 * 20 / 80, abs=0.8)
    assert handed.sd == pytest.approx(np.array([[4.0, 0.5]]), rel=0.2)
