"""Says what a point on the valence-arousal plane sounds like, in cues that composer and synthesiser can follow.

Cues add up linearly and explain 77 to 89 % of listeners' ratings, in the order mode, tempo, register, dynamics,
articulation (Eerola, Friberg & Bresin 2013, doi 10.3389/fpsyg.2013.00487); directions after Gabrielsson & Lindstroem.
The mode carries valence, the other cues mostly arousal (Livingstone 2010). It is perceived emotion, not felt.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from device.config import Limits
from device.control.plan.session_plan import Moment, State
from device.control.real import Real, clip, unit
from device.messages import Mode, Moves

MODE_HYSTERESIS = 0.1
COOL_DOWN_DB = -6.0
"""So much softer than the plan says does a session end."""


class Cues(NamedTuple):
    """Continuous cues of one bar; units as in `MusicIntent`."""

    tempo_bpm: Real
    density: Real
    register_midi: Real
    loudness_db: Real
    brightness: Real
    articulation: Real


class Scale(NamedTuple):
    """A cue goes from `low` to `high` with valence and arousal, each by its weight; the weights sum to 1 at most."""

    low: float
    high: float
    valence_weight: float
    arousal_weight: float

    def at(self, state: State) -> Real:
        share = 0.5 + 0.5 * (self.valence_weight * state.valence + self.arousal_weight * state.arousal)
        return self.low + share * (self.high - self.low)

    def share(self, value: Real) -> Real:
        """Where `value` lies between the ends: -1 at the low one, 1 at the high one."""
        return 2.0 * (value - self.low) / (self.high - self.low) - 1.0


LOG2_TEMPO = Scale(math.log2(48.0), math.log2(120.0), 0.2, 0.8)
"""Tempo (bpm) is heard in ratios."""
DENSITY = Scale(0.1, 0.85, 0.1, 0.8)
REGISTER_MIDI = Scale(55.0, 77.0, 0.7, -0.25)
"""The register falls with arousal: fast music sounds more pleasant by its tempo already, and slow music less."""
LOUDNESS_DB = Scale(-16.0, 0.0, 0.1, 0.8)
BRIGHTNESS = Scale(0.1, 0.9, 0.2, 0.6)
ARTICULATION = Scale(1.0, 0.45, 0.1, 0.9)
PITCH_MARGIN = 8
"""The melody's centre keeps this many semitones from the prescribed ends."""
_SCALES = (LOG2_TEMPO, DENSITY, REGISTER_MIDI, LOUDNESS_DB, BRIGHTNESS, ARTICULATION)
_READ_BACK = np.linalg.pinv([(scale.valence_weight, scale.arousal_weight) for scale in _SCALES])
"""Least squares: from the shares of the six cues to the point that they express."""
WORDS = (
    ("loudness_db", 0.3, ("softer", "louder")),
    ("density", 0.02, ("sparser", "denser")),
    ("register_midi", 0.5, ("lower", "higher")),
    ("brightness", 0.02, ("duller", "brighter")),
    ("articulation", 0.02, ("more detached", "more legato")),
)
"""Cue, smallest change worth a word, and the words for less and more."""


def cues_of(state: State, limits: Limits) -> Cues:
    """The cues that express `state`, inside the prescription."""
    cues = Cues(
        tempo_bpm=np.exp2(LOG2_TEMPO.at(state)),
        density=DENSITY.at(state),
        register_midi=REGISTER_MIDI.at(state),
        loudness_db=LOUDNESS_DB.at(state) + limits.loudness_max_db,
        brightness=BRIGHTNESS.at(state),
        articulation=ARTICULATION.at(state),
    )
    return within(cues, limits)


def within(cues: Cues, limits: Limits) -> Cues:
    """The cues brought inside the prescription."""
    slowest, fastest = sorted((limits.tempo_min_bpm, limits.tempo_max_bpm))
    lowest, highest = sorted((limits.pitch_min + PITCH_MARGIN, limits.pitch_max - PITCH_MARGIN))
    return Cues(
        tempo_bpm=clip(cues.tempo_bpm, slowest, fastest),
        density=clip(cues.density, 0.0, limits.density_max),
        register_midi=clip(cues.register_midi, lowest, highest),
        loudness_db=np.minimum(cues.loudness_db, limits.loudness_max_db),
        brightness=clip(cues.brightness, 0.0, 1.0),
        articulation=clip(cues.articulation, ARTICULATION.high, ARTICULATION.low),
    )


def expressed(cues: Cues, limits: Limits) -> State:
    """The point that cues express, read back from them: where limits and slopes hold some back, not what was asked."""
    told = (
        LOG2_TEMPO.share(np.log2(cues.tempo_bpm)),
        DENSITY.share(cues.density),
        REGISTER_MIDI.share(cues.register_midi),
        LOUDNESS_DB.share(cues.loudness_db - limits.loudness_max_db),
        BRIGHTNESS.share(cues.brightness),
        ARTICULATION.share(cues.articulation),
    )
    valence, arousal = _READ_BACK @ np.asarray(told)
    return State(unit(valence), unit(arousal))


def moved(cues: Cues, moves: Moves) -> Cues:
    """`cues` with what a policy adds to each."""
    return Cues(
        tempo_bpm=cues.tempo_bpm * np.exp2(moves.tempo_octaves),
        density=cues.density + moves.density,
        register_midi=cues.register_midi + moves.register_semitones,
        loudness_db=cues.loudness_db + moves.loudness_db,
        brightness=cues.brightness + moves.brightness,
        articulation=cues.articulation + moves.articulation,
    )


def led(setpoint: State, moves: Moves) -> State:
    """The setpoint and what a policy adds to it."""
    return State(unit(setpoint.valence + moves.valence), unit(setpoint.arousal + moves.arousal))


def wanted(moment: Moment, moves: Moves, limits: Limits) -> Cues:
    """The cues to go towards: of the setpoint and a policy's moves, softer as the session ends."""
    cues = moved(cues_of(led(moment.setpoint, moves), limits), moves)
    fade_db = COOL_DOWN_DB * moment.progress if moment.phase == "cool-down" else 0.0
    return within(cues._replace(loudness_db=cues.loudness_db + fade_db), limits)


def shift(cues: Cues, old: Cues, new: Cues) -> Cues:
    """`cues` moved by as much as `new` lies beside `old`."""
    return Cues(*(value + after - before for value, before, after in zip(cues, old, new, strict=True)))


def is_major(valence: Real, was_major: Real) -> Real:
    """Major for pleasant, minor for unpleasant; near the middle it stays as it was."""
    return (valence > MODE_HYSTERESIS) | ((valence >= -MODE_HYSTERESIS) & was_major)


def as_numbers(cues: Cues) -> dict[str, Any]:
    """The cues by name as plain floats, as a message carries them."""
    return {name: float(value) for name, value in cues._asdict().items()}


def mode_of(valence: float, before: Mode) -> Mode:
    """The mode that goes with a valence, as `is_major`."""
    return "major" if is_major(valence, before == "major") else "minor"


def describe_change(before: Cues, after: Cues) -> str:
    """What a listener would notice, in words: `slower (72→70 bpm), softer`."""
    words = []
    if abs(after.tempo_bpm - before.tempo_bpm) >= 0.5:
        word = "faster" if after.tempo_bpm > before.tempo_bpm else "slower"
        words.append(f"{word} ({before.tempo_bpm:.0f}→{after.tempo_bpm:.0f} bpm)")
    for name, noticed, (less, more) in WORDS:
        change = getattr(after, name) - getattr(before, name)
        if abs(change) >= noticed:
            words.append(more if change > 0 else less)
    return ", ".join(words) or "steady"
