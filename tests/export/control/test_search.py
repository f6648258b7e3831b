"""The search finds the same from the same seeds, and what it keeps is what did best on people it was not fitted to."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cma")

from export.control.net import first_guess, learned
from export.control.search import Settings, batches, search, validation
from hardware.simulation.workers import Workers

SMALL = Settings(("opposite",), generations=2, candidates=4, people=4, batches=2, validate_every=1, validated_on=4)
GOALS = [(0.2, -0.2)]


@pytest.mark.slow
def test_the_same_seeds_give_the_same_weights_with_any_number_of_processes() -> None:
    one, two = (search(learned, first_guess(), SMALL, GOALS, Workers(jobs), lambda _: None) for jobs in (1, 2))
    assert np.array_equal(one.weights, two.weights)
    assert [tried.validation for tried in one.history] == [tried.validation for tried in two.history]
    assert len(one.history) == 3


def test_nobody_who_is_trained_on_is_validated_on() -> None:
    seeds = {batch.seed for batch in batches(SMALL, GOALS)}, {batch.seed for batch in validation(SMALL, GOALS)}
    assert not seeds[0] & seeds[1]
    assert {batch.quality for batch in validation(SMALL, GOALS)} == {"good", "fair", "poor"}
