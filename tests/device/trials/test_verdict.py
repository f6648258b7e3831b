"""The verdict is right as often as it says, whatever the outcomes are like, and says in words what it is."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.trials.table import Block
from device.trials.verdict import judge
from hardware.bench.blocks import Listener, blocks_of

LISTENERS = 200
TOO_MANY = 0.05 + 3 * math.sqrt(0.05 * 0.95 / LISTENERS)


def dealt(seed: int, **like: Any) -> list[Block]:
    return blocks_of(Listener(**({"deal": "session", "times": 4} | like)), np.random.default_rng(seed))


def share_of_effects(**like: Any) -> float:
    return float(np.mean([judge(dealt(seed, **like)).effect for seed in range(LISTENERS)]))


@pytest.mark.parametrize(
    "like",
    [
        {},
        {"autocorrelation": 0.7},
        {"drift": 3.0},
        {"tail": 2.5},
        {"step": 1.0},
        {"sessions": 3, "times": 2},
        {"sessions": 6, "times": 1, "conditions": ("adaptive", "silence")},
        {"times": 1},
        {"sessions": 1, "times": 6},
        {"deal": "pairs", "times": 4, "lost": 0.2},
    ],
    ids=str,
)
def test_a_listener_without_effect_is_told_of_one_in_five_percent_at_most(like: dict[str, Any]) -> None:
    assert share_of_effects(**like) <= TOO_MANY


@pytest.mark.parametrize("d", [0.4, -0.4])
def test_an_effect_of_four_tenths_is_found_after_twelve_sessions(d: float) -> None:
    found = share_of_effects(d=d, times=9, deal="pairs")
    assert found >= 0.8 - 3 * math.sqrt(0.8 * 0.2 / LISTENERS)


@pytest.mark.parametrize("deal", ["pieces", "sessions"])
def test_blocks_that_were_not_dealt_one_by_one_are_not_counted_one_by_one(deal: str) -> None:
    like = {"autocorrelation": 0.7, "conditions": ("adaptive", "silence"), "times": 8}
    assert share_of_effects(deal=deal, **like) <= TOO_MANY


def test_who_looks_before_the_plan_is_done_is_fooled_no_more_often() -> None:
    listeners = [dealt(seed, times=4, conditions=("adaptive", "static")) for seed in range(LISTENERS)]
    fooled = {
        number
        for n in (3, 6, 9, 12)
        for number, blocks in enumerate(listeners)
        if judge([row for row in blocks if int(row.session) < n], planned=12).effect
    }
    assert len(fooled) / LISTENERS <= TOO_MANY


# -- what it says


def test_it_says_what_it_found() -> None:
    none, good, bad = (judge(dealt(4, d=d, times=6)) for d in (0.0, 1.0, -1.0))
    assert "no effect found" in none.sentence
    assert (none.effect, good.effect, bad.effect) == (False, True, True)
    assert none.sessions_needed == good.sessions_needed == bad.sessions_needed == 0
    assert "helps" in good.sentence
    assert "worse" in bad.sentence
    assert none.low < 0 < none.high
    assert 0 < good.low < good.estimate < good.high
    assert "worse" in judge(dealt(4, d=1.0, times=6), better="lower").sentence


def test_with_too_few_sessions_it_says_how_many_more() -> None:
    answer = judge(dealt(5, sessions=4, times=4))
    assert not answer.effect
    assert f"not enough sessions yet: {answer.sessions_needed} more" in answer.sentence
    more = dealt(5, sessions=4 + answer.sessions_needed, times=4)
    assert judge(more).sessions_needed <= 1
    fewer = dealt(5, sessions=2 + answer.sessions_needed, times=4)
    assert judge(fewer).sessions_needed in {1, 2, 3}


def test_before_the_planned_sessions_are_there_more_are_asked_for() -> None:
    answer = judge(dealt(4, sessions=10, times=9), planned=12)
    assert (answer.effect, answer.sessions_needed, answer.alpha) == (False, 2, 0.001)


@pytest.mark.parametrize("order", [["adaptive", "yoked", "static", "silence"], ["adaptive", "static"] * 4])
def test_a_drift_is_no_effect_where_the_order_is_always_the_same_and_that_is_said(order: list[str]) -> None:
    def table(seed: int) -> list[Block]:
        random = np.random.default_rng(seed)
        return [
            Block(str(session), str(place), condition, random.normal() + 0.5 * place)
            for session in range(12)
            for place, condition in enumerate(order)
        ]

    found = [judge(table(seed)) for seed in range(LISTENERS)]
    assert np.mean([answer.effect for answer in found]) <= TOO_MANY
    assert all("The order is the same" in answer.sentence for answer in found)


@pytest.mark.parametrize("order", [["adaptive", "static"], ["static", "adaptive"], ["adaptive"] * 4 + ["static"] * 4])
def test_where_time_alone_tells_the_condition_nothing_is_known_and_no_effect_is_told(order: list[str]) -> None:
    random = np.random.default_rng(3)
    answer = judge(
        [
            Block(str(session), str(place), condition, random.normal() + 3.0 * place)
            for session in range(12)
            for place, condition in enumerate(order)
        ]
    )
    assert (answer.effect, answer.p) == (False, 1.0)
    assert answer.sessions_needed >= 12
    assert "cannot be told from an effect. Deal the order by chance" in answer.sentence


def test_outcomes_that_are_all_the_same_are_no_effect() -> None:
    answer = judge([row._replace(outcome=0.3) for row in dealt(4, times=9)])
    assert (answer.effect, answer.estimate, answer.p) == (False, 0.0, 1.0)
    assert "no effect found" in answer.sentence
    assert "every block is 0.3" in answer.sentence


def test_a_difference_without_any_scatter_is_an_effect() -> None:
    blocks = [row._replace(outcome=float(row.condition == "adaptive")) for row in dealt(4)]
    answer = judge(blocks)
    assert (answer.effect, answer.estimate) == (True, pytest.approx(1.0))


def test_a_difference_without_scatter_that_chance_might_have_dealt_has_no_interval() -> None:
    blocks = [Block(str(n), "1", ("adaptive", "static")[n % 2], float(n % 2 == 0)) for n in range(6)]
    answer = judge(blocks)
    assert (answer.effect, answer.estimate) == (False, 1.0)
    assert math.isnan(answer.low)
    assert math.isnan(answer.high)
    assert "interval" not in answer.sentence


def test_one_session_with_two_blocks_tells_nothing_yet() -> None:
    answer = judge([Block("1", "1", "adaptive", 1.0), Block("1", "2", "silence", 0.0)])
    assert (answer.effect, answer.estimate, answer.p) == (False, 1.0, 1.0)
    assert answer.sessions_needed > 50


def test_each_other_condition_is_compared_too() -> None:
    answer = judge(dealt(4, d=1.0, times=8))
    assert set(answer.against) == {"silence", "static", "yoked"}
    assert all(0.5 < value < 1.5 for value in answer.against.values())


def test_an_effect_of_music_against_silence_is_not_sold_as_one_of_listening() -> None:
    found = judge(dealt(4, times=9, of_music=1.5))
    assert found.effect
    assert "Beside other music it is only" in found.sentence
    assert "Beside other music" not in judge(dealt(4, times=9, d=1.0)).sentence


# -- what must not matter


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shift=st.floats(-1e6, 1e6),
    scale=st.floats(1e-6, 1e6),
    sessions=st.integers(1, 5),
)
def test_units_and_the_order_of_rows_do_not_matter(seed: int, shift: float, scale: float, sessions: int) -> None:
    random = np.random.default_rng(seed)
    blocks = dealt(seed, sessions=sessions, times=2, d=0.5)
    before = judge(blocks)
    moved = [row._replace(outcome=row.outcome * scale + shift) for row in blocks]
    after = judge([moved[place] for place in random.permutation(len(moved))])
    assert after.p == pytest.approx(before.p, abs=0.002)
    near = max(abs(shift), scale) * 1e-6
    assert after.estimate == pytest.approx(before.estimate * scale, rel=1e-4, abs=near)
    assert after.high == pytest.approx(before.high * scale, rel=1e-3, abs=near)
    assert after.sessions_needed == before.sessions_needed


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), sessions=st.integers(1, 6))
def test_swapped_labels_turn_the_sign_and_nothing_else(seed: int, sessions: int) -> None:
    blocks = dealt(seed, sessions=sessions, times=3, conditions=("adaptive", "silence"))
    other = {"adaptive": "silence", "silence": "adaptive"}
    one, two = judge(blocks), judge([row._replace(condition=other[row.condition]) for row in blocks])
    assert two.estimate == pytest.approx(-one.estimate)
    assert (two.p, two.effect) == (one.p, one.effect)
    assert (two.low, two.high) == (pytest.approx(-one.high, nan_ok=True), pytest.approx(-one.low, nan_ok=True))


def test_a_set_of_blocks_is_compared_within_itself() -> None:
    random = np.random.default_rng(5)
    blocks = []
    for session in range(12):
        for pair in range(4):
            level = 100 * random.normal()
            for condition, shift in (("adaptive", 1.0), ("static", 0.0)):
                blocks.append(Block(str(session), str(pair), condition, level + shift + 0.5 * random.normal()))
    answer = judge(blocks)
    assert answer.effect
    assert answer.estimate == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([Block("1", "1", "static", 1.0), Block("1", "2", "silence", 1.0)], "No block is adaptive"),
        ([Block("1", "1", "adaptive", 1.0), Block("1", "2", "adaptive", 1.0)], "nothing to compare with"),
        ([Block("1", str(i), ("adaptive", f"x{i}")[i % 2], 1.0) for i in range(60)], "31 conditions"),
        (
            [Block("1", "1", "adaptive", 1.0), Block("1", "1", "adaptive", 1.0), Block("1", "2", "static", 1.0)],
            "2 times",
        ),
        ([Block("1", str(i // 2), ("adaptive", "static")[i % 2], 1.0) for i in range(2)] * 2, "is adaptive 2 times"),
    ],
)
def test_what_cannot_be_compared_is_refused(blocks: list[Block], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        judge(blocks)
