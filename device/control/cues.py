"""Says what a point on the valence-arousal plane sounds like, in cues that composer and synthesiser can follow.

How far each cue goes with valence and arousal is in TABLE 4 (`device/expression.py`), with sources.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from device.config import Limits
from device.control.plan.session_plan import Moment, State
from device.control.real import Real, clip, unit
from device.expression import CUES
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


LED = ("log2_tempo", "density", "register_midi", "loudness_db", "brightness", "articulation")
"""The cues of TABLE 4 that control leads, in the order of `Cues`."""
PITCH_MARGIN = 8
"""The melody's centre keeps this many semitones from the prescribed ends."""
_READ_BACK = np.linalg.pinv([(CUES[name].valence, CUES[name].arousal) for name in LED])
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
    told = Cues(*(CUES[name].at(state.valence, state.arousal) for name in LED))
    cues = told._replace(tempo_bpm=np.exp2(told.tempo_bpm), loudness_db=told.loudness_db + limits.loudness_max_db)
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
        articulation=clip(cues.articulation, CUES["articulation"].high, CUES["articulation"].low),
    )


def expressed(cues: Cues, limits: Limits) -> State:
    """The point that cues express, read back from them: where limits and slopes hold some back, not what was asked."""
    told = cues._replace(tempo_bpm=np.log2(cues.tempo_bpm), loudness_db=cues.loudness_db - limits.loudness_max_db)
    shares = [CUES[name].share(value) for name, value in zip(LED, told, strict=True)]
    valence, arousal = _READ_BACK @ np.asarray(shares)
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
