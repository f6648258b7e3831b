"""Blocks are dealt in pairs by chance, fill their time, and are long enough to tell anything."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import ConfigError
from device.stage import keyed_random
from device.trials.schedule import BLOCK_MIN_S, PAIRS, block_at, deal
from device.trials.table import CONDITIONS

OTHERS = CONDITIONS[1:]


@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 3))
def test_each_pair_has_an_adaptive_block_and_the_others_take_turns(seed: int, pairs: int, n_others: int) -> None:
    blocks = deal(keyed_random(seed, "trial", 1), 60.0, 60.0 + 2 * pairs * 75.0, OTHERS[:n_others], pairs)
    assert len(blocks) == 2 * pairs
    assert (blocks[0].begins_s, blocks[-1].ends_s) == (60.0, pytest.approx(60.0 + 2 * pairs * 75.0))
    assert all(one.ends_s == two.begins_s for one, two in itertools.pairwise(blocks))
    for pair in range(pairs):
        both = [block.condition for block in blocks if block.pair == pair]
        assert both.count("adaptive") == 1
    counts = Counter(block.condition for block in blocks if block.condition != "adaptive")
    assert max(counts.values()) - min(counts[name] for name in OTHERS[:n_others]) <= 1


def test_either_order_comes_as_often_and_a_seed_deals_the_same() -> None:
    first = [deal(keyed_random(seed, "trial", 1), 0.0, 1080.0, OTHERS, PAIRS)[0].condition for seed in range(1000)]
    assert 430 < first.count("adaptive") < 570
    assert deal(keyed_random(3, "trial", 1), 0.0, 1080.0, OTHERS, PAIRS) == deal(
        keyed_random(3, "trial", 1), 0.0, 1080.0, OTHERS, PAIRS
    )


def test_blocks_too_short_to_tell_anything_are_refused() -> None:
    with pytest.raises(ConfigError, match="do not fit") as refused:
        deal(keyed_random(1, "trial", 1), 0.0, 2 * PAIRS * BLOCK_MIN_S - 60.0, OTHERS, PAIRS)
    assert "1.0 minutes longer" in refused.value.action


def test_a_time_of_the_session_has_its_block() -> None:
    blocks = deal(keyed_random(1, "trial", 1), 60.0, 300.0, OTHERS, 2)
    assert [block_at(blocks, t_s) for t_s in (0.0, 60.0, 119.9, 120.0, 299.9, 300.0)] == [-1, 0, 0, 1, 3, -1]
