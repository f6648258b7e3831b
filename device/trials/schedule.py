"""Deals the blocks of a session: pairs of an adaptive block and another one, the order within each left to chance.

Nine pairs a session find an effect of d = 0.4 after twelve sessions in more than eight of ten listeners
(`hardware/bench/verdict.py`). The other conditions take turns in an order that is left to chance too.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.errors import ConfigError
from device.stage import Random
from device.trial_layout import Condition, TrialBlock

PAIRS = 9
BLOCK_MIN_S = 60.0
"""A listener needs tens of seconds to answer a change, and the estimate as long to notice; the figure is ours."""
SETTLE_SHARE = 1 / 3
"""Share of a block, at its beginning, that is not counted: there the block before it still works on."""


def deal(random: Random, begins_s: float, ends_s: float, others: Sequence[Condition], pairs: int) -> list[TrialBlock]:
    """The blocks between two times of a session.

    Raises:
        ConfigError: they would be too short to tell anything.
    """
    block_s = (ends_s - begins_s) / (2 * pairs)
    if block_s < BLOCK_MIN_S:
        missing = (2 * pairs * BLOCK_MIN_S - (ends_s - begins_s)) / 60
        raise ConfigError(
            f"{pairs} pairs of blocks of {BLOCK_MIN_S:.0f} s do not fit into this session.",
            f"Make it {missing:.1f} minutes longer, or register fewer pairs.",
        )
    order: list[Condition] = []
    for other in _in_turn(random, others, pairs):
        both: list[Condition] = ["adaptive", other]
        random.shuffle(both)
        order += both
    times = [begins_s + place * block_s for place in range(2 * pairs + 1)]
    return [
        TrialBlock(condition=condition, pair=place // 2, begins_s=times[place], ends_s=times[place + 1])
        for place, condition in enumerate(order)
    ]


def _in_turn(random: Random, others: Sequence[Condition], count: int) -> list[Condition]:
    """So many of `others`, each as often as the rest but for one, in an order left to chance."""
    shuffled = list(others)
    random.shuffle(shuffled)
    turns = [shuffled[place % len(shuffled)] for place in range(count)]
    random.shuffle(turns)
    return turns


def block_at(blocks: Sequence[TrialBlock], t_s: float) -> int:
    """The number of the block at a time of the session; -1: none."""
    return next((number for number, block in enumerate(blocks) if block.begins_s <= t_s < block.ends_s), -1)
