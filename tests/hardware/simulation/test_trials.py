"""The same people meet every policy, and who simulates them makes no difference."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from device.config import ControlConfig
from hardware.simulation.closed_loop import Terms
from hardware.simulation.trials import SHARD, Course, Kind, Trial, run, shards
from hardware.simulation.workers import LOCAL, Workers, each

TERMS = Terms(minutes=3.0)
KINDS = [Kind("ising", "good", False), Kind("opposite", "poor", True)]
TRIALS = [
    Trial(ControlConfig(policy=policy), shard, TERMS, 2)
    for policy in ("hand", "silence")
    for shard in shards(KINDS, 20, 7)
]


def courses(workers: Workers) -> list[Course]:
    return list(each(run, TRIALS, workers))


def same(some: list[Course], others: list[Course]) -> bool:
    pairs = zip(some, others, strict=True)
    return all(np.array_equal(a, b) for one, other in pairs for a, b in zip(one.outcomes, other.outcomes, strict=True))


def test_two_processes_give_the_same_numbers_as_one() -> None:
    assert same(courses(Workers()), courses(Workers(jobs=2)))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra `ray`")
def test_the_same_cohort_through_ray_gives_the_same_numbers_to_the_bit() -> None:
    assert same(courses(Workers()), courses(Workers(jobs=2, ray=LOCAL)))


def test_policies_meet_the_same_people_on_the_same_days() -> None:
    hand, *_, silence = (run(trial) for trial in (TRIALS[0], TRIALS[2]))
    assert np.array_equal(hand.is_blind, silence.is_blind)
    assert not np.array_equal(hand.outcomes.distance, silence.outcomes.distance)
    nobody = Kind("no-effect", "good", False)
    plain = [
        run(Trial(ControlConfig(policy=policy), shards([nobody], 20, 7)[0], TERMS, 2)) for policy in ("hand", "silence")
    ]
    assert np.allclose(plain[0].outcomes.distance, plain[1].outcomes.distance)


def test_many_people_are_cut_into_shards_of_their_own() -> None:
    cut = shards(KINDS, SHARD + 10, 1)
    assert [(shard.kind, shard.number, shard.n_listeners) for shard in cut] == [
        (kind, number, size) for kind in KINDS for number, size in ((0, SHARD), (1, 10))
    ]
