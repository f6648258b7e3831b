"""Scoring finds again what was put into simulated listeners."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music import GENERATORS
from hardware.listening.answers import FORMAT, Answer, Answers
from hardware.listening.scores import score
from hardware.listening.study import Key, plan

KEY = plan(3, 16, "m")
LIKING = {"transformer": 1.0, "rules": 0.0, "phrasebook": 0.0, "human": 0.0}


def listener(key: Key, seed: int, *, noise: float = 0.2, gain: float = 0.7, deaf: bool = False) -> Answers:
    """Hears what was meant, weaker and with some error; rests best to the transformer."""
    rng = np.random.default_rng(seed)
    answers = []
    for clip in key.clips:
        meant = np.zeros(2) if deaf else np.array((clip.valence or 0.0, clip.arousal or 0.0))
        valence, arousal = np.clip(gain * meant + noise * rng.standard_normal(2), -1, 1).tolist()
        rest = int(np.clip(round(2 + LIKING[clip.generator] - 0.8 * arousal + 0.5 * rng.standard_normal()), 0, 4))
        answers.append(Answer(clip.id, valence, arousal, rest))
    return Answers(FORMAT, key.study, f"{seed}", tuple(answers))


def test_listeners_who_hear_what_was_meant_are_found_to() -> None:
    scores = score([listener(KEY, seed) for seed in range(12)], KEY)
    assert scores.listeners == 12
    assert scores.all.clips == 48
    assert scores.all.valence.r2 > 0.95
    assert scores.all.valence.low < scores.all.valence.r2 < scores.all.valence.high
    assert scores.all.arousal.slope == pytest.approx(0.7, abs=0.07)
    assert scores.all.quadrants > 0.95
    assert scores.retest["valence"] > 0.7


def test_the_generator_they_like_comes_out_first() -> None:
    scores = score([listener(KEY, seed) for seed in range(12)], KEY)
    assert max(scores.composers, key=lambda composer: composer.rest).generator == "transformer"
    assert scores.friedman_p < 0.001
    by_pair = {(pair.first, pair.second): pair for pair in scores.pairs}
    assert by_pair["rules", "transformer"].difference == pytest.approx(-1, abs=0.25)
    assert by_pair["rules", "transformer"].p < 0.001
    assert by_pair["phrasebook", "rules"].p > 0.01


def test_listeners_who_hear_nothing_score_nothing() -> None:
    scores = score([listener(KEY, seed, deaf=True) for seed in range(8)], KEY)
    assert scores.all.valence.r2 < 0.2
    assert scores.all.quadrants < 0.5
    assert abs(scores.retest["valence"]) < 0.45


def test_practice_does_not_count() -> None:
    only = [clip for clip in KEY.clips if clip.role == "practice"]
    answers = Answers(FORMAT, KEY.study, "x", tuple(Answer(clip.id, 1, 1, 4) for clip in only))
    assert score([answers], KEY).ratings == 0


@given(st.integers(0, 60), st.integers(0, 100))
def test_few_answers_give_no_number_and_no_crash(count: int, seed: int) -> None:
    whole = listener(KEY, seed)
    scores = score([Answers(FORMAT, KEY.study, "x", whole.answers[:count])], KEY)
    assert scores.all.clips or math.isnan(scores.all.valence.r2)
    assert all(0 <= pair.p <= 1 or math.isnan(pair.p) for pair in scores.pairs)
    assert scores.retest["n"] <= 8


def test_before_after_and_peoples_are_compared_by_each_listener() -> None:
    key = plan(5, 4, "m", [Path("a.mid"), Path("b.mid")], before=True)
    scores = score([listener(key, seed) for seed in range(10)], key)
    assert {composer.generator for composer in scores.composers} == {*GENERATORS, "before", "human"}
    by_pair = {(pair.first, pair.second): pair for pair in scores.listener_pairs}
    assert ("before", "human") in by_pair
    assert ("before", "transformer") in {(pair.first, pair.second) for pair in scores.pairs}
    assert by_pair["human", "transformer"].difference < 0


def test_who_would_rest_is_told_with_its_interval() -> None:
    clip = next(clip for clip in KEY.clips if clip.role == "test")
    given = [Answers(FORMAT, KEY.study, "x", (Answer(clip.id, 0, 0, rest),)) for rest in (4, 3, 2, 0)]
    would = score(given, KEY).all.would_rest
    assert would.share == 0.5
    assert 0.1 < would.low < 0.5 < would.high < 0.9
