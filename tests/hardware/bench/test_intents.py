"""What the benches ask for is what the box would ask for."""

from __future__ import annotations

import numpy as np

from hardware.bench.intents import CALM, DENSE, config_of, intents_of, standing, wandering


def test_steady_settings_differ_in_what_they_ask() -> None:
    dense, calm = (intents_of(config_of(1), standing(*place), 5) for place in (DENSE, CALM))
    assert [intent.bar_index for intent in dense] == list(range(5))
    assert min(intent.density for intent in dense) > 0.7
    assert max(intent.density for intent in calm) < 0.3
    assert not any(intent.final for intent in dense)


def test_a_random_way_reaches_every_corner_and_is_the_same_for_its_seed() -> None:
    places = np.array([wandering(3, 4000).at(bar, 0.0) for bar in range(0, 4000, 12)])
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        assert (places * signs > 0.6).all(axis=1).any()
    assert wandering(3, 50).points == wandering(3, 50).points != wandering(4, 50).points
