"""Choosing a token."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music import tokens as t
from device.music.sampling import draw, tire


@given(st.integers(0, 2**32 - 1), st.floats(0, 1, exclude_max=True))
def test_a_drawn_token_is_always_one_the_mask_allows(seed: int, chance: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(len(t.VOCABULARY)) < 0.1
    mask[seed % len(mask)] = True
    logits = (rng.normal(size=len(mask)) * 10).astype(np.float32)
    assert mask[draw(logits, mask, 0.9, 0.93, chance)]


def test_draws_come_as_often_as_the_model_thinks() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    drawn = [draw(logits, np.ones(3, bool), 1.0, 1.0, (step + 0.5) / 1000) for step in range(1000)]
    assert [drawn.count(token) / 1000 for token in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_a_note_tires_with_every_repetition_and_rests_when_another_came() -> None:
    kind = range(10, 20)
    once, twice, rested = (np.zeros(30, np.float32) for _ in range(3))
    tire(once, [12, 25], kind, 0.5)
    tire(twice, [12, 25, 12, 3], kind, 0.5)
    tire(rested, [12, 12, 14], kind, 0.5)
    assert twice[12] < once[12] < 0
    assert rested[12] == 0 > rested[14]
    tire(rested, [3, 25], kind, 0.5)
