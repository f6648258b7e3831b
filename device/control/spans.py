"""The spans of a movement: runs of sections that stay in one key and one character, drawn anew for each movement.

How long they are and what they are like depends on the seed and on the mood: calm music stays where it is for longer
and is rather thin, lively music moves on and is rather full.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from device.music.form import MOVEMENT_SECTIONS
from device.stage import Random, keyed_random

Mood = Literal["calm", "even", "lively"]
CALM_BELOW, LIVELY_FROM = -0.3, 0.35
"""Arousal that is asked for."""
Character = Literal["thin", "usual", "full"]
LENGTHS: dict[Mood, tuple[tuple[int, ...], ...]] = {
    "calm": ((5, 3), (3, 5), (4, 4), (6, 2), (2, 6), (3, 3, 2)),
    "even": ((3, 5), (4, 4), (5, 3), (3, 3, 2), (2, 3, 3), (2, 4, 2)),
    "lively": ((2, 3, 3), (3, 2, 3), (2, 4, 2), (4, 2, 2), (3, 3, 2), (2, 2, 2, 2)),
}
"""Sections of the spans of a movement."""
STAYS: dict[Mood, float] = {"calm": 0.3, "even": 0.2, "lively": 0.1}
"""How often a span stays in the key of the one before."""
FARTHEST_FIFTHS = 2
WEIGHTS: dict[Mood, dict[Character, int]] = {
    "calm": {"thin": 4, "usual": 4, "full": 2},
    "even": {"thin": 2, "usual": 4, "full": 4},
    "lively": {"thin": 1, "usual": 4, "full": 5},
}


class Span(NamedTuple):
    """Sections of a movement that belong together."""

    first: int
    """The section, 0 to 7, that it begins with."""
    fifths: int
    """Its key: fifths from home, all in the movement's one direction."""
    character: Character


def mood_of(arousal: float) -> Mood:
    """The mood that an arousal stands for."""
    return "calm" if arousal < CALM_BELOW else "lively" if arousal >= LIVELY_FROM else "even"


def span_at(seed: int, movement: int, section: int, mood: Mood) -> Span:
    """The span that a section (0 to 7) of a movement lies in."""
    return [span for span in spans_of(seed, movement, mood) if span.first <= section][-1]


def spans_of(seed: int, movement: int, mood: Mood) -> list[Span]:
    """The spans of a movement: the first one is at home, and none is like the one before. Music begins as usual."""
    rng = keyed_random(seed, f"spans-{mood}", movement)
    lengths = rng.choice(LENGTHS[mood])
    spans = [Span(0, 0, _character(mood, None, rng) if movement else "usual")]
    for place, length in enumerate(lengths[:-1], start=1):
        before = spans[-1]
        farthest = FARTHEST_FIFTHS if before.first + length + lengths[place] < MOVEMENT_SECTIONS else 1
        fifths = before.fifths if rng.random() < STAYS[mood] else abs(before.fifths + rng.choice((-1, 1)))
        character = _character(mood, before.character, rng)
        spans.append(Span(before.first + length, min(fifths, farthest), character))
    return spans


def _character(mood: Mood, before: Character | None, rng: Random) -> Character:
    weights = {character: weight for character, weight in WEIGHTS[mood].items() if character != before}
    return rng.choices(list(weights), list(weights.values()))[0]
