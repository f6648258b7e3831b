"""Says what a point on the valence-arousal plane sounds like, in cues that composer and synthesiser can follow.

Cues add up linearly and explain 77 to 89 % of listeners' ratings, in the order mode, tempo, register, dynamics,
articulation (Eerola, Friberg & Bresin 2013, doi 10.3389/fpsyg.2013.00487); directions after Gabrielsson & Lindstroem.
The mode carries valence, the other cues mostly arousal (Livingstone 2010). It is perceived emotion, not felt.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from device.config import Limits
from device.control.session_plan import State
from device.messages import Mode, Moves

MODE_HYSTERESIS = 0.1


class Cues(NamedTuple):
    """Continuous cues of one bar; units as in `MusicIntent`."""

    tempo_bpm: float
    density: float
    register_midi: float
    loudness_db: float
    brightness: float
    articulation: float


class Scale(NamedTuple):
    """A cue goes from `low` to `high` with valence and arousal, each by its weight; the weights sum to 1 at most."""

    low: float
    high: float
    valence_weight: float
    arousal_weight: float

    def at(self, state: State) -> float:
        share = 0.5 + 0.5 * (self.valence_weight * state.valence + self.arousal_weight * state.arousal)
        return self.low + share * (self.high - self.low)


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
STEPS = Cues(tempo_bpm=0.03, density=0.05, register_midi=1.5, loudness_db=1.5, brightness=0.06, articulation=0.06)
"""The most a cue changes from bar to bar: a share of itself for tempo, its own unit for the others."""
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
        tempo_bpm=2.0 ** LOG2_TEMPO.at(state),
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
        tempo_bpm=_clip(cues.tempo_bpm, slowest, fastest),
        density=_clip(cues.density, 0.0, limits.density_max),
        register_midi=_clip(cues.register_midi, lowest, highest),
        loudness_db=min(cues.loudness_db, limits.loudness_max_db),
        brightness=_clip(cues.brightness, 0.0, 1.0),
        articulation=_clip(cues.articulation, ARTICULATION.high, ARTICULATION.low),
    )


def moved(cues: Cues, moves: Moves) -> Cues:
    """`cues` with what a policy adds to each."""
    return Cues(
        tempo_bpm=cues.tempo_bpm * 2.0**moves.tempo_octaves,
        density=cues.density + moves.density,
        register_midi=cues.register_midi + moves.register_semitones,
        loudness_db=cues.loudness_db + moves.loudness_db,
        brightness=cues.brightness + moves.brightness,
        articulation=cues.articulation + moves.articulation,
    )


def shift(cues: Cues, old: Cues, new: Cues) -> Cues:
    """`cues` moved by as much as `new` lies beside `old`."""
    return Cues(*(value + after - before for value, before, after in zip(cues, old, new, strict=True)))


def approach(last: Cues, wanted: Cues, n_steps: int = 1) -> Cues:
    """The last bar's cues moved towards the wanted ones, as far as `n_steps` of `STEPS` reach."""
    reaches = STEPS._replace(tempo_bpm=STEPS.tempo_bpm * last.tempo_bpm)
    return Cues(
        *(
            before + _clip(after - before, -n_steps * reach, n_steps * reach)
            for before, after, reach in zip(last, wanted, reaches, strict=True)
        )
    )


def mode_of(valence: float, before: Mode) -> Mode:
    """Major for pleasant, minor for unpleasant; near the middle it stays as it was."""
    if valence > MODE_HYSTERESIS:
        return "major"
    return "minor" if valence < -MODE_HYSTERESIS else before


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


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
