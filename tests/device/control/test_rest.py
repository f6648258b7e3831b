"""A policy's rest is short and rare, whatever it wishes; who chose silence has it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import ControlConfig
from device.control.policies.plan import Plan
from device.control.policies.silence import Silence
from device.control.rest import BEGINS_S, LONGEST_S, RestBudget

WINDOW_S, FIFTH_S = 600.0, 120.0
steps = st.lists(st.tuples(st.booleans(), st.floats(1.0, 8.0)), min_size=1, max_size=400)


def rested(wishes: list[tuple[bool, float]]) -> list[tuple[float, float, bool]]:
    """Begin, end and whether it rested, of each bar; a bar's length is told with the next."""
    budget, now_s, told_s, bars = RestBudget(Plan(ControlConfig())), 0.0, 0.0, []
    for wish, length_s in wishes:
        bars.append((now_s, now_s + length_s, bool(budget.take(wish, told_s))))
        now_s, told_s = now_s + length_s, length_s
    return bars


def rest_within(bars: list[tuple[float, float, bool]], begin_s: float, end_s: float) -> float:
    return sum(max(0.0, min(end, end_s) - max(begin, begin_s)) for begin, end, rests in bars if rests)


@given(steps)
def test_no_ten_minutes_have_more_than_a_fifth_of_rest(wishes: list[tuple[bool, float]]) -> None:
    bars = rested(wishes)
    for begin_s, _, _ in bars:
        # Each rest may end a bar late, as a bar's length is known only after it.
        rests = sum(before[2] and not after[2] for before, after in pairwise(bars)) + 1
        assert rest_within(bars, begin_s, begin_s + WINDOW_S) <= FIFTH_S + 7.0 * rests


@given(st.lists(st.booleans(), min_size=1, max_size=500), st.floats(1.0, 8.0))
def test_with_even_bars_a_rest_is_a_minute_and_ten_minutes_have_two_at_most(wishes: list[bool], bar_s: float) -> None:
    bars = rested([(wish, bar_s) for wish in wishes])
    run_s = 0.0
    for begin, end, rests in bars:
        run_s = run_s + end - begin if rests else 0.0
        assert run_s <= LONGEST_S + 1e-6
        assert rest_within(bars, begin, begin + WINDOW_S) <= FIFTH_S + 1e-6


@given(steps)
def test_it_never_rests_unasked(wishes: list[tuple[bool, float]]) -> None:
    assert not any(rests and not wish for (_, _, rests), (wish, _) in zip(rested(wishes), wishes, strict=True))


def test_who_always_wishes_for_rest_hears_music_most_of_the_time() -> None:
    bars = rested([(True, 4.0)] * 900)
    assert rest_within(bars, 0.0, LONGEST_S) == pytest.approx(LONGEST_S)
    share = rest_within(bars, 600.0, 3600.0) / 3000.0
    assert 0.08 < share < 0.13
    lengths = np.diff(np.flatnonzero(np.diff([rests for _, _, rests in bars])))[1::2] * 4.0
    assert min(lengths) >= BEGINS_S - 4.0


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=60))
def test_a_cohort_is_bounded_as_each_of_its_listeners(wishes: list[list[bool]]) -> None:
    together = RestBudget(Plan(ControlConfig()))
    alone = [RestBudget(Plan(ControlConfig())) for _ in range(3)]
    for row in wishes:
        each = [bool(budget.take(wish, 4.0)) for budget, wish in zip(alone, row, strict=True)]
        assert together.take(np.array(row), 4.0).tolist() == each


def test_whoever_chose_silence_has_it() -> None:
    budget = RestBudget(Silence(ControlConfig()))
    assert all(budget.take(True, 4.0) for _ in range(900))
