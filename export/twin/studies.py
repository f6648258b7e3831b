"""Studies of music and affect on virtual people: they hear pieces one after the other, and are measured in each.

Listeners are a quarter each of the four families in which music works. No study sees what they truly feel: heart rate
comes with its own error, and a self-report with the person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hardware.twin import dynamics
from hardware.twin.hearing import Heard
from hardware.twin.heart import HR_PER_AROUSAL_BPM
from hardware.twin.people import AROUSAL, VALENCE, Floats, People, draw_people, together

STEP_S = 10.0
RESPONDING = ("ornstein-uhlenbeck", "bounded", "ising", "habituating")
HEART_ERROR_BPM = 3.0
"""What else moves the mean heart rate of a few minutes; fitted, with the gains, to de Witte et al. (2020)."""


class Piece(NamedTuple):
    """Music of one character for a while; arousal and valence as they are heard, -1 to 1, for all or each."""

    minutes: float
    arousal: ArrayLike = 0.0
    valence: ArrayLike = 0.0
    is_silent: bool = False


class Session(NamedTuple):
    """What was measured in each piece, its last minute; shapes (pieces, replications, n)."""

    arousal: Floats
    valence: Floats
    heart_bpm: Floats
    """Without the person's own mean."""
    calmness: Floats
    """Self-reports: of arousal, turned round,"""
    happiness: Floats
    """of valence,"""
    anxiety: Floats
    """and of both."""
    people: People


def listen(
    random: np.random.Generator,
    shape: tuple[int, int],
    pieces: Sequence[Piece],
    start: tuple[float, float] | None = None,
    families: Sequence[str] = RESPONDING,
    is_at_rest: bool = False,
) -> Session:
    """Let `shape` = (replications, n) new people hear pieces one after the other, beginning at `start`.

    Who is `is_at_rest` there is at home by that: nothing is left to come down from.
    """
    people = _draw(families, shape[0] * shape[1], random)
    if start is not None:
        found = np.clip(_spread(random, start, people.start.shape), -0.9, 0.9)
        people = people._replace(start=found, home=found if is_at_rest else people.home)
    state = dynamics.begin(people, random.standard_normal(people.home.shape))
    felt = []
    for piece in pieces:
        state, mean = _hear(people, state, piece, random)
        felt.append(mean)
    return _measure(random, people, np.array(felt), shape)


def _draw(families: Sequence[str], n: int, random: np.random.Generator) -> People:
    """Families in equal parts, in random order."""
    sizes = [len(part) for part in np.array_split(np.arange(n), len(families))]
    people = together([draw_people(family, size, random) for family, size in zip(families, sizes, strict=True)])
    order = random.permutation(n)
    return People._make(values[..., order] for values in people)


def _spread(random: np.random.Generator, mean: tuple[float, float], shape: tuple[int, ...]) -> Floats:
    return np.asarray(np.array(mean)[:, None] + 0.15 * random.standard_normal(shape))


def _hear(
    people: People, state: dynamics.State, piece: Piece, random: np.random.Generator
) -> tuple[dynamics.State, Floats]:
    n, steps = people.settling_s.size, max(1, round(piece.minutes * 60 / STEP_S))
    flat = [np.broadcast_to(np.ravel(cue), n) for cue in (piece.arousal, piece.valence)]
    heard = Heard(flat[0], flat[1], np.full(n, piece.is_silent))
    nobody, total, counted = np.zeros(n), np.zeros((2, n)), 0
    for step in range(steps):
        state = dynamics.follow(people, state, heard, nobody, STEP_S)
        drawn = random.standard_normal((2, n))
        state = state._replace(wander=dynamics.wander(people, state.wander, STEP_S, drawn))
        if step >= steps - 60 / STEP_S:
            total, counted = total + dynamics.felt(people, state), counted + 1
    return state, total / counted


def _measure(random: np.random.Generator, people: People, felt: Floats, shape: tuple[int, int]) -> Session:
    arousal, valence = felt[:, AROUSAL], felt[:, VALENCE]
    heart = HR_PER_AROUSAL_BPM * arousal + HEART_ERROR_BPM * random.standard_normal(arousal.shape)
    told = felt + people.tap_bias + people.tap_sd * random.standard_normal(felt.shape)
    calm, happy = -told[:, AROUSAL], told[:, VALENCE]
    measured = (arousal, valence, heart, calm, happy, -(calm + happy) / 2)
    return Session._make((*(values.reshape(-1, *shape) for values in measured), people))


# -- statistics over the last axis


def between(treated: Floats, control: Floats) -> Floats:
    """Cohen's d of two groups: how much lower the treated are."""
    spread = np.sqrt((treated.var(axis=-1, ddof=1) + control.var(axis=-1, ddof=1)) / 2)
    return np.asarray((control.mean(axis=-1) - treated.mean(axis=-1)) / spread)


def standardised(difference: Floats) -> Floats:
    """Cohen's d of paired differences: their mean in standard deviations."""
    return np.asarray(difference.mean(axis=-1) / difference.std(axis=-1, ddof=1))
