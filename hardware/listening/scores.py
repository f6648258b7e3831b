"""What the answers say: does the music lie where it should, do listeners agree with themselves, who composes better.

Statistics are scipy's. People are few, so intervals stand beside the numbers.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from scipy import stats

from hardware.listening.answers import Answers
from hardware.listening.study import Clip, Key

WOULD = 3
"""From this answer on listeners would rest in it."""
POINTS_MIN = 3
"""Fewer give no correlation."""
NAN = float("nan")


class Fit(msgspec.Struct, frozen=True):
    """How well ratings follow what was meant; NaN where there are too few."""

    r2: float
    low: float
    """95 % interval, by Fisher's z."""
    high: float
    slope: float
    """1: as strongly as meant."""


class Share(msgspec.Struct, frozen=True):
    """A share with Wilson's 95 % interval; NaN of nothing."""

    share: float
    low: float
    high: float


class Composer(msgspec.Struct, frozen=True):
    """One generator, an older release, or the human pieces."""

    generator: str
    clips: int
    valence: Fit
    arousal: Fit
    quadrants: float
    """Share of clips whose mean rating lies in the quadrant that was meant."""
    rest: float
    """0 to 4: whether they would rest in it, mean of all ratings."""
    rest_sd: float
    would_rest: Share
    """Share of the ratings that say so: rather yes, or very much."""


class Pair(msgspec.Struct, frozen=True):
    """Two composers as the same listeners heard them."""

    first: str
    second: str
    difference: float
    """How much rather they would rest in the first than in the second, in steps of the scale."""
    p: float
    """Wilcoxon's signed rank, Holm's correction for all pairs."""


class Scores(msgspec.Struct, frozen=True):
    listeners: int
    ratings: int
    all: Composer
    composers: tuple[Composer, ...]
    retest: dict[str, float]
    """Correlation of first and second rating of what was heard twice; `n` pairs."""
    friedman_p: float
    """Whether it matters at all for resting who composed."""
    pairs: tuple[Pair, ...]
    """At the same places."""
    listener_pairs: tuple[Pair, ...] = ()
    """By each listener's mean, so that people's pieces, which lie at no place, are compared, too."""


class Rating(NamedTuple):
    listener: int
    clip: Clip
    valence: float
    arousal: float
    rest: float


def score(given: Sequence[Answers], key: Key) -> Scores:
    """Everything about the answers of several listeners to one study; practice does not count."""
    clips = {clip.id: clip for clip in key.clips}
    ratings = [
        Rating(listener, clips[answer.clip], answer.valence, answer.arousal, answer.rest)
        for listener, answers in enumerate(given)
        for answer in answers.answers
    ]
    tests = [rating for rating in ratings if rating.clip.role == "test"]
    names = sorted({rating.clip.composer for rating in tests})
    blocks = _blocks(tests)
    return Scores(
        listeners=len(given),
        ratings=len(tests),
        all=_composer("all", [rating for rating in tests if rating.clip.valence is not None]),
        composers=tuple(_composer(name, [r for r in tests if r.clip.composer == name]) for name in names),
        retest=_retest(ratings),
        friedman_p=_friedman(blocks),
        pairs=tuple(_pairs(blocks)),
        listener_pairs=tuple(_pairs(_by_listener(tests))),
    )


def _composer(name: str, ratings: Sequence[Rating]) -> Composer:
    of_clip: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        of_clip[rating.clip.id].append(rating)
    meant = np.array([(group[0].clip.valence, group[0].clip.arousal) for group in of_clip.values()], float)
    heard = np.array([np.mean([(r.valence, r.arousal) for r in group], axis=0) for group in of_clip.values()])
    rest = [rating.rest for rating in ratings]
    meant, heard = meant.reshape(-1, 2), heard.reshape(-1, 2)
    return Composer(
        generator=name,
        clips=len(of_clip),
        valence=_fit(meant[:, 0], heard[:, 0]),
        arousal=_fit(meant[:, 1], heard[:, 1]),
        quadrants=_quadrants(meant, heard),
        rest=float(np.mean(rest)) if rest else NAN,
        rest_sd=float(np.std(rest, ddof=1)) if len(rest) > 1 else NAN,
        would_rest=_share(sum(value >= WOULD for value in rest), len(rest)),
    )


