"""The n-gram baseline."""

import numpy as np
import pytest

from export.music.ngram import Counts, keys, nats_per_token


def test_a_repeating_tune_is_learned_and_noise_is_not() -> None:
    tune = np.tile([1, 2, 3, 4, 5, 6, 7, 8], 200)
    noise = np.random.default_rng(0).integers(0, 256, 4000)
    assert nats_per_token(tune, tune[:80], tune[:80], 256) < 0.1
    assert nats_per_token(noise[:2000], noise[2000:], noise[2000:], 256) > 4.5


def test_the_probabilities_after_a_context_sum_to_one() -> None:
    tokens = np.random.default_rng(1).integers(0, 20, 2000)
    lower = np.full(20, 1 / 20)
    for length in range(3):
        context = keys(tokens[100 : 100 + length], length)[0] << 9 if length else 0
        lower = Counts(tokens, length).mix(context + np.arange(20), lower)
        assert lower.sum() == pytest.approx(1.0)


def test_only_marked_tokens_count() -> None:
    tune = np.tile([1, 2, 3, 4], 100)
    test = np.array([1, 2, 3, 4, 1, 2, 3, 4, 200])
    targets = np.where(test == 200, -1, test)
    assert nats_per_token(tune, test, targets, 256) < 0.2
