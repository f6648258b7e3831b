"""The shield gives way when something is wrong, only ever towards calm, and finds its way back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.plan.session_plan import Moment, State
from device.control.policies.view import Feeling
from device.control.shield.shield import BACK_S, BACK_TO_POLICY_S, FAULTS, Shield, Verdict
from device.control.shield.signs import LEVEL_WORDS, WORDS, Level, Rule, Signs

GOAL = -0.6
EVERY_S = 4.0


def felt(arousal: float, sd: float = 0.3) -> Feeling:
    return Feeling(True, arousal, sd, 0.0, 1.0)


def calm(seconds: float) -> Signs:
    """A listener whose arousal waves a little around nothing."""
    return Signs(EVERY_S, felt(0.1 * math.sin(seconds / 7)), GOAL, leads=True)


def course(signs_at: Callable[[float], Signs], until_s: float, shield: Shield | None = None) -> Iterator[Verdict]:
    """The verdicts of a session, a decision every four seconds."""
    shield = shield or Shield()
    for index in range(round(until_s / EVERY_S)):
        yield shield.judge(signs_at(EVERY_S * index))


def levels(signs_at: Callable[[float], Signs], until_s: float, shield: Shield | None = None) -> list[int]:
    return [int(verdict.level) for verdict in course(signs_at, until_s, shield)]


def last(signs_at: Callable[[float], Signs], until_s: float) -> Verdict:
    return list(course(signs_at, until_s))[-1]


def test_a_listener_with_whom_nothing_is_wrong_is_left_alone() -> None:
    assert set(levels(calm, 3600)) == {Level.GO_ON}
    assert not Verdict().words()


def test_every_rule_and_every_level_has_its_words() -> None:
    assert set(WORDS) == set(Rule) - {Rule.NONE}
    assert set(LEVEL_WORDS) == set(Level) - {Level.GO_ON}
    assert Verdict(Level.REST, Rule.RISE).words() == "silence, as arousal keeps rising under the music"


def test_without_an_estimate_the_plan_goes_on_alone_and_never_less_than_that() -> None:
    gone = levels(lambda s: calm(s) if s < 60 else calm(s)._replace(feeling=Feeling()), 1800)
    assert gone[: round(60 / EVERY_S)] == [0] * round(60 / EVERY_S)
    assert gone[round(80 / EVERY_S) :] == [Level.PLAN] * (len(gone) - round(80 / EVERY_S))


def test_the_policy_comes_back_a_while_after_the_estimate_does() -> None:
    verdicts = list(course(lambda s: calm(s)._replace(feeling=Feeling()) if s < 60 else calm(s), 120))
    back = [EVERY_S * index for index, verdict in enumerate(verdicts) if index > 5 and verdict.level == Level.GO_ON]
    assert 60 < back[0] <= 60 + BACK_TO_POLICY_S + EVERY_S
    assert verdicts[15].rule == Rule.RECOVERY


def test_an_estimate_that_is_hardly_surer_than_a_guess_is_none() -> None:
    assert last(lambda s: calm(s)._replace(feeling=felt(0.4, 0.97)), 60) == (Level.PLAN, Rule.UNSURE)


def test_an_estimate_that_leaps_further_than_it_says_is_not_acted_on_and_noise_is_no_leap() -> None:
    leaping = last(lambda s: calm(s)._replace(feeling=felt(0.9 if s % 8 else -0.9, 0.1)), 40)
    assert leaping == (Level.PLAN, Rule.LEAPS)
    random = np.random.default_rng(1)
    for sd in (0.1, 0.3, 0.6):
        noisy = levels(lambda s, sd=sd: calm(s)._replace(feeling=felt(float(random.normal(-0.2, sd)), sd)), 3600)
        assert set(noisy) == {Level.GO_ON}


def test_a_leap_that_follows_the_listeners_own_word_is_none() -> None:
    def told(seconds: float) -> Signs:
        side = 0.9 if seconds % 8 else -0.9
        return calm(seconds)._replace(feeling=felt(side, 0.1), told_arousal=side)

    assert Rule.LEAPS not in [verdict.rule for verdict in course(told, 40)]


def test_what_is_measured_and_does_not_move_at_all_is_frozen_and_what_is_not_measured_may_stand_still() -> None:
    still = Signs(EVERY_S, felt(0.5), GOAL, leads=True)
    assert last(lambda _: still._replace(coverage=0.8), 120) == (Level.PLAN, Rule.FROZEN)
    assert set(levels(lambda _: still, 120)) == {Level.GO_ON}
    assert set(levels(lambda s: still._replace(coverage=0.8 + s / 1e6), 120)) == {Level.GO_ON}


def test_a_listener_who_says_otherwise_twice_outweighs_the_estimate_until_they_agree() -> None:
    def told(seconds: float) -> Signs:
        words = {40.0: 0.9, 80.0: 0.9, 200.0: 0.0}
        return calm(seconds)._replace(told_arousal=words.get(seconds, math.nan), feeling=felt(seconds / 1e5, 0.2))

    verdicts = list(course(told, 300))
    assert verdicts[19].level == Level.GO_ON
    assert verdicts[20] == verdicts[49] == (Level.PLAN, Rule.DENIED)
    assert verdicts[-1].level == Level.GO_ON


def rising(seconds: float) -> Signs:
    """Arousal climbs from -0.4 to 0.9 within four minutes and stays there."""
    return calm(seconds)._replace(feeling=felt(-0.4 + min(1.3, seconds / 185)))


def test_arousal_that_keeps_rising_leads_to_a_calm_neutral_then_to_silence_and_back() -> None:
    found = levels(rising, 1200)
    changes = [one for one, other in zip([None, *found], found, strict=False) if one != other]
    assert changes[1:] == [Level.GO_ON, Level.NEUTRAL, Level.REST, Level.NEUTRAL, Level.PLAN]
    assert found[-1] == Level.GO_ON
    silent_s = EVERY_S * found.count(Level.REST)
    assert 100 <= silent_s <= 200


def test_a_rise_towards_a_lively_goal_or_before_the_music_leads_is_no_distress() -> None:
    assert set(levels(lambda s: rising(s)._replace(goal_arousal=0.7), 1200)) == {Level.GO_ON}
    assert set(levels(lambda s: rising(s)._replace(leads=False), 1200)) == {Level.GO_ON}


def test_signals_that_break_up_all_at_once_calm_the_music_and_a_lost_sensor_only_ends_the_policy() -> None:
    def torn(seconds: float) -> Signs:
        return calm(seconds)._replace(
            coverage=0.9 if seconds < 60 else 0.1, feeling=Feeling() if seconds > 60 else felt(0)
        )

    found = levels(torn, 600)
    assert found[round(88 / EVERY_S)] == Level.NEUTRAL
    assert found[-1] == Level.PLAN
    assert Level.REST not in found
    assert set(levels(lambda s: calm(s)._replace(coverage=0.1), 600)) == {Level.GO_ON}


@pytest.mark.parametrize(("said_s", "level"), [((60,), 0), ((60, 200), 2), ((60, 100, 140), 3), ((60, 400), 0)])
def test_too_much_said_twice_within_minutes_calms_and_a_third_time_silences(said_s: tuple[int], level: int) -> None:
    found = levels(lambda s: calm(s)._replace(too_much=float(s in said_s)), 900)
    assert max(found) == level
    assert found[-1] == Level.GO_ON


def test_a_policy_that_failed_too_often_sits_out_for_good_and_a_late_one_for_a_while() -> None:
    assert last(lambda s: calm(s)._replace(faults=FAULTS - 1), 600).level == Level.GO_ON
    assert last(lambda s: calm(s)._replace(faults=FAULTS), 600) == (Level.PLAN, Rule.FAULTS)
    late = list(course(lambda s: calm(s)._replace(late=s in (40, 44, 48)), 200))
    assert late[12] == (Level.PLAN, Rule.LATE)
    assert late[-1].level == Level.GO_ON


def test_it_never_goes_back_by_more_than_one_level_and_never_in_less_than_its_time() -> None:
    found = levels(lambda s: calm(s)._replace(too_much=4.0 * (s == 40)), 1200)
    steps = [other - one for one, other in itertools.pairwise(found)]
    assert min(steps) == -1
    down = [EVERY_S * index for index, step in enumerate(steps) if step == -1]
    assert down[1] - down[0] >= BACK_S
    assert down[2] - down[1] >= BACK_TO_POLICY_S


def test_a_long_pause_is_not_taken_for_long_distress() -> None:
    risen = calm(0)._replace(feeling=felt(0.9))
    shield = Shield()
    shield.judge(calm(0))
    assert shield.judge(risen._replace(since_s=3600.0)).level == Level.GO_ON


@pytest.mark.parametrize("arousal", [-0.9, -0.3, 0.8])
def test_the_calm_neutral_is_never_livelier_than_the_plan(arousal: float) -> None:
    moment = Moment("shift", 0.5, 100.0, 600.0, State(0.6, arousal))
    for level in Level:
        setpoint = Verdict(level, Rule.RISE).over(moment).setpoint
        assert setpoint.arousal <= arousal
        assert (setpoint == moment.setpoint) == (level < Level.NEUTRAL)


def test_a_cohort_is_judged_as_each_of_its_listeners() -> None:
    random = np.random.default_rng(3)
    alone, together = [Shield() for _ in range(20)], Shield()
    for _ in range(400):
        known = random.random(20) < 0.8
        feeling = Feeling(known, *(random.uniform(-1, 1, 20), random.uniform(0.05, 1, 20)) * 2)
        signs = Signs(
            EVERY_S, feeling, random.uniform(-0.6, 0.6, 20), random.random(20) < 0.9,
            np.where(random.random(20) < 0.05, random.uniform(-1, 1, 20), np.nan), 1.0 * (random.random(20) < 0.01),
            random.choice((0.1, 0.9, np.nan), 20), 0, random.random(20) < 0.02,
        )  # fmt: skip
        found = together.judge(signs)
        for index, shield in enumerate(alone):
            one = Signs(*(pick(value, index) for value in signs))
            assert shield.judge(one) == (found.level[index], found.rule[index])


def pick(value: object, index: int) -> object:
    """The one listener's value of an array, wherever in the signs it stands."""
    if isinstance(value, Feeling):
        return Feeling(*(pick(part, index) for part in value))
    return value[index] if isinstance(value, np.ndarray) else value


