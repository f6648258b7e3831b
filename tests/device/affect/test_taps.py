"""Words that bear a source out mend it; scrambled ones are refused; with few of them nothing changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.taps import IDENTITY, LOGIT_BOUND, SIDE_MIN, Tap, Taps, Verdict, fit, likelihood
from tests.device.affect.listeners import read, say, sides, taken


def verdicts(rng: np.random.Generator, n: int, sessions: int, **off: float) -> list[Verdict]:
    """Verdicts on honest listeners at the end of a session with `n` words."""
    found = []
    for _ in range(sessions):
        side = sides(rng, n, 3)
        found.append(taken(read(rng, side, **off), say(rng, side)).verdict)
    return found


def test_few_words_change_nothing() -> None:
    side = np.tile([-1.0, 1.0], SIDE_MIN)
    assert taken(3 * side, side).verdict == "agrees"
    assert taken(3 * side[:-1], side[:-1]).verdict == "too few"
    assert taken(3 * side[:-1], side[:-1]).map == IDENTITY


@pytest.mark.parametrize("is_aligned", [True, False])
@pytest.mark.parametrize("state_min", [3, 6])
@pytest.mark.parametrize("n", [16, 36])
def test_scrambled_words_are_refused(n: int, state_min: int, is_aligned: bool) -> None:
    """Words of another listener, at least 98 of 100 sets."""
    rng = np.random.default_rng(state_min)
    sets = [(read(rng, sides(rng, n, state_min)), say(rng, sides(rng, n, state_min))) for _ in range(200)]
    assert np.mean([taken(*pair, is_aligned=is_aligned).map == IDENTITY for pair in sets]) >= 0.98


@pytest.mark.parametrize("is_aligned", [True, False])
def test_shuffled_words_are_refused(is_aligned: bool) -> None:
    rng = np.random.default_rng(7)
    honest = [sides(rng, 36, 3) for _ in range(200)]
    sets = [(read(rng, side), rng.permutation(say(rng, side))) for side in honest]
    found = [taken(*pair, is_aligned=is_aligned) for pair in sets]
    assert np.mean([taps.map == IDENTITY for taps in found]) >= 0.98
    assert np.mean([taps.verdict == "disagrees" for taps in found]) >= 0.98


@pytest.mark.parametrize("n", [36, 60])
def test_words_and_a_source_that_both_merely_change_as_the_session_goes_on_prove_nothing(n: int) -> None:
    rng = np.random.default_rng(n)
    used = 0
    for _ in range(100):
        calming = rng.normal(np.linspace(2, -2, n), 1.0)
        words = np.clip(rng.normal(np.linspace(-0.6, 0.6, n), 0.4), -1.0, 1.0)
        used += taken(calming, words, is_aligned=False).map != IDENTITY
    assert used <= 2


@pytest.mark.parametrize(("n", "refused_max"), [(24, 0.3), (40, 0.15), (60, 0.05)])
def test_honest_words_are_refused_the_more_rarely_the_more_there_are(n: int, refused_max: float) -> None:
    """The power curve for a source that is right four times of five."""
    found = verdicts(np.random.default_rng(n), n, 150)
    assert np.mean([verdict == "disagrees" for verdict in found]) <= refused_max


@pytest.mark.parametrize("off", [{"shift": -1.5}, {"slope": 2.5}])
def test_a_source_that_is_off_for_this_listener_is_mended(off: dict[str, float]) -> None:
    rng = np.random.default_rng(1)
    assert np.mean([verdict == "mends" for verdict in verdicts(rng, 60, 60, **off)]) >= 0.7
    side, ahead = sides(rng, 60, 3), sides(rng, 3000, 3)
    found, unseen = taken(read(rng, side, **off), say(rng, side)).map, read(rng, ahead, **off)
    truth = (ahead + 1) / 2
    assert likelihood(found.apply(unseen), truth) > likelihood(unseen, truth) + 0.02 * len(ahead)


def test_a_source_that_is_right_already_is_left_nearly_alone() -> None:
    found = verdicts(np.random.default_rng(2), 60, 60)
    assert np.mean([verdict == "agrees" for verdict in found]) >= 0.6


def test_words_of_the_other_sign_never_turn_a_source_around() -> None:
    rng = np.random.default_rng(3)
    side = sides(rng, 60, 3)
    contrary = taken(read(rng, side), -side)
    assert contrary.verdict == "disagrees"
    assert fit(read(rng, side), (1 - side) / 2, is_aligned=True).slope == 0
    assert taken(read(rng, side), -side, is_aligned=False).map.slope < -0.3


def test_a_word_said_again_at_once_is_a_correction() -> None:
    taps = Taps(is_aligned=True)
    taps.take(Tap(0, 1.0, 0.5))
    taps.take(Tap(5_000_000_000, 1.0, -0.5))
    assert len(taps) == 1


def test_a_word_in_the_middle_takes_no_side() -> None:
    taps = Taps(is_aligned=True)
    taps.take(Tap(0, 1.0, 0.05))
    assert len(taps) == 0


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-1, 1)), max_size=40), st.booleans())
def test_whatever_is_said_the_map_is_finite_and_monotonous(pairs: list[tuple[float, float]], is_aligned: bool) -> None:
    log_odds, words = np.array(pairs).reshape(-1, 2).T
    taps = taken(log_odds, words, is_aligned=is_aligned)
    course = taps.map.apply(np.linspace(-3, 3, 13))
    assert np.isfinite(course).all()
    assert np.abs(course).max() <= LOGIT_BOUND
    assert not is_aligned or taps.map.slope >= 0


def test_the_map_is_less_sure_where_little_was_said() -> None:
    few, many = (fit(np.tile([-2.0, 2.0], n), np.tile([0.0, 1.0], n), is_aligned=True) for n in (6, 60))
    assert abs(few.apply(np.array(2.0))) < abs(many.apply(np.array(2.0)))
