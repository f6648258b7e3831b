"""How instruments answer to touch: soft strokes are darker and begin more slowly, and pianos are played through felt.

General MIDI fonts hold one recording a note: in FluidR3 velocity changes a note's level and nothing else (its spectral
centroid stays within 1 % from velocity 50 to 110, measured). What velocity does besides is said here, as modulators of
the SoundFont standard (2.04, section 8), which the synthesiser applies to each note as it begins. How much of it an
instrument has is told to its channel by controllers that MIDI leaves undefined.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

COLOUR, FELT, ONSET = 102, 103, 104
"""MIDI controllers that carry a `Touch`."""
FULL = 127
GEN_FILTER_CUTOFF, GEN_ATTACK = 8, 34
ALWAYS, VELOCITY, KEY = 0, 2, 3
"""Sources of a modulator that are no controllers; `ALWAYS` is 1, and may only be the second (FluidSynth takes it for
0 as the first one)."""
CONTROLLER = 16
NEGATIVE, BIPOLAR = 1, 2
"""Flags of a source: what its number means, and which way it goes."""


class Modulator(NamedTuple):
    """Adds `amount` (cents of a filter, timecents of an attack) to a generator, times the values of both sources.

    A source goes from 0 to 1, or from -1 to 1 where it is bipolar; the second one is a controller, or `ALWAYS`.
    """

    source: int
    flags: int
    by: int
    generator: int
    amount: float


MODULATORS = (
    # Middle strokes have the colour that is asked of all; four steps of velocity are a semitone of a piano's filter.
    Modulator(VELOCITY, BIPOLAR, COLOUR, GEN_FILTER_CUTOFF, 1600.0),
    Modulator(VELOCITY, NEGATIVE, COLOUR, GEN_ATTACK, 2400.0),
    Modulator(FELT, CONTROLLER, ALWAYS, GEN_FILTER_CUTOFF, -1000.0),
    # High notes keep their first partials: the filter rises by nearly half a semitone with each key.
    Modulator(KEY, BIPOLAR, FELT, GEN_FILTER_CUTOFF, 2800.0),
    # A felt hammer stays at the string for some milliseconds.
    Modulator(FELT, CONTROLLER, ALWAYS, GEN_ATTACK, 1800.0),
    Modulator(ONSET, CONTROLLER, ALWAYS, GEN_ATTACK, 9000.0),
)


class Touch(NamedTuple):
    """How an instrument answers, each from 0 to 1."""

    colour: float
    """By how much a soft stroke is darker, and slower, than a hard one."""
    felt: float
    """How thick the felt is between hammer and string."""
    onset: float
    """How slowly a held sound comes in."""


PLAIN = Touch(0.4, 0.0, 0.0)
TOUCHES: tuple[tuple[Container[int], Touch], ...] = (
    (range(4), Touch(0.9, 1.0, 0.0)),  # pianos
    (range(4, 8), Touch(0.7, 0.4, 0.0)),  # electric pianos, harpsichord
    ((9, 11, 13, 26), Touch(0.2, 0.0, 0.0)),  # glockenspiel, vibraphone, xylophone, jazz guitar: FluidR3 has two layers
    (range(8, 16), Touch(0.8, 0.5, 0.0)),  # mallets and bells
    (range(24, 32), Touch(0.8, 0.4, 0.0)),  # guitars
    (range(45, 48), Touch(0.8, 0.4, 0.0)),  # plucked strings, harp, timpani
    (range(52, 55), Touch(0.5, 0.0, 1.0)),  # choirs
)
"""By programs of General MIDI; the others are played plainly."""


def touch_of(program: int, *, through_felt: bool) -> Touch:
    """How a program of General MIDI (0 to 127) answers."""
    own = next((touch for programs, touch in TOUCHES if program in programs), PLAIN)
    return own if through_felt else own._replace(felt=0.0)


def controllers_of(touch: Touch) -> tuple[tuple[int, int], ...]:
    """The MIDI controllers that tell a channel of it, with their values."""
    shares = zip((COLOUR, FELT, ONSET), touch, strict=True)
    return tuple((controller, round(FULL * share)) for controller, share in shares)
