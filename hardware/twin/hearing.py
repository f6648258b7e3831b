"""What of an intent a listener really hears: the shipped composer's errors between the cues asked for and the bar.

One step is one bar. The numbers in hearing.toml are fitted to bars that composer, guard and conductor made
(`python -m export.twin.hearing`); everything here is vectorised over listeners, each in a session of their own.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.messages import TICKS_PER_BEAT, Note, PlayedBar

Floats = NDArray[np.float64]
Values = NDArray[Any] | float
TABLE = Path(__file__).with_name("hearing.toml")
CUES = ("tempo_bpm", "density", "register_midi", "loudness_db", "brightness", "articulation")
_STEPS = np.arange(12)
_MAJOR = np.array([1, 0, 0.3, 0, 0.8, 0.4, 0, 0.8, 0, 0.4, 0, 0.3])
_MINOR = np.array([1, 0, 0.3, 0.8, 0, 0.4, 0, 0.8, 0.4, 0, 0.3, 0])


class Music(NamedTuple):
    """The cues that were asked of one bar, a value per listener; units as in `MusicIntent`."""

    tempo_bpm: Values
    density: Values
    register_midi: Values
    loudness_db: Values
    brightness: Values
    articulation: Values
    is_major: Values
    is_silent: Values = False
    target_valence: Values = 0.0
    """The plan's, as `MusicIntent` tells it beside the cues: it colours the harmony."""


class Heard(NamedTuple):
    """What a bar suggests to an average listener, -1 to 1; 0 on both axes in silence."""

    arousal: Values
    valence: Values
    is_silent: Values = False


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


class ModeErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Log-odds that a bar by itself sounds major: one chord may sound in the other mode, the next seldom does again."""

    intercept: float
    asked: float
    """Added where major is asked, taken away where minor is."""
    lean: float
    """The same once more, times the size of the plan's valence: the harmony leans to its mode as far as that says."""
    before: float
    """Added where the bar before sounded major, taken away where it sounded minor."""


class AxisErrors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one axis is realised."""

    intercept: float
    per_cue: dict[str, float]
    """What a cue adds as it goes from the middle of its range to the high end."""
    from_mode: float
    """Added where the bar sounds major, taken away where minor."""
    session_sd: float
    """A piece as a whole lies so far beside what was asked."""
    bar_sd: float
    """And each of its bars so far beside the piece."""
    bar_correlation: float
    """Of a bar's deviation with the one before it."""


class Errors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """hearing.toml."""

    provenance: dict[str, str | int | float]
    figures: dict[str, float]
    """How well the fit foretells pieces that it was not fitted to."""
    lag: float
    """Share of the way from what sounds to what is asked that is still missing a bar later, 0 to 1."""
    middle: dict[str, float]
    """The value of each cue that counts as 0; the tempo in octaves above 1 bpm."""
    reach: dict[str, float]
    """From there to the end that counts as 1."""
    mode: ModeErrors
    arousal: AxisErrors
    valence: AxisErrors


@cache
def fitted_errors() -> Errors:
    """The errors of the composer that ships."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Errors)


class Hearing:
    """One session for each of `n` listeners; every bar takes the same number of draws, silent or not."""

    def __init__(self, n: int, random: np.random.Generator, errors: Errors | None = None) -> None:
        self._errors = errors = errors or fitted_errors()
        self._random = random
        axes = (errors.arousal, errors.valence)
        middle, reach = (np.array([part[name] for name in CUES]) for part in (errors.middle, errors.reach))
        self._weights = np.array([[axis.per_cue[name] for name in CUES] for axis in axes]) / reach
        self._intercept = np.array([[axis.intercept] for axis in axes]) - self._weights @ middle[:, None]
        self._from_mode = np.array([[axis.from_mode] for axis in axes])
        self._keeps = np.array([[axis.bar_correlation] for axis in axes])
        bar_sd = np.array([[axis.bar_sd] for axis in axes])
        self._kick = bar_sd * np.sqrt(1 - self._keeps**2)
        self._offset = np.array([[axis.session_sd] for axis in axes]) * random.standard_normal((2, n))
        self._deviation = bar_sd * random.standard_normal((2, n))
        self._sounds_major = np.where(random.random(n) < 0.5, 1.0, -1.0)
        self._cues = np.empty((len(CUES), n))
        self._follows: Floats | None = None

    def hear(self, music: Music) -> Heard:
        """What the next bar suggests, given what was asked of it; arrays of shape (n,)."""
        self._deviation = self._keeps * self._deviation + self._kick * self._random.standard_normal(self._offset.shape)
        self._sounds_major = self._mode(music)
        asked = self._weights @ self._cues_of(music) + self._intercept
        self._follows = asked if self._follows is None else asked + self._errors.lag * (self._follows - asked)
        heard = self._follows + self._from_mode * self._sounds_major + self._offset + self._deviation
        heard = np.minimum(np.maximum(heard, -1.0), 1.0)
        if np.any(music.is_silent):
            heard = np.where(music.is_silent, 0.0, heard)
        return Heard(heard[0], heard[1], music.is_silent)

    def _mode(self, music: Music) -> Floats:
        """Whether the bar sounds major (1) or minor (-1)."""
        mode, drawn = self._errors.mode, self._random.random(self._sounds_major.shape)
        asked = np.multiply(music.is_major, 2.0) - 1.0
        log_odds = asked * (mode.asked + mode.lean * np.abs(music.target_valence)) + mode.before * self._sounds_major
        # A number drawn from 0 to 1 lies below the probability, 0.5 + 0.5 tanh, as often as that says.
        return np.copysign(1.0, np.tanh(0.5 * (log_odds + mode.intercept)) + 1.0 - 2.0 * drawn)

    def _cues_of(self, music: Music) -> Floats:
        """Shape (cues, n); the tempo in octaves above 1 bpm."""
        np.log2(music.tempo_bpm, out=self._cues[0])
        for row, cue in zip(self._cues[1:], music[1:6], strict=True):
            row[:] = cue
        return self._cues
