"""Who listens: people of six families of affect dynamics, drawn by seed as arrays with one value for each of n.

Arrays of shape (2, n) hold arousal (row 0) and valence (row 1), -1 to 1; arousal above 0 is strain. The figures behind
the draws are those of hardware/twin/validity.md: in trials music moves a group by d of 0.4 to 0.55 (de Witte et al.
2020, doi 10.1080/17437199.2019.1627897), and whoever improved by more than 0.8 in one session would be too easy.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
AROUSAL, VALENCE = 0, 1


class People(NamedTuple):
    """How each of n people is; shapes (2, n) for what there is of arousal and of valence, else (n,)."""

    home: Floats
    """Where they drift by themselves (the home base of DynAffect, Kuppens et al. 2010, doi 10.1037/a0020962)."""
    start: Floats
    """How the session finds them."""
    gain: Floats
    """Share of the way from home to what the music expresses that it pulls them; below 0 for who is pulled the opposite
    way, 0 for who is not."""
    settling_s: Floats
    """Time constant of that pull, tens of seconds to minutes."""
    restlessness: Floats
    """Standard deviation of what comes and goes by itself."""
    wandering_s: Floats
    """Time constant of that."""
    habituation: Floats
    """Share of a cue that no longer moves them once they are used to it, 0 to 1."""
    habituation_s: Floats
    """Time constant of getting used to it."""
    is_bounded: Flags
    """Whether feelings saturate smoothly towards the ends of the scales, rather than stop there."""
    half_gap: Floats
    """Half the distance between two moods that hold themselves; 0 for people with one home."""
    steepness: Floats
    """How strongly each of the two moods holds itself; above 1 there are two."""
    startle: Floats
    """How far the mere beginning of sound rouses, and its end calms: at the tempo of their own heart music raised that
    of healthy people at rest (van Dyck et al. 2017, doi 10.1177/1029864917700706)."""
    annoyance: Floats
    """How far disliked music strains."""
    too_fast_bpm: Floats
    """What each dislikes; infinity where they do not mind."""
    too_dense: Floats
    too_bright: Floats
    disliked_family: NDArray[np.int64]
    """Group of eight General MIDI programs that they do not like to hear, -1 for none; only a played bar tells it."""
    taps_per_min: Floats
    """How often they say how they feel; 0 for who never does."""
    tap_bias: Floats
    tap_sd: Floats
    """Error of a self-report."""
    tolerance: Floats
    """The arousal above which it becomes too much."""
    tiring_s: Floats
    """Time constant of fatigue."""
    is_blind: Flags
    """Whether no sensor tells anything of their arousal, whatever their skill (`hardware.twin.reading`)."""


class Family(NamedTuple):
    """What sets a family apart from the others, all else being drawn alike."""

    is_bounded: bool = False
    half_gap: tuple[float, float] = (0.0, 0.0)
    """Drawn between these, for each axis."""
    habituation: tuple[float, float] = (0.05, 0.3)
    gain: float = 0.51
    """Median over those whom music moves; two moods amplify it."""
    non_responders: float = 0.15
    """Share of those whom music does not move: of electrodermal responses about a tenth are missing (Boucsein 2012)."""
    reversed: float = 0.05
    """Share of those whom it moves the opposite way."""


FAMILIES: dict[str, Family] = {
    "ornstein-uhlenbeck": Family(),
    "bounded": Family(is_bounded=True),
    "ising": Family(half_gap=(0.3, 0.5), gain=0.32),
    "habituating": Family(habituation=(0.5, 0.9)),
    "no-effect": Family(non_responders=1.0, reversed=0.0),
    "opposite": Family(non_responders=0.0, reversed=1.0),
}
"""Families of affect dynamics. `ising` after the Affective Ising Model (Loossens et al. 2020, PMC9537408)."""


def keyed(seed: int, family: str, shard: int, *purpose: int) -> np.random.Generator:
    """The generator for one purpose of a shard, the same wherever it is computed."""
    return np.random.default_rng([seed, zlib.crc32(family.encode()), shard, *purpose])


def draw_people(family: str, n: int, random: np.random.Generator) -> People:
    """Draw `n` people of a family of `FAMILIES`."""
    about = FAMILIES[family]
    home = _normal(random, ((0.2, 0.2), (0.05, 0.2)), (-0.6, 0.7), n)
    upset = np.abs(_normal(random, ((0.2, 0.12), (0.1, 0.1)), (-1.0, 1.0), n))
    answer = _draw_answer(about, n, random)
    return People(
        home=home,
        start=np.clip(home + upset * np.array([[1.0], [-1.0]]), -0.9, 0.9),
        gain=answer * _log_normal(random, about.gain, 0.35, (2, n)),
        settling_s=np.clip(_log_normal(random, 90.0, 0.5, n), 30.0, 300.0),
        restlessness=random.uniform(0.05, 0.14, (2, n)),
        wandering_s=np.clip(_log_normal(random, 90.0, 0.4, n), 30.0, 300.0),
        habituation=random.uniform(*about.habituation, n),
        habituation_s=np.clip(_log_normal(random, 240.0, 0.4, n), 90.0, 900.0),
        is_bounded=np.full(n, about.is_bounded),
        half_gap=random.uniform(*about.half_gap, (2, n)),
        steepness=random.uniform(2.4, 3.4, n),
        startle=np.abs(answer) * random.uniform(0.0, 0.5, n),
        annoyance=np.abs(answer) * random.uniform(0.1, 0.3, n),
        too_fast_bpm=_unless(random, 0.8, random.uniform(90.0, 115.0, n)),
        too_dense=_unless(random, 0.8, random.uniform(0.5, 0.8, n)),
        too_bright=_unless(random, 0.8, random.uniform(0.5, 0.8, n)),
        disliked_family=np.where(random.random(n) < 0.7, -1, random.integers(16, size=n)),
        taps_per_min=np.where(random.random(n) < 0.3, 0.0, _log_normal(random, 0.2, 0.6, n)),
        tap_bias=0.1 * random.standard_normal((2, n)),
        tap_sd=random.uniform(0.1, 0.3, n),
        tolerance=np.clip(0.7 + 0.15 * random.standard_normal(n), 0.3, 1.0),
        tiring_s=_log_normal(random, 2400.0, 0.3, n),
        is_blind=np.zeros(n, bool),
    )


def _draw_answer(about: Family, n: int, random: np.random.Generator) -> Floats:
    """1 for who is moved as most are, -1 for the opposite way, 0 for not at all."""
    place = random.random(n)
    answers = np.where(place < about.non_responders + about.reversed, -1.0, 1.0)
    return np.where(place < about.non_responders, 0.0, answers)


def _normal(
    random: np.random.Generator,
    axes: tuple[tuple[float, float], tuple[float, float]],
    ends: tuple[float, float],
    n: int,
) -> Floats:
    mean, sd = np.array(axes).T[:, :, None]
    return np.asarray(np.clip(mean + sd * random.standard_normal((2, n)), *ends))


def _log_normal(random: np.random.Generator, median: float, spread: float, shape: int | tuple[int, int]) -> Floats:
    return np.asarray(median * np.exp(spread * random.standard_normal(shape)))


def _unless(random: np.random.Generator, share: float, limits: Floats) -> Floats:
    """`limits`, but infinity for a share of the people."""
    return np.where(random.random(len(limits)) < share, np.inf, limits)


def together(groups: Sequence[People]) -> People:
    """The people of several groups as one, in their order."""
    return People(*(np.concatenate(values, axis=-1) for values in zip(*groups, strict=True)))


def grow_older(people: People, random: np.random.Generator) -> People:
    """The same people at their next session: another day's mood, a home and a response that have drifted a little."""
    n = people.settling_s.size
    drift, day = random.standard_normal((2, n)), random.standard_normal((2, n))
    home = np.clip(people.home + 0.02 * drift, -0.8, 0.8)
    return people._replace(
        home=home,
        start=np.clip(people.start + home - people.home + 0.1 * day, -0.9, 0.9),
        gain=people.gain * np.exp(0.03 * random.standard_normal(n)),
    )