def test_a_level_is_left_after_exactly_its_time() -> None:
    said = [calm(0)._replace(since_s=5.0, too_much=2.0), *[calm(0)._replace(since_s=5.0)] * 40]
    shield = Shield()
    found = [int(shield.judge(signs).level) for signs in said]
    # "Too much" twice counts for 70 s; then 30 s of calm lead to the plan alone, and 10 s more to the policy.
    runs = [(level, len(list(group))) for level, group in itertools.groupby(found)]
    assert runs == [(Level.NEUTRAL, 14 + 5), (Level.PLAN, 2), (Level.GO_ON, 41 - 21)]


def test_the_way_back_counts_each_second() -> None:
    shield, one = Shield(), calm(0)._replace(since_s=1.0)
    seconds = [one._replace(faults=FAULTS), *[one] * 59]
    assert [int(shield.judge(signs).level) for signs in seconds] == [1] * 10 + [0] * 50
    shield = Shield()
    told = [calm(0)._replace(since_s=12.0, too_much=2.0), *[calm(0)._replace(since_s=12.0)] * 6]
    told += [calm(0)._replace(since_s=1.0)] * 60
    runs = [len(list(group)) for _, group in itertools.groupby(int(shield.judge(signs).level) for signs in told)]
    assert runs[1] == 10


