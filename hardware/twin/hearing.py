"""What of an intent a listener really hears: the shipped composer's errors between the cues asked for and the bar.

One step is one bar. The numbers in hearing.toml are fitted to bars that composer, guard and conductor made
(`python -m export.twin.hearing`); everything here is vectorised over listeners, each in a session of their own.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from device.messages import TICKS_PER_BEAT, Note, PlayedBar

Floats = NDArray[np.float64]
TABLE = Path(__file__).with_name("hearing.toml")
_STEPS = np.arange(12)
_MAJOR = np.array([1, 0, 0.3, 0, 0.8, 0.4, 0, 0.8, 0, 0.4, 0, 0.3])
_MINOR = np.array([1, 0, 0.3, 0.8, 0, 0.4, 0, 0.8, 0.4, 0, 0.3, 0])


class Music(NamedTuple):
    """The cues that were asked of one bar, a value per listener; units as in `MusicIntent`."""

    tempo_bpm: ArrayLike
    density: ArrayLike
    register_midi: ArrayLike
    loudness_db: ArrayLike
    brightness: ArrayLike
    articulation: ArrayLike
    is_major: ArrayLike
    is_silent: ArrayLike = False


class Heard(NamedTuple):
    """What a bar suggests to an average listener, -1 to 1; 0 on both axes in silence."""

    arousal: ArrayLike
    valence: ArrayLike
    is_silent: ArrayLike = False


# -- what a played bar says


def heard_in(bar: PlayedBar) -> Heard:
    """What a real bar suggests: cues add up, without interactions, mode most of all for valence.

    The order of weights is that of Eerola, Friberg & Bresin (2013, doi 10.3389/fpsyg.2013.00487); the figures are ours.
    """
    if not bar.notes:
        return Heard(0.0, 0.0, True)
    return Heard(arousal_cue(bar), valence_cue(bar))


def arousal_cue(bar: PlayedBar) -> float:
    """What a bar suggests: -1 (slow, sparse, soft, low, dull) to 1."""
    density = len(bar.notes) / max(1, bar.beats)
    cues = (
        (0.35, (bar.tempo_bpm - 84) / 36),
        (0.20, (density - 2) / 2),
        (0.25, (bar.loudness_db + 12) / 12),
        (0.10, _register(bar)),
        (0.10, 2 * bar.brightness - 1),
    )
    return _add_up(cues)


def valence_cue(bar: PlayedBar) -> float:
    """What a bar suggests: -1 (minor, slow, low) to 1."""
    return _add_up(((0.6, mode_cue(bar.notes)), (0.2, (bar.tempo_bpm - 84) / 36), (0.2, _register(bar))))


def _register(bar: PlayedBar) -> float:
    return (float(np.mean([note.pitch for note in bar.notes])) - 62) / 15 if bar.notes else 0.0


def _add_up(cues: tuple[tuple[float, float], ...]) -> float:
    return sum(weight * min(1.0, max(-1.0, cue)) for weight, cue in cues)


def mode_cue(notes: tuple[Note, ...]) -> float:
    """-1 (minor) to 1 (major), from how long each pitch class sounds; 0 without notes."""
    if not notes:
        return 0.0
    sounding = np.zeros(12)
    for note in notes:
        sounding[note.pitch % 12] += note.duration_tick / TICKS_PER_BEAT
    keys = (_STEPS[:, None] + _STEPS) % 12
    major, minor = (float((sounding[keys] @ profile).max()) for profile in (_MAJOR, _MINOR))
    return float(np.clip(6 * (major - minor) / (major + minor), -1, 1))


# -- what a bar will say


class AxisErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one axis is realised."""

    intercept: float
    per_cue: dict[str, float]
    """What a cue adds as it goes from the middle of its range to the high end."""
    from_mode: float
    """What the mode that is heard adds, taken away in minor."""
    session_sd: float
    """A piece as a whole lies so far beside what was asked."""
    bar_sd: float
    """And each of its bars so far beside the piece."""
    bar_correlation: float
    """Of a bar's deviation with the one before it."""


class Errors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """hearing.toml."""

    provenance: dict[str, str | int | float]
    middle: dict[str, float]
    """The value of each cue that counts as 0; the tempo in octaves above 1 bpm."""
    reach: dict[str, float]
    """From there to the end that counts as 1."""
    arousal: AxisErrors
    valence: AxisErrors
    lag: float
    """Share of the way from what sounds to what is asked that is still missing a bar later, 0 to 1."""
    mode_lost: float
    """Probability that a bar in the asked mode is followed by one that sounds in the other."""
    mode_found: float
    """Probability that a bar in the wrong mode is followed by one in the asked."""


@cache
def fitted_errors() -> Errors:
    """The errors of the composer that ships."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Errors)


class Hearing:
    """One session for each of `n` listeners; every step takes the same number of draws, silent or not."""

    def __init__(self, n: int, random: np.random.Generator, errors: Errors | None = None) -> None:
        errors = errors or fitted_errors()
        axes = (errors.arousal, errors.valence)
        self._random, self._errors = random, errors
        names = tuple(errors.middle)
        self._middle, self._reach = (np.array([part[name] for name in names]) for part in (errors.middle, errors.reach))
        self._weights = np.array([[axis.per_cue[name] for name in names] for axis in axes])
        self._intercept = np.array([[axis.intercept] for axis in axes])
        self._from_mode = np.array([[axis.from_mode] for axis in axes])
        self._keeps = np.array([[axis.bar_correlation] for axis in axes])
        self._kick = np.array([[axis.bar_sd] for axis in axes]) * np.sqrt(1 - self._keeps**2)
        self._offset = np.array([[axis.session_sd] for axis in axes]) * random.standard_normal((2, n))
        self._deviation = np.array([[axis.bar_sd] for axis in axes]) * random.standard_normal((2, n))
        lost = errors.mode_lost / max(errors.mode_lost + errors.mode_found, 1e-12)
        self._wrong = random.random(n) < lost
        self._follows: Floats | None = None

    def hear(self, music: Music) -> Heard:
        """What the next bar suggests, given what was asked of it; arrays of shape (n,)."""
        drawn = self._random.standard_normal(self._offset.shape)
        turn = self._random.random(self._wrong.shape)
        self._deviation = self._keeps * self._deviation + self._kick * drawn
        self._wrong = turn < np.where(self._wrong, 1 - self._errors.mode_found, self._errors.mode_lost)
        asked = self._asked(music)
        lag = self._errors.lag if self._follows is not None else 0.0
        self._follows = asked if self._follows is None else asked + lag * (self._follows - asked)
        mode = np.where(np.asarray(music.is_major, bool) ^ self._wrong, 1.0, -1.0)
        heard = np.clip(self._follows + self._from_mode * mode + self._offset + self._deviation, -1.0, 1.0)
        silent = np.broadcast_to(music.is_silent, self._wrong.shape)
        arousal, valence = np.where(silent, 0.0, heard)
        return Heard(arousal, valence, silent)

    def _asked(self, music: Music) -> Floats:
        """What the cues add up to without mode and errors, shape (2, n)."""
        cues = np.empty((len(self._middle), self._offset.shape[1]))
        cues[0] = np.log2(music.tempo_bpm)
        for row, cue in enumerate(music[1:6], start=1):
            cues[row] = cue
        found: Floats = self._intercept + self._weights @ ((cues - self._middle[:, None]) / self._reach[:, None])
        return found
