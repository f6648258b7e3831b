"""The memory of a person: how their feelings follow the music, learnt while it plays and kept between sessions.

A regression of what is known of a feeling on the music that sounded lately and on a decay, so that an upset that dies
away by itself is not taken for the music's work, with a prior on both (Bishop 2006, section 3.3). Each session is held
against its own mean: another day's mood, and a sensor that reads too high, teach nothing. A gain below 0 is a listener
who answers the opposite way; one who is read at chance shows none, as one whom music does not move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from device.control.policies.view import View
from device.control.real import Real, at_least, clip, plain, where

FOLLOWS_S = 120.0
"""Time constant with which a feeling follows the music: one to three minutes."""
DECAYS_S = 180.0
"""And with which an upset dies away by itself."""
CORRELATED_S = 90.0
"""For so long an error of the estimate, and a mood that comes and goes by itself, stays about the same."""
SETTLES_S = 60.0
"""Time constant of the level: what comes and goes faster is not steered after."""
FORGETS_S = 8 * 3600.0
"""What was learnt so much listening ago counts for a third."""
NOISE_MIN = 0.1
"""An estimate that lies closer to the line than this was lucky."""
USUAL, USUAL_SD = 0.15, 0.2
"""The gain of a listener nobody knows: most are moved, some not at all, a few the opposite way."""
UPSET, UPSET_SD = 0.3, 0.3
"""And the upset with which sessions begin."""
NOTICEABLE = 0.1
"""A gain nearer to 0 is as good as none: nothing is won by steering such a listener hard."""
SURE_SD = 0.97
"""A deviation from here on is no estimate."""
WORDS_SD = 0.3
"""How far what a listener says of their arousal is from how they feel."""
AXES = ("arousal", "valence")
SUMS = ("weight", "music_music", "music_decay", "music_feeling", "decay_decay", "decay_feeling", "feeling_feeling")
SKILL = ("words", "words_words", "words_read", "read_read")
SUM_MAX = 1e6


class Gain(NamedTuple):
    """How much a feeling goes up with the music, per unit of it."""

    mean: Real
    sd: Real

    @property
    def trust(self) -> Real:
        """Which way to lead and how surely: 1 where music works, -1 where it works the opposite way, 0 not known.

        The probability that the gain is noticeable, less that it is so below 0.
        """
        above, below = (self.mean - NOTICEABLE) / self.sd, (self.mean + NOTICEABLE) / self.sd
        return 0.5 * (np.tanh(0.8 * above) + np.tanh(0.8 * below))

    @property
    def hoped(self) -> Gain:
        """What was shown, and for the rest what is usual: of a listener who was never heard of, that of most people."""
        return Gain(self.mean + USUAL * (self.sd / USUAL_SD) ** 2, self.sd)


class Slope:
    """One axis of the regression."""

    def __init__(self, sums: list[Real]) -> None:
        self._weight, *self._products = sums
        """Products of deviations from each session's means, summed over time (in `CORRELATED_S`) and sessions."""
        self._means: list[Real] = [0.0, 0.0, 0.0]
        self._here: Real = 0.0
        """Weight of this session alone."""

    @property
    def sums(self) -> list[Real]:
        return [self._weight, *self._products]

    def take(self, weight: Real, keep: float, music: Real, decay: Real, feeling: Real) -> None:
        """Take in a moment (Welford's update of a weighted covariance), of what was before keep that share."""
        self._here = self._here + weight
        self._weight = keep * self._weight + weight
        share = weight / at_least(self._here, 1e-9)
        m, d, f = music - self._means[0], decay - self._means[1], feeling - self._means[2]
        self._means = [mean + share * left for mean, left in zip(self._means, (m, d, f), strict=True)]
        kept = weight * (1.0 - share)
        products = (m * m, m * d, m * f, d * d, d * f, f * f)
        self._products = [keep * total + kept * one for total, one in zip(self._products, products, strict=True)]

    def shown(self) -> Gain:
        """The gain, as if people in general were not moved at all."""
        mm, md, mf, dd, df, ff = self._products
        weight, prior, upset = at_least(self._weight, 1.0), USUAL_SD**-2, UPSET_SD**-2
        mean, decay, left = 0.0, 0.0, ff
        for _ in range(2):
            # What is left beside the line is noise; the first line takes all for noise.
            noise = NOISE_MIN**2 + at_least(left, 0.0) / weight
            a, b, c = mm / noise + prior, md / noise, dd / noise + upset
            p, q = mf / noise, df / noise + UPSET * upset
            precision = at_least(a - b * b / c, 1e-9)
            mean = (p - b * q / c) / precision
            decay = (q - b * mean) / c
            left = ff - 2 * mean * mf - 2 * decay * df + mean**2 * mm + 2 * mean * decay * md + decay**2 * dd
        return Gain(mean, 1.0 / precision**0.5)


