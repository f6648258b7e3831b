"""Readings without a signal: what they reach is what a score has to be held against."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.affect.trivial import ALWAYS, CLOCK, balanced, baselines, commonest, mean_accuracy


def session(orders: list[list[int]], length: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, people and times of people who did tasks in the given orders."""
    label = np.concatenate([np.repeat(order, length) for order in orders]).astype(float)
    person = np.concatenate([np.full(length * len(order), f"P{k}") for k, order in enumerate(orders)])
    return label, person, np.concatenate([np.arange(length * len(order), dtype=float) for order in orders])


def test_a_clock_reads_an_order_that_all_share() -> None:
    found = baselines(*session([[0, 1, 2, 1]] * 5))
    assert found[ALWAYS] == pytest.approx(1 / 3)
    assert found[CLOCK] > 0.9


def test_a_clock_reads_nothing_where_orders_are_balanced() -> None:
    assert baselines(*session([[0, 1], [1, 0]] * 6))[CLOCK] < 0.6


def test_one_person_alone_has_no_others_to_learn_a_clock_from() -> None:
    assert baselines(*session([[0, 1]]))[CLOCK] == 0.5


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40))
def test_the_commonest_answer_is_right_most_often(labels: list[int]) -> None:
    label = np.array(labels, float)
    shares = [(label == one).mean() for one in np.unique(label)]
    assert (label == commonest(label)).mean() == max(shares)


def test_every_person_and_every_class_weigh_the_same() -> None:
    label = np.array([0, 0, 0, 1, 0, 1.0])
    person = np.array(["A"] * 4 + ["B"] * 2)
    answer = np.array([0, 0, 0, 0, 0, 1.0])
    assert balanced(answer[:4], label[:4]) == 0.5
    assert mean_accuracy(answer, label, person) == 0.75
    assert np.isnan(balanced(np.zeros(3), np.zeros(3)))
