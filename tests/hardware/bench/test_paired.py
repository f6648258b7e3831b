"""A difference between policies is told with how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.bench.paired import gain, worst

PEOPLE = np.random.default_rng(1).uniform(0.2, 0.8, 400)


def test_what_is_the_same_for_each_is_no_gain() -> None:
    assert gain(PEOPLE, PEOPLE) == (0.0, 0.0, 0.0)


def test_a_gain_of_each_is_seen_however_different_people_are() -> None:
    found = gain(1.2 * PEOPLE, PEOPLE)
    assert found.value == pytest.approx(0.2)
    assert 0.19 < found.low <= found.value <= found.high < 0.21


def test_chance_alone_is_not_taken_for_a_gain() -> None:
    random = np.random.default_rng(2)
    found = [gain(random.permutation(PEOPLE), PEOPLE + 0.1 * random.normal(size=400), seed) for seed in range(20)]
    assert sum(one.low > 0 for one in found) <= 1


def test_the_worst_are_those_with_the_greatest_values() -> None:
    assert worst(np.arange(100.0)) == 97.0
    with pytest.raises(ValueError, match="each policy"):
        gain(PEOPLE, PEOPLE[1:])