def _share(count: int, total: int) -> Share:
    if not total:
        return Share(NAN, NAN, NAN)
    interval = stats.binomtest(count, total).proportion_ci(method="wilson")
    return Share(count / total, float(interval.low), float(interval.high))


def _fit(meant: np.ndarray, heard: np.ndarray) -> Fit:
    if len(meant) < POINTS_MIN or not np.isfinite(meant).all() or not np.ptp(meant) or not np.ptp(heard):
        return Fit(NAN, NAN, NAN, NAN)
    found = stats.pearsonr(meant, heard)
    # An interval that holds 0 holds it for the square, too.
    low, high = map(float, found.confidence_interval()) if len(meant) > POINTS_MIN else (NAN, NAN)
    least = 0.0 if low <= 0 <= high else min(low * low, high * high)
    slope = float(stats.linregress(meant, heard).slope)
    return Fit(float(found.statistic) ** 2, least, max(low * low, high * high), slope)


def _quadrants(meant: np.ndarray, heard: np.ndarray) -> float:
    if not len(meant) or not np.isfinite(meant).all():
        return NAN
    return float((np.sign(meant) == np.sign(heard)).all(axis=1).mean())


def _retest(ratings: Iterable[Rating]) -> dict[str, float]:
    """How a second rating follows the first, over all listeners."""
    said = {(rating.listener, rating.clip.id): rating for rating in ratings}
    twice = [
        (said[listener, rating.clip.repeats], rating)
        for (listener, _), rating in said.items()
        if rating.clip.role == "repeat" and (listener, rating.clip.repeats) in said
    ]
    scales = ("valence", "arousal", "rest")
    told = {name: [(getattr(a, name), getattr(b, name)) for a, b in twice] for name in scales}
    return {name: _correlation(pairs) for name, pairs in told.items()} | {"n": float(len(twice))}


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    first, second = np.array(pairs, float).reshape(-1, 2).T
    if len(first) < POINTS_MIN or not np.ptp(first) or not np.ptp(second):
        return NAN
    return float(stats.pearsonr(first, second).statistic)


def _blocks(tests: Sequence[Rating]) -> dict[str, np.ndarray]:
    """Willingness to rest per composer, in the same order of listeners and places, where all were rated."""
    cells: dict[tuple[int, float, float], dict[str, float]] = defaultdict(dict)
    for rating in tests:
        if rating.clip.valence is not None and rating.clip.arousal is not None:
            cells[rating.listener, rating.clip.valence, rating.clip.arousal][rating.clip.composer] = rating.rest
    names = sorted({name for cell in cells.values() for name in cell})
    full = [cell for cell in cells.values() if len(cell) == len(names)]
    return {name: np.array([cell[name] for cell in full], float) for name in names}


def _by_listener(tests: Sequence[Rating]) -> dict[str, np.ndarray]:
    """Mean willingness to rest per composer, of the listeners who heard every one of them."""
    said: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for rating in tests:
        said[rating.listener][rating.clip.composer].append(rating.rest)
    names = sorted({name for heard in said.values() for name in heard})
    full = [heard for heard in said.values() if len(heard) == len(names)]
    return {name: np.array([np.mean(heard[name]) for heard in full], float) for name in names}


def _friedman(blocks: dict[str, np.ndarray]) -> float:
    columns = list(blocks.values())
    if len(columns) < POINTS_MIN or len(columns[0]) < POINTS_MIN or not np.ptp(np.stack(columns), axis=0).any():
        return NAN
    return float(stats.friedmanchisquare(*columns).pvalue)


def _pairs(blocks: dict[str, np.ndarray]) -> list[Pair]:
    found = []
    for (first, ours), (second, theirs) in itertools.combinations(blocks.items(), 2):
        differences = ours - theirs
        p = float(stats.wilcoxon(differences, method="approx").pvalue) if differences.any() else 1.0
        found.append(Pair(first, second, float(differences.mean()) if len(differences) else NAN, p))
    return _corrected(found)


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Holm: the smallest p times the number of pairs, the next times one less, never falling."""
    worst, corrected = 0.0, {}
    for rank, pair in enumerate(sorted(pairs, key=lambda pair: pair.p)):
        worst = max(worst, min(1.0, pair.p * (len(pairs) - rank)))
        corrected[pair.first, pair.second] = worst
    return [msgspec.structs.replace(pair, p=corrected[pair.first, pair.second]) for pair in pairs]