def test_a_level_that_is_asked_for_again_on_the_way_back_holds_for_its_whole_time() -> None:
    def judged(at: set[int]) -> list[int]:
        shield = Shield()
        return [int(shield.judge(calm(0)._replace(since_s=4.0, faults=FAULTS * (n in at))).level) for n in range(12)]

    assert judged({0}) == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert judged({0, 2}) == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_the_strictest_rule_is_named_and_of_equals_the_first() -> None:
    both = calm(0)._replace(too_much=2.0, faults=FAULTS)
    assert Shield().judge(both) == (Level.NEUTRAL, Rule.TOO_MUCH)
    assert Shield().judge(calm(0)._replace(faults=FAULTS, late=True)) == (Level.PLAN, Rule.FAULTS)
    shield = Shield()
    shield.judge(both)
    assert shield.judge(calm(0)._replace(since_s=90.0, faults=FAULTS)).rule == Rule.TOO_MUCH
    assert [shield.judge(calm(0)._replace(since_s=12.0)).rule for _ in range(20)][-1] == Rule.NONE


def test_three_late_bars_in_a_quarter_of_a_minute_and_two_are_no_reason() -> None:
    late = [calm(0)._replace(since_s=0.0, late=True)] * 3
    shield = Shield()
    assert [int(shield.judge(signs).level) for signs in late] == [0, 0, Level.PLAN]
    rare = Shield()
    assert {int(rare.judge(calm(0)._replace(since_s=12.0, late=True)).level) for _ in range(30)} == {0, Level.PLAN}
    assert {int(Shield().judge(calm(0)._replace(since_s=1e6, late=True)).level)} == {0}


