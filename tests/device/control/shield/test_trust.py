"""From which second and which size on an estimate is not acted on, and from when on it is again."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest

from device.control.policies.view import Feeling
from device.control.shield.signs import Level, Rule, Signs
from device.control.shield.trust import Trust


def signs(arousal: float = 0.0, sd: float = 0.3, since_s: float = 5.0, **more: object) -> Signs:
    return Signs(since_s, Feeling(True, arousal, sd, 0.0, 1.0), -0.6, leads=True)._replace(**more)  # type: ignore[arg-type]


def unknown(since_s: float = 5.0) -> Signs:
    return Signs(since_s, Feeling(), -0.6, leads=True)


def found(told: Iterable[Signs]) -> list[set[Rule]]:
    """The rules that ask for the plan alone, decision by decision."""
    trust, rules = Trust(), []
    for each in told:
        asked = dict(trust.judge(each))
        assert set(asked.values()) <= {Level.GO_ON, Level.PLAN}
        assert set(asked) == {Rule.UNHEARD, Rule.UNSURE, Rule.LEAPS, Rule.FROZEN, Rule.DENIED}
        rules.append({rule for rule, level in asked.items() if level == Level.PLAN})
    return rules


def first(told: list[Signs], rule: Rule) -> int | None:
    """Index of the first decision at which a rule asks."""
    return next((index for index, rules in enumerate(found(told)) if rule in rules), None)


def test_fifteen_seconds_without_an_estimate_and_one_mends_it() -> None:
    assert found([signs(), unknown(), unknown(), unknown(), signs()]) == [set(), set(), set(), {Rule.UNHEARD}, set()]
    assert found([unknown(14.9)]) == [set()]
    assert first([signs(), *[unknown(1.0)] * 20], Rule.UNHEARD) == 15


@pytest.mark.parametrize(("sd", "rules"), [(0.949, set()), (0.95, {Rule.UNSURE}), (1.0, {Rule.UNSURE})])
def test_an_estimate_from_a_deviation_of_0_95_on_is_none(sd: float, rules: set[Rule]) -> None:
    assert found([signs(sd=sd, since_s=15.0)]) == [rules]
    assert found([signs(), signs(sd=sd), signs(sd=sd), signs(sd=sd)])[-1] == rules


@pytest.mark.parametrize(
    ("size", "sd", "leaps"), [(0.2, 0.0, False), (0.21, 0.0, True), (0.75, 0.1, False), (0.78, 0.1, True)]
)
def test_three_leaps_beyond_what_the_estimate_says_of_itself(size: float, sd: float, leaps: bool) -> None:
    told = [signs(size * (index % 2), sd, 0.0) for index in range(4)]
    assert first(told, Rule.LEAPS) == (3 if leaps else None)


def test_a_second_allows_for_a_twentieth_and_a_gap_for_all_of_its_seconds() -> None:
    allowed = [signs(0.449 * (index % 2), 0.0, 5.0) for index in range(9)]
    beyond = [signs(0.451 * (index % 2), 0.0, 5.0) for index in range(9)]
    assert first(allowed, Rule.LEAPS) is None
    assert first(beyond, Rule.LEAPS) == 3
    gapped = [one for sign in beyond for one in (unknown(5.0), sign)]
    assert first(gapped, Rule.LEAPS) is None
    leap_after_a_gap = [one for index in range(9) for one in (unknown(5.0), signs(0.71 * (index % 2), 0.0, 5.0))]
    assert first(leap_after_a_gap, Rule.LEAPS) == 7


def test_a_leap_is_forgotten_and_one_that_a_word_explains_is_none() -> None:
    rare = [one for index in range(9) for one in (signs(index % 2, 0.0, 0.0), signs(index % 2, 0.0, 60.0))]
    assert first(rare, Rule.LEAPS) is None
    told = [signs(index % 2, 0.0, 0.0, told_arousal=0.5) for index in range(9)]
    assert first(told, Rule.LEAPS) is None


def test_a_minute_without_any_change_of_what_is_measured() -> None:
    still = [signs(0.2, coverage=0.5) for _ in range(14)]
    assert first(still, Rule.FROZEN) == 12
    moved_once = [signs(0.1, coverage=0.5), *[signs(0.2, since_s=1.0, coverage=0.5)] * 70]
    assert first(moved_once, Rule.FROZEN) == 61
    torn = [signs(0.0, 1.0, coverage=0.5), unknown()._replace(coverage=0.5)] * 10
    assert first(torn, Rule.FROZEN) is None
    for other in ({"coverage": 0.51}, {"feeling": Feeling(True, 0.21, 0.3)}, {"feeling": Feeling(True, 0.2, 0.31)}):
        moved = [*still[:12], still[12]._replace(**other), still[13]]
        assert first(moved, Rule.FROZEN) is None
    for uncovered in (math.nan, 0.0):
        assert first([signs(0.2, coverage=uncovered) for _ in range(14)], Rule.FROZEN) is None
    assert first([*still[:12], unknown(), *still[:2]], Rule.FROZEN) is None


def test_two_words_against_the_estimate_outweigh_it_for_ten_minutes() -> None:
    word = signs(0.0, 0.1, told_arousal=0.51)
    rules = found([signs(0.0, 0.1), word, word, *[signs(0.0, 0.1, 10.0)] * 59, *[signs(0.0, 0.1, 1.0)] * 11])
    assert [Rule.DENIED in each for each in rules] == [False, False, *[True] * (1 + 59 + 9), False, False]


@pytest.mark.parametrize(
    ("told", "sd", "denies"), [(0.3, 0.0, False), (0.31, 0.0, True), (-0.49, 0.1, False), (-0.51, 0.1, True)]
)
def test_how_far_a_word_may_lie_from_the_estimate(told: float, sd: float, denies: bool) -> None:
    words = [signs(0.0, sd), *[signs(0.0, sd, told_arousal=told)] * 2]
    assert first(words, Rule.DENIED) == (2 if denies else None)


def test_a_word_that_agrees_takes_denials_back_and_one_without_an_estimate_says_nothing() -> None:
    against, along = signs(0.0, 0.1, told_arousal=0.9), signs(0.0, 0.1, told_arousal=0.1)
    assert first([signs(0.0, 0.1), against, along, against], Rule.DENIED) is None
    assert first([signs(0.0, 0.1), against, signs(0.0, 0.1), against], Rule.DENIED) == 3
    assert first([unknown()._replace(told_arousal=0.9)] * 5, Rule.DENIED) is None
    assert Rule.DENIED not in found([signs(0.0, 0.1), against, against, along])[-1]


def test_a_word_is_held_against_the_estimate_before_it() -> None:
    moved_by_it = [
        signs(0.0, 0.1),
        signs(0.9, 0.1, told_arousal=0.9),
        signs(0.0, 0.1),
        signs(0.9, 0.1, told_arousal=0.9),
    ]
    assert first(moved_by_it, Rule.DENIED) == 3


def test_a_word_that_lies_beside_the_estimate_agrees_wherever_that_is() -> None:
    for arousal in (-0.8, 0.8):
        assert first([signs(arousal, 0.1), *[signs(arousal, 0.1, told_arousal=arousal)] * 3], Rule.DENIED) is None


def test_each_listener_of_a_cohort_keeps_their_own_newest_estimate() -> None:
    trust = Trust()
    for known in ([True, False], [False, True], [True, True]):
        feeling = Feeling(np.array(known), np.array([0.5, -0.5]), np.array([0.1, 0.1]), np.zeros(2), np.ones(2))
        asked = dict(trust.judge(Signs(5.0, feeling, -0.6, leads=True)))
    assert {rule: list(np.broadcast_to(level, 2)) for rule, level in asked.items()} == {rule: [0, 0] for rule in asked}
