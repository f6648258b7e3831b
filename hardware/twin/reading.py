"""What the shipped affect models say of people they have not seen: some are read well, some at chance and confidently.

The numbers in reading.toml are fitted to what the box's own estimator said of held-out people in the open recordings
(`python -m export.twin.reading`): a row per person and source, parameters only. All is vectorised over listeners.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Quality = Literal["good", "fair", "poor"]
TABLE = Path(__file__).with_name("reading.toml")
REST_S = 60.0
"""So long the box takes the beginning of a session for the listener's rest, and says nothing."""
SUREST = float(np.tanh(1.5))
"""No source is ever surer, as in device.affect.fusion."""


class Reading(NamedTuple):
    """As `AffectEstimate` tells it; where nothing is known 0, with the prior's deviation of 1. Shapes (n,)."""

    known: Flags
    arousal: Floats
    arousal_sd: Floats
    valence: Floats
    valence_sd: Floats


# -- the table


class PersonRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person as one source reads them, in log-odds between its floor and its ceiling; no more of them is kept."""

    at_rest: float
    """Mean in the state that was taken for rest."""
    gain: float
    """How much it rises per unit of arousal above that state."""
    below: float
    """How much it falls per unit below it: negative where calming down looks like load, as nothing in training did."""
    noise_sd: float
    """What comes and goes by itself within a state."""
    known: float
    """Share of the time in which the source says anything."""
    is_blind: bool
    """Whether the person was read at chance, or worse: balanced accuracy of 0.55 at most."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set of signals and its models."""

    floor: float
    """Least probability of load that it tells of anybody, however sure."""
    ceiling: float
    lag_s: float
    """Time constant with which it follows a change."""
    noise_s: float
    """Time constant of what comes and goes by itself."""
    smoothing_s: float
    """Time constant with which that is smoothed: from one second to the next little changes."""
    unknown_s: float
    """Mean length of a bout in which it says nothing."""
    people: tuple[PersonRow, ...]


class Loss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dropouts of all sensors at once."""

    every_s: float
    mean_s: float


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reading.toml."""

    provenance: dict[str, str | int | float]
    rest_arousal: float
    """The arousal of quiet rest, and `load_arousal` that of the tasks in the recordings."""
    load_arousal: float
    figures: dict[str, dict[str, float]]
    """Of each source what was found, and beside it what this model makes of the same people."""
    qualities: dict[Quality, tuple[str, ...]]
    """The sources whose opinions are fused."""
    sources: dict[str, Source]
    loss: Loss


