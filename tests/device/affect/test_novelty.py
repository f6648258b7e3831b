"""Novelty: distance from what channels look like, unknown features are strange."""

from __future__ import annotations

import numpy as np

from device.affect.novelty import Familiar, Normal

KNOWN = Familiar(Normal([1.0, 2.0], [[0.5, 0.0], [0.0, 1.0]], 3.0))


def test_distance_counts_standard_deviations() -> None:
    assert KNOWN.distance(np.array([[1.0, 2.0], [5.0, 2.0], [1.0, 5.0]])).tolist() == [0.0, 2.0, 3.0]


def test_only_what_is_beyond_the_reach_is_strange() -> None:
    values = np.array([[1.0, 2.0], [1.0, 5.0], [1.0, 5.1], [np.nan, 2.0], [np.inf, 2.0]])
    assert KNOWN.is_strange(values).tolist() == [False, False, True, True, True]