def test_over_moves_valence_and_arousal_of_who_is_held_and_of_nobody_else() -> None:
    moment = Moment("shift", 0.5, 100.0, 600.0, State(np.array([0.6, 0.6]), np.array([0.4, 0.4])))
    setpoint = Verdict(np.array([Level.PLAN, Level.NEUTRAL]), np.array([Rule.LEAPS, Rule.RISE])).over(moment).setpoint
    assert list(setpoint.valence) == [0.6, 0.1]
    assert list(setpoint.arousal) == [0.4, -0.3]


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in (Rule.NONE, Rule.TOO_MUCH)])
def test_at_the_therapists_hand_only_the_listeners_own_word_counts_and_the_rest_is_a_warning(
    rule: Rule,
) -> None:
    left = Verdict(Level.REST, rule).by_hand()
    assert left == (Level.GO_ON, rule)
    assert left.words() == (f"mind that {WORDS[rule]}" if rule in (Rule.RISE, Rule.STORM) else "")
    assert Verdict(Level.NEUTRAL, Rule.TOO_MUCH).by_hand() == (Level.NEUTRAL, Rule.TOO_MUCH)


anything = st.floats(-1e6, 1e6) | st.floats(-1, 1) | st.just(math.nan)
feelings = st.builds(Feeling, st.booleans(), anything, st.floats(0, 1e6) | st.floats(0, 1), st.just(0.0), st.just(1.0))
signs = st.builds(
    Signs,
    since_s=st.floats(0, 1e9) | st.floats(0, 30),
    feeling=feelings,
    goal_arousal=st.floats(-1, 1),
    leads=st.booleans(),
    told_arousal=anything,
    too_much=st.integers(0, 3),
    coverage=st.floats(0, 1) | st.just(math.nan),
    faults=st.integers(0, 5),
    late=st.booleans(),
)
plans = st.builds(State, st.floats(-1, 1), st.floats(-1, 1))


@given(st.lists(signs, min_size=1, max_size=40), plans)
def test_whatever_is_seen_it_only_calms_says_why_and_finds_its_way_back(seen: list[Signs], plan: State) -> None:
    moment = Moment("shift", 0.5, 100.0, 600.0, plan)
    shield, before = Shield(), 0
    for one in seen:
        verdict = shield.judge(one)
        level = int(verdict.level)
        assert before - 1 <= level <= Level.REST
        assert bool(verdict.words()) == (level > Level.GO_ON)
        followed = verdict.over(moment).setpoint
        assert followed == plan if level < Level.NEUTRAL else followed.arousal <= plan.arousal
        before = level
    verdicts = [shield.judge(calm(12.0 * index)._replace(since_s=12.0)) for index in range(100)]
    assert verdicts[-1].level == Level.GO_ON
    assert max(levels(lambda s: calm(s)._replace(too_much=1), 2 * EVERY_S, shield)) >= Level.NEUTRAL
