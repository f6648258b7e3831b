"""The closed vocabulary of briefs, read from words.toml: what a word means, in every language that the box speaks."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from device.messages import Language, Voice

TABLE = Path(__file__).with_name("words.toml")
RADIUS = 0.8
"""Moods lie this far from the middle of the plane: its edge is left for "very"."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The words of each language that mean the same, separated by spaces."""

    en: str
    de: str
    fr: str
    es: str


class Mood(Row, frozen=True, kw_only=True):
    """A place on Russell's circle: said as a wish, music goes there, and as a feeling, it begins there."""

    degrees: float

    @property
    def valence(self) -> float:
        return RADIUS * math.cos(math.radians(self.degrees))

    @property
    def arousal(self) -> float:
        return RADIUS * math.sin(math.radians(self.degrees))


class Nudge(Row, frozen=True, kw_only=True):
    """A direction, from wherever the music is."""

    valence: float
    arousal: float


class Instrument(Row, frozen=True, kw_only=True):
    """A General MIDI program, and the voices that it may take, the most fitting first."""

    program: int
    voices: tuple[Voice, ...]


class Taste(Row, frozen=True, kw_only=True):
    """A value of a key of `[preference]`."""

    key: Literal["style", "texture", "metre", "bed"]
    value: str


class Missing(Row, frozen=True, kw_only=True):
    """What this music has not."""


class Turn(Row, frozen=True, kw_only=True):
    """How what comes after it is meant."""

    kind: Literal["feeling", "wish", "not", "without", "factor"]
    factor: float = 1.0


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """words.toml."""

    mood: dict[str, Mood]
    nudge: dict[str, Nudge]
    instrument: dict[str, Instrument]
    taste: dict[str, Taste]
    missing: dict[str, Missing]
    turn: dict[str, Turn]
    silent: dict[Language, str]


_TABLE = msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)
VOCABULARY: dict[str, Mood | Nudge | Instrument | Taste | Missing | Turn] = {
    **_TABLE.mood, **_TABLE.nudge, **_TABLE.instrument, **_TABLE.taste, **_TABLE.missing, **_TABLE.turn,
}  # fmt: skip
SILENT = {language: frozenset(words.split()) for language, words in _TABLE.silent.items()}
"""Words that every sentence of a language has."""