class Person:
    """One listener, or each of a cohort."""

    def __init__(self, remembered: Mapping[str, Real]) -> None:
        known = _sane(remembered)
        self._slopes = [Slope([known[f"{axis}_{name}"] for name in SUMS]) for axis in AXES]
        self._skill: list[Real] = [known[name] for name in SKILL]
        """How many words there were, and the products of what was said and what was read just before."""
        self._music: list[Real] = [0.0, 0.0]
        """Arousal and valence of the music, as a feeling follows it."""
        self._read: Real = 0.0
        self._was_read: Real = False
        self._time_s = 0.0
        self.level: Real = 0.0
        """The arousal that is felt, without what comes and goes within seconds; 0 until something is known."""
        self._settled: Real = 0.0

    def hear(self, view: View, silent: Real = False) -> None:
        """Learn from a decision's view; `silent` says whether the music rested since the one before."""
        self._time_s += view.since_s
        self._listen(view, silent)
        feeling, decay = view.feeling, math.exp(-self._time_s / DECAYS_S)
        moments, keep = view.since_s / CORRELATED_S, math.exp(-view.since_s / FORGETS_S)
        felt = ((plain(feeling.arousal), feeling.arousal_sd), (plain(feeling.valence), feeling.valence_sd))
        for slope, music, (value, sd) in zip(self._slopes, self._music, felt, strict=True):
            is_told = np.logical_and(feeling.known, sd < SURE_SD)
            slope.take(where(is_told, moments, 0.0), keep, music, decay, where(is_told, value, 0.0))
        self._compare(view)
        self._settle(view)

    def _listen(self, view: View, silent: Real) -> None:
        share = 1.0 - math.exp(-view.since_s / FOLLOWS_S)
        sounds = where(silent, 0.0, share)
        heard = (plain(view.music.arousal), plain(view.music.valence))
        self._music = [old - share * old + sounds * new for old, new in zip(self._music, heard, strict=True)]

    def _compare(self, view: View) -> None:
        """Hold what was just said against what was read before it."""
        is_said = np.isfinite(view.told_arousal)
        counts = where(np.logical_and(is_said, self._was_read), 1.0, 0.0)
        said = where(is_said, view.told_arousal, 0.0)
        read = self._read
        products = (1.0, said * said, said * read, read * read)
        self._skill = [total + counts * one for total, one in zip(self._skill, products, strict=True)]
        known = view.feeling.known
        self._read = where(known, view.feeling.arousal, self._read)
        self._was_read = np.logical_or(known, self._was_read)

    def _settle(self, view: View) -> None:
        weight = where(view.feeling.known, view.since_s / SETTLES_S, 0.0)
        self._settled = np.minimum(self._settled + weight, 1.0)
        share = np.minimum(weight / at_least(self._settled, 1e-9), 1.0)
        self.level = self.level + share * (view.feeling.arousal - self.level)

    def shown(self) -> Gain:
        """How the listener answers music by what they showed alone, as if people in general were not moved at all.

        Both axes count together: who answers one the opposite way does so on both.
        """
        arousal, valence = (slope.shown() for slope in self._slopes)
        prior, sure, also = USUAL_SD**-2, arousal.sd**-2, valence.sd**-2
        precision = at_least(sure + also - prior, prior)
        return Gain((sure * arousal.mean + also * valence.mean) / precision, 1.0 / precision**0.5)

    def gain(self) -> Gain:
        """How the listener answers music, by what they showed and what is usual."""
        return self.shown().hoped

    def skill(self) -> Real:
        """How well the sensors read this listener, by their own words: -1 to 1, near 0 while little was said."""
        _, words, both, read = self._skill
        noise = 4.0 * WORDS_SD**2
        return clip(both / (((words + noise) * (read + noise)) ** 0.5 + 1e-9), -1.0, 1.0)

    def features(self) -> dict[str, Real]:
        """What a policy may go by, each about -1 to 1."""
        shown = self.shown()
        gain = shown.hoped
        return {
            "gain": clip(gain.mean, -1.5, 1.5),
            "gain_sd": gain.sd,
            "trust": gain.trust,
            "shown": shown.trust,
            "skill": self.skill(),
            "level": self.level,
        }

    def memory(self) -> dict[str, Real]:
        """What a later session begins with."""
        sums = {
            f"{axis}_{name}": total
            for axis, slope in zip(AXES, self._slopes, strict=True)
            for name, total in zip(SUMS, slope.sums, strict=True)
        }
        return {**sums, **dict(zip(SKILL, self._skill, strict=True))}


def _sane(remembered: Mapping[str, Real]) -> dict[str, Real]:
    """What is remembered where all of it is there and possible, else nothing."""
    names = [*(f"{axis}_{name}" for axis in AXES for name in SUMS), *SKILL]
    found = {name: remembered.get(name, 0.0) for name in names}
    is_sane: Real = all(name in remembered for name in names)
    for name, value in found.items():
        is_sane = np.logical_and(is_sane, abs(value) <= SUM_MAX)
        if name.endswith("weight") or name == "words" or len(set(name.split("_")[-2:])) == 1:
            is_sane = np.logical_and(is_sane, value >= 0)
    return {name: where(is_sane, value, 0.0) for name, value in found.items()}
