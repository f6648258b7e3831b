"""What the shipped affect models say of people they have not seen: some are read well, some at chance and confidently.

The numbers in reading.toml are fitted to what the box's own estimator said of held-out people in the open recordings
(`python -m export.twin.reading`): a row per person and source, parameters only. All is vectorised over listeners.
"""

from __future__ import annotations

import tomllib
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
LOGIT_MAX = 3.0
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
    """One person as one source reads them, in log-odds of load; no more of the person is kept."""

    at_rest: float
    """Mean at the arousal of quiet rest, after a calibration at rest."""
    gain: float
    """How much it rises per unit of arousal."""
    noise_sd: float
    """What comes and goes by itself within a state."""
    noise_s: float
    """Time constant of that."""
    known: float
    """Share of the time in which the source says anything."""
    is_blind: bool
    """Whether chance lies within the 95 % interval of how well the person is read."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set of signals and its models."""

    lag_s: float
    """Time constant with which it follows a change."""
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
    rest_share: float
    """How far the listener's own first minute moves the zero against which they are read, 0 to 1."""
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
    noise_sd: Floats
    noise_s: Floats
    known: Floats
    is_blind: Flags
    """Whether a source reads the person at chance."""

    def blinded(self, who: Flags) -> Skill:
        """The same, but of these people (n,) no source tells anything; it is no less sure for that."""
        return self._replace(gain=np.where(who, 0.0, self.gain), is_blind=self.is_blind | who)


def draw_skill(n: int, random: np.random.Generator, quality: Quality, table: Table | None = None) -> Skill:
    """Draw people as they were found among those not seen in training, each source by itself."""
    table = table or fitted_table()
    drawn = []
    for name in table.qualities[quality]:
        people = table.sources[name].people
        rows = np.array([msgspec.structs.astuple(person) for person in people], dtype=np.float64)
        drawn.append(rows[random.integers(len(people), size=n)].T)
    at_rest, gain, noise_sd, noise_s, known, is_blind = np.stack(drawn, axis=1)
    return Skill(at_rest, gain, noise_sd, noise_s, known, is_blind > 0)


# -- a session


class Sensors:
    """One session for each of `n` listeners; every reading takes the same number of draws, known or not."""

    def __init__(
        self,
        n: int,
        random: np.random.Generator,
        quality: Quality = "good",
        has_loss: bool = False,
        skill: Skill | None = None,
        rest_s: float = REST_S,
        table: Table | None = None,
    ) -> None:
        self._table = table = table or fitted_table()
        self._random, self._has_loss, self._rest_s = random, has_loss, rest_s
        self._skill = skill = skill or draw_skill(n, random, quality, table)
        sources = [table.sources[name] for name in table.qualities[quality]]
        self._lag_s = np.array([[source.lag_s] for source in sources])
        self._unknown_s = np.array([[source.unknown_s] for source in sources])
        self._noise = skill.noise_sd * random.standard_normal(skill.gain.shape)
        self._silent = random.random(skill.gain.shape) >= skill.known
        self._lost = np.zeros(n, bool)
        self._zero = np.full(n, table.rest_arousal)
        self._sum, self._seen_s = np.zeros(n), 0.0
        self._follows: Floats | None = None

    def read(self, arousal: Floats, valence: Floats, since_s: float) -> Reading:
        """What is said `since_s` after the last reading of people who feel like this; arrays of shape (n,).

        Of valence the models say nothing: no sensor tells it better than chance, and only the listener's words do.
        """
        del valence
        self._live_on(arousal, since_s)
        mean = np.tanh(np.clip(self._log_odds(), -LOGIT_MAX, LOGIT_MAX) / 2)
        mean[:, self._lost | (self._seen_s <= self._rest_s)] = 0.0
        mean[self._silent] = 0.0
        known = np.asarray(mean.any(axis=0))
        told, sd = _fuse(mean)
        return Reading(known, told, sd, np.zeros_like(told), np.ones_like(told))

    def _live_on(self, arousal: Floats, since_s: float) -> None:
        skill, loss = self._skill, self._table.loss
        drawn = self._random.standard_normal(self._noise.shape)
        turns, lost = self._random.random(self._silent.shape), self._random.random(self._lost.shape)
        keeps = np.exp(-since_s / skill.noise_s)
        self._noise = keeps * self._noise + skill.noise_sd * np.sqrt(1 - keeps**2) * drawn
        silent_s = self._unknown_s * skill.known / np.maximum(1 - skill.known, 1e-9)
        self._silent = turns < _still(self._silent, silent_s, self._unknown_s, since_s)
        if self._has_loss:
            self._lost = lost < _still(self._lost, loss.every_s, loss.mean_s, since_s)
        self._rest(arousal, since_s)
        before = np.broadcast_to(arousal, self._noise.shape) if self._follows is None else self._follows
        self._follows = arousal + np.exp(-since_s / self._lag_s) * (before - arousal)

    def _rest(self, arousal: Floats, since_s: float) -> None:
        """While it is taken for rest, the mean arousal becomes the zero."""
        if self._seen_s < self._rest_s:
            self._sum = self._sum + since_s * arousal
            rest = self._table.rest_arousal
            self._zero = rest + self._table.rest_share * (self._sum / (self._seen_s + since_s) - rest)
        self._seen_s += since_s

    def _log_odds(self) -> Floats:
        assert self._follows is not None, "live on first"
        return np.asarray(self._skill.at_rest + self._skill.gain * (self._follows - self._zero) + self._noise)


def _still(is_on: Flags, off_s: Floats | float, on_s: Floats | float, since_s: float) -> Floats:
    """Probability that a bout is on `since_s` later; bouts last `on_s` and the times between `off_s` in the mean."""
    share = on_s / (on_s + off_s)
    fade = np.exp(-since_s * (1 / on_s + 1 / off_s))
    return np.asarray(share + (is_on - share) * fade)


def _fuse(mean: Floats) -> tuple[Floats, Floats]:
    """The sources' opinions (k, n) as one mean and deviation, both (n,): as device.affect.fusion."""
    variance = 1 - mean**2
    precision = 1 / variance - 1
    total = 1 + precision.sum(axis=0)
    told = (mean / variance).sum(axis=0) / total
    torn = (precision / total * (mean - told) ** 2).sum(axis=0)
    return told, np.minimum(1.0, np.sqrt(1 / total + torn))
