"""From which second and which size on the music gives way to a listener in distress, and when that is over."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import pytest

from device.control.policies.view import Feeling
from device.control.shield.distress import Distress
from device.control.shield.signs import Level, Rule, Signs


def signs(arousal: float = 0.0, since_s: float = 5.0, **more: object) -> Signs:
    known = Feeling(True, arousal, 0.3, 0.0, 1.0)
    return Signs(since_s, known, -0.6, leads=True)._replace(**more)  # type: ignore[arg-type]


def levels(told: Iterable[Signs], rule: Rule) -> list[int]:
    """What a rule asks for, decision by decision."""
    distress = Distress()
    return [int(dict(distress.judge(each))[rule]) for each in told]


def runs(found: list[int]) -> list[tuple[int, int]]:
    """Each level in turn, and for how many decisions."""
    return [(level, len(list(group))) for level, group in itertools.groupby(found)]


def test_all_rules_are_asked_in_order() -> None:
    assert [rule for rule, _ in Distress().judge(signs())] == [Rule.TOO_MUCH, Rule.RISE, Rule.STORM]


# -- a rise


def test_a_rise_calms_after_90_s_rests_after_four_minutes_and_has_been_tried_after_six() -> None:
    start = [signs(-0.2, 60.0)]
    up = [signs(0.9)] * 100
    found = levels([*start, *up], Rule.RISE)
    assert runs(found)[1:3] == [(Level.NEUTRAL, 30), (Level.REST, 24)]
    calm = runs(found)[0][1]
    assert found[calm + 54 :] == [Level.GO_ON] * len(found[calm + 54 :])


def test_it_begins_to_count_when_the_smoothed_arousal_is_far_above_where_it_had_come_down_to() -> None:
    fast, reference, calm = -0.2, -0.2, 0
    while not (fast - reference >= 0.7 and fast >= 0.4):
        calm += 1
        fast = 0.9 + (fast - 0.9) * math.exp(-5 / 30)
        reference = fast + (reference - fast) * math.exp(-5 / 900)
    found = levels([signs(-0.2, 60.0), *[signs(0.9)] * 60], Rule.RISE)
    assert found.index(Level.NEUTRAL) == calm + 17


def test_the_level_that_it_is_held_against_follows_a_fall_in_two_minutes() -> None:
    fast = reference = 0.6
    told = [signs(0.6, 60.0)]
    for _ in range(24):
        told.append(signs(-0.6))
        fast = -0.6 + (fast + 0.6) * math.exp(-5 / 30)
        reference = fast + (reference - fast) * math.exp(-5 / 120)
    calm = len(told)
    while not (fast - reference >= 0.7 and fast >= 0.4):
        told.append(signs(0.9))
        fast = 0.9 + (fast - 0.9) * math.exp(-5 / 30)
        constant_s = 120 if fast < reference else 900
        reference = fast + (reference - fast) * math.exp(-5 / constant_s)
    found = levels([*told, *[signs(0.9)] * 17], Rule.RISE)
    assert len(told) > calm + 3
    assert found == [0] * (len(found) - 1) + [Level.NEUTRAL]


@pytest.mark.parametrize(
    ("low", "high", "goal", "is_rise"),
    [
        (-0.4, 0.5, -0.6, True),
        (-0.4, 0.38, -0.6, False),
        (0.0, 0.65, -0.6, False),
        (-0.9, 0.38, -0.6, False),
        (-0.4, 0.7, 0.25, True),
        (-0.4, 0.7, 0.35, False),
    ],
)
def test_what_is_a_rise(low: float, high: float, goal: float, is_rise: bool) -> None:
    told = [signs(low, 60.0), *[signs(high, goal_arousal=goal)] * 40]
    assert (max(levels(told, Rule.RISE)) > 0) == is_rise


def test_a_rise_that_stops_counts_from_the_beginning_again_and_what_is_not_known_counts_neither_way() -> None:
    up = [signs(-0.2, 60.0), *[signs(0.9)] * 30]
    n_up = levels([*up, *[signs(0.9)] * 20], Rule.RISE).index(Level.NEUTRAL)
    short = [signs(-0.2, 60.0), *[signs(0.9)] * (n_up - 1)]
    gone = [signs(feeling=Feeling())] * 20
    assert levels([*short, *gone, signs(0.9)], Rule.RISE)[-2:] == [0, Level.NEUTRAL]
    assert levels([*short, *[signs(-0.9)] * 6, signs(0.9)], Rule.RISE)[-1] == 0
    blind = levels([*short, signs(0.9), *gone], Rule.RISE)
    assert blind[-20:] == [Level.NEUTRAL] * 20


def test_before_the_music_leads_the_state_is_the_listeners_own() -> None:
    told = [signs(-0.2, 60.0, leads=False), *[signs(0.9, leads=False)] * 40, *[signs(0.9)] * 40]
    assert set(levels(told, Rule.RISE)) == {0}
    assert set(levels([signs(feeling=Feeling()), *[signs(0.9)] * 60], Rule.RISE)) == {0}


# -- a storm


@pytest.mark.parametrize(("before", "after", "is_storm"), [(0.6, 0.24, True), (0.59, 0.24, False), (0.9, 0.25, False)])
def test_what_is_a_storm(before: float, after: float, is_storm: bool) -> None:
    found = levels([signs(coverage=before), *[signs(coverage=after)] * 40], Rule.STORM)
    expected = [(0, 3), (Level.NEUTRAL, 24), (0, 14)] if is_storm else [(0, 41)]
    assert runs(found) == expected


def test_a_storm_is_over_when_the_signals_are_back_and_may_come_again() -> None:
    bad, good = [signs(coverage=0.1)] * 4, [signs(coverage=0.7)] * 2
    assert runs(levels([*good, *bad, *good, *bad], Rule.STORM)) == [(0, 4), (2, 2), (0, 4), (2, 2)]
    half = [signs(coverage=0.4)]
    assert runs(levels([*good, *bad, *half, *bad], Rule.STORM)) == [(0, 4), (2, 2), (0, 3), (2, 2)]
    assert set(levels([*good, *[signs(coverage=0.1)] * 60, *half, *bad], Rule.STORM)[29:]) == {0}
    assert set(levels([signs(coverage=math.nan)] * 40, Rule.STORM)) == {0}


def test_rise_and_storm_count_each_second() -> None:
    fast, reference, calm = -0.4, -0.4, 0
    while not (fast - reference >= 0.7 and fast >= 0.4):
        calm += 1
        fast = 0.9 + (fast - 0.9) * math.exp(-1 / 30)
        reference = fast + (reference - fast) * math.exp(-1 / 900)
    rise = levels([signs(-0.4, 60.0), *[signs(0.9, 1.0)] * 200], Rule.RISE)
    assert rise.index(Level.NEUTRAL) == calm + 89
    storm = levels([signs(coverage=0.7), *[signs(since_s=1.0, coverage=0.1)] * 30], Rule.STORM)
    assert storm.index(Level.NEUTRAL) == 15


# -- too much


@pytest.mark.parametrize(("gap_s", "level"), [(0.0, 2), (180.0, 2), (185.0, 0)])
def test_two_within_three_minutes(gap_s: float, level: int) -> None:
    assert levels([signs(too_much=1), signs(since_s=gap_s, too_much=1)], Rule.TOO_MUCH) == [0, level]


@pytest.mark.parametrize(("gap_s", "level"), [(0.0, 3), (60.0, 3), (100.0, 2)])
def test_three_within_two_minutes(gap_s: float, level: int) -> None:
    said = signs(since_s=gap_s, too_much=1)
    assert levels([said, said, said], Rule.TOO_MUCH)[-1] == level


def test_they_are_forgotten() -> None:
    found = levels([signs(too_much=2), *[signs()] * 40], Rule.TOO_MUCH)
    assert runs(found) == [(2, 14), (0, 27)]
