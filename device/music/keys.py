"""Finds the key of music by how long each pitch class sounds: the same profiles serve training data and themes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.messages import Mode

# Temperley's revision (1999) of the Krumhansl-Kessler key profiles.
MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
BY_KINSHIP = (0, 5, 7, 2, 10, 3, 9, 4, 8, 1, 11, 6)
"""Semitones to other tonics, nearly related keys first."""


def find_key(weights: Sequence[float]) -> tuple[int, Mode]:
    """The key whose profile twelve pitch-class weights follow best; C major where they tell nothing."""
    fits = key_fits(weights)
    return max(fits, key=lambda key: fits[key])


def key_fits(weights: Sequence[float]) -> dict[tuple[int, Mode], float]:
    """How well twelve pitch-class weights follow the profile of each key, -1 to 1."""
    return {
        (tonic, mode): fit(weights, [profile[(pc - tonic) % 12] for pc in range(12)])
        for mode, profile in _PROFILES.items()
        for tonic in range(12)
    }


def fit(weights: Sequence[float], profile: Sequence[float]) -> float:
    """Correlation, -1 to 1; 0 where one of them is flat."""
    mean, middle = sum(weights) / 12, sum(profile) / 12
    first, second = [weight - mean for weight in weights], [value - middle for value in profile]
    scale = math.hypot(*first) * math.hypot(*second)
    return sum(a * b for a, b in zip(first, second, strict=True)) / scale if scale > 1e-9 else 0.0


def key_name(tonic_pc: int, mode: Mode) -> str:
    """A key in words, such as "F# minor", as `key_of` reads it."""
    return f"{NAMES[tonic_pc]} {mode}"


def key_of(name: str) -> tuple[int, Mode]:
    """The tonic and mode that a name such as "F# minor" stands for."""
    tonic, _, mode = name.partition(" ")
    shift = {"#": 1, "b": -1}.get(tonic[1:], 0)
    return (TONICS[tonic[0]] + shift) % 12, "major" if mode == "major" else "minor"


def allowed_mode(mode: Mode, never: Sequence[str]) -> Mode:
    """The mode asked for, or the other one where none of its keys may sound."""
    forbidden = {key_of(name) for name in never}
    other: Mode = "minor" if mode == "major" else "major"
    return mode if any((tonic, mode) not in forbidden for tonic in range(12)) else other


def allowed_tonic(tonic_pc: int, mode: Mode, never: Sequence[str]) -> int:
    """The tonic asked for, or the nearest related one whose key may sound; where none may, the one asked for."""
    forbidden = {key_of(name) for name in never}
    options = ((tonic_pc + semitones) % 12 for semitones in BY_KINSHIP)
    return next((tonic for tonic in options if (tonic, mode) not in forbidden), tonic_pc)


_PROFILES: dict[Mode, tuple[float, ...]] = {"major": MAJOR, "minor": MINOR}
