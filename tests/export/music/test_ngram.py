"""The n-gram baseline."""

import numpy as np
import pytest

from export.music.ngram import ORDER_MAX, Counts, keys, nats_per_order, nats_per_token


def test_a_repeating_tune_is_learned_and_noise_is_not() -> None:
    tune = np.tile([1, 2, 3, 4, 5, 6, 7, 8], 200)
    noise = np.random.default_rng(0).integers(0, 256, 4000)
    assert nats_per_token(tune, tune[:80], tune[:80], 256) < 0.1
    assert nats_per_token(noise[:2000], noise[2000:], noise[2000:], 256) > 4.5


@pytest.mark.parametrize("length", [0, 1, 2])
def test_the_probabilities_after_a_context_sum_to_one(length: int) -> None:
    tokens = np.random.default_rng(1).integers(0, 20, 2000)
    lower = np.full(20, 1 / 20)
    for known in range(length + 1):
        context = tokens[100 : 100 + known]
        asked = [keys(np.append(context, token), known) for token in range(20)]
        contexts, pairs = (np.concatenate(column) for column in zip(*asked, strict=True))
        lower = Counts(tokens, known).mix(contexts, pairs, lower)
        assert lower.sum() == pytest.approx(1.0)


def test_counts_are_those_of_plain_counting() -> None:
    tokens = np.array([1, 2, 1, 2, 1, 3, 700, 1, 2])
    counts = Counts(tokens, 1)
    contexts, pairs = keys(np.array([1, 2]), 1)
    assert counts.mix(contexts, pairs, np.array([0.5])) == pytest.approx([(3 + 2 * 0.5) / (4 + 2)])
    contexts, pairs = keys(np.array([9, 2]), 1)
    assert counts.mix(contexts, pairs, np.array([0.5])) == pytest.approx([0.5])


def test_the_order_that_the_data_have_is_the_best() -> None:
    rng = np.random.default_rng(2)
    tokens = [0, 1]
    for _ in range(20_000):
        tokens.append(int((tokens[-1] + 2 * tokens[-2] + (rng.random() < 0.2)) % 5))
    losses = nats_per_order(np.array(tokens[:15_000]), np.array(tokens[15_000:]), np.array(tokens[15_000:]), 5)
    assert len(losses) == ORDER_MAX
    assert int(np.argmin(losses)) in (2, 3)
    assert losses[2] < losses[1] - 1.0
    assert nats_per_token(np.array(tokens[:15_000]), *[np.array(tokens[15_000:])] * 2, 5) == min(losses)


def test_only_marked_tokens_count() -> None:
    tune = np.tile([1, 2, 3, 4], 100)
    test = np.array([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 200])
    targets = np.where(test == 200, -1, test)
    assert nats_per_token(tune, test, targets, 256) < 0.2