@cache
def fitted_table() -> Table:
    """What was found of the models that ship."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)


# -- people


class Skill(NamedTuple):
    """How well each of n people is read by each of k sources, shapes (k, n); it stays theirs over sessions."""

    at_rest: Floats
    gain: Floats
    below: Floats
    noise_sd: Floats
    known: Floats
    is_blind: Flags
    """Whether a source reads the person no better than by chance."""

    def blinded(self, who: Flags) -> Skill:
        """The same, but of these people (n,) no source tells anything; it is no less sure for that."""
        return self._replace(
            gain=np.where(who, 0.0, self.gain),
            below=np.where(who, 0.0, self.below),
            is_blind=self.is_blind | who,
        )


def draw_skill(n: int, random: np.random.Generator, quality: Quality, table: Table | None = None) -> Skill:
    """Draw people as they were found among those not seen in training, each source by itself."""
    table = table or fitted_table()
    people = [table.sources[name].people for name in table.qualities[quality]]
    return skill_of([[rows[index] for index in random.integers(len(rows), size=n)] for rows in people])


def skill_of(rows: Sequence[Sequence[PersonRow]]) -> Skill:
    """The skill of just these people: of each source a row for every one of them."""
    table = np.array([[msgspec.structs.astuple(row) for row in source] for source in rows], dtype=np.float64)
    at_rest, gain, below, noise_sd, known, is_blind = np.moveaxis(table, 2, 0)
    return Skill(at_rest, gain, below, noise_sd, known, is_blind > 0)


# -- a session


class Sensors:
    """One session for each of `n` listeners; every reading takes the same number of draws, known or not.

    With `is_rested` False the box has to take the session's first minute for rest, in whatever state it finds people,
    as it does with somebody new. Else it knows their quiet rest, with which the recordings began.
    """

    def __init__(
        self,
        n: int,
        random: np.random.Generator,
        quality: Quality = "good",
        has_loss: bool = False,
        skill: Skill | None = None,
        is_rested: bool = True,
        table: Table | None = None,
    ) -> None:
        self._table = table = table or fitted_table()
        self._random, self._has_loss, self._is_rested = random, has_loss, is_rested
        self._skill = skill = skill or draw_skill(n, random, quality, table)
        sources = [table.sources[name] for name in table.qualities[quality]]
        self._lag_s, self._noise_s, self._smoothing_s, self._unknown_s, floor, ceiling = (
            np.array([[getattr(source, name)] for source in sources])
            for name in ("lag_s", "noise_s", "smoothing_s", "unknown_s", "floor", "ceiling")
        )
        self._middle, self._reach = ceiling + floor - 1, ceiling - floor
        self._noise = random.standard_normal(skill.gain.shape)
        self._smooth = self._noise.copy()
        """The noise as it is smoothed, of variance 1 too."""
        self._pace = self._pace_of(0.0)
        self._silent = random.random(skill.gain.shape) >= skill.known
        self._lost = np.zeros(n, bool)
        self._zero = np.full(n, table.rest_arousal)
        self._sum, self._seen_s = np.zeros(n), 0.0
        self._follows = np.zeros(skill.gain.shape)

    def read(self, arousal: Floats, valence: Floats, since_s: float) -> Reading:
        """What is said `since_s` after the last reading of people who feel like this; arrays of shape (n,).

        Of valence the models say nothing: no sensor tells it better than chance, and only the listener's words do.
        """
        del valence
        if since_s != self._pace.since_s:
            self._pace = self._pace_of(since_s)
        self._live_on(arousal, self._pace)
        known = ~(self._silent | self._lost) if self._seen_s > REST_S else np.zeros(self._silent.shape, bool)
        told, sd = _fuse(np.multiply(self._opinions(), known))
        return Reading(np.asarray(known.any(axis=0)), told, sd, np.zeros_like(told), np.ones_like(told))

    def _live_on(self, arousal: Floats, pace: _Pace) -> None:
        k, n = self._noise.shape
        drawn, turns = self._random.standard_normal((k, n)), self._random.random((k + 1, n))
        self._noise = pace.stays * self._noise + pace.kick * drawn
        self._smooth = pace.keeps * self._smooth + pace.takes * self._noise
        self._silent = turns[:k] < np.where(self._silent, pace.stays_silent, pace.falls_silent)
        if self._has_loss:
            self._lost = turns[k] < np.where(self._lost, pace.stays_lost, pace.gets_lost)
        away = self._follows - arousal if self._seen_s else 0.0
        self._follows = arousal + pace.lags * away
        if not self._is_rested and self._seen_s < REST_S:
            self._sum = self._sum + pace.since_s * arousal
            self._zero = self._sum / (self._seen_s + pace.since_s)
        self._seen_s += pace.since_s

    def _opinions(self) -> Floats:
        """Mean of each source, shape (k, n), -1 to 1."""
        skill, away = self._skill, self._follows - self._zero
        log_odds = skill.at_rest + np.where(away > 0, skill.gain, skill.below) * away + skill.noise_sd * self._smooth
        load = self._middle + self._reach * np.tanh(0.5 * log_odds)
        return np.asarray(np.minimum(load, SUREST))

    def _pace_of(self, since_s: float) -> _Pace:
        stays, keeps = np.exp(-since_s / self._noise_s), np.exp(-since_s / self._smoothing_s)
        variance = (1 - keeps) / (1 + keeps) * (1 + stays * keeps) / np.maximum(1 - stays * keeps, 1e-12)
        known, loss = self._skill.known, self._table.loss
        falls_silent, stays_silent = _turns(1 - known, self._unknown_s, since_s)
        gets_lost, stays_lost = _turns(loss.mean_s / (loss.every_s + loss.mean_s), loss.mean_s, since_s)
        return _Pace(
            since_s,
            np.exp(-since_s / self._lag_s),
            stays,
            np.sqrt(1 - stays**2),
            keeps,
            (1 - keeps) / np.sqrt(np.maximum(variance, 1e-12)),
            falls_silent,
            stays_silent,
            float(gets_lost),
            float(stays_lost),
        )


class _Pace(NamedTuple):
    """What a step of `since_s` keeps and brings, a row for each source; the noise and its smooth stay of variance 1."""

    since_s: float
    lags: Floats
    stays: Floats
    kick: Floats
    keeps: Floats
    takes: Floats
    falls_silent: Floats
    stays_silent: Floats
    gets_lost: float
    stays_lost: float


def _turns(share: Floats | float, mean_s: Floats | float, since_s: float) -> tuple[Floats, Floats]:
    """Probabilities that a bout is on `since_s` later where it is off now, and where it is on.

    Bouts last `mean_s` in the mean and are on for `share` of the time.
    """
    fade = np.exp(-since_s / (mean_s * np.maximum(1 - share, 1e-9)))
    return np.asarray(share * (1 - fade)), np.asarray(share + (1 - share) * fade)


def _fuse(mean: Floats) -> tuple[Floats, Floats]:
    """The sources' opinions (k, n) as one mean and deviation, both (n,): as device.affect.fusion."""
    if len(mean) == 1:
        return mean[0], np.sqrt(1 - mean[0] ** 2)
    variance = 1 - mean**2
    precision = 1 / variance - 1
    total = 1 + precision.sum(axis=0)
    told = (mean / variance).sum(axis=0) / total
    torn = (precision / total * (mean - told) ** 2).sum(axis=0)
    return told, np.minimum(1.0, np.sqrt(1 / total + torn))
