"""The table of carried rest: a person whose rest is like it was needs less of today's; the moved one is told apart."""

from __future__ import annotations

import numpy as np
import pytest

from device.affect.baseline import Population
from export.affect.carried import learn

POPULATION = Population(np.zeros((2, 1)), np.ones((2, 1)), 2.0, 3.0)


def windows(mean: float, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return mean + rng.normal(0, 0.5, (n, 2, 1)), np.ones((n, 2), bool), 4.0 + np.arange(n) / 4


def test_it_learns_no_longer_than_it_may() -> None:
    values, usable, t_s = windows(3.0, 100)
    assert learn(POPULATION, values, usable, t_s, 10.0).covered_s == pytest.approx(10.0, abs=0.3)
    assert learn(POPULATION, values, usable, t_s).covered_s == pytest.approx(4 + 99 / 4)


def test_what_is_carried_stands_in_for_todays_rest() -> None:
    values, usable, t_s = windows(3.0, 100)
    earlier = learn(POPULATION, values, usable, t_s).rest()
    fresh = learn(POPULATION, values, usable, t_s, 4.0)
    known = learn(POPULATION, values, usable, t_s, 4.0, earlier)
    later = np.full((2, 1), 3.0)
    assert np.abs(known.z(later)).max() < np.abs(fresh.z(later)).min()
