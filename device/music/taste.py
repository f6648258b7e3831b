"""What the composer is talked into while it samples a bar: harmony leans as asked, and nothing loops."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from device.music import tokens as t
from device.music.decoder import Logits, Rows
from device.music.form import Likeness
from device.music.grammar import N_CHORDS
from device.music.sampling import (
    CHORD_FATIGUE,
    LOOP_FATIGUE,
    NOTE_FATIGUE,
    NOTE_OF,
    RHYTHM_FATIGUE,
    ROOT_OF,
    lead,
    tire,
    tire_of_loops,
)
from device.music.steering import LILT

FATIGUE_TOKENS = 2 * t.MAX_BAR_TOKENS
"""How far back repetition is counted."""


class Taste:
    """Of one bar, after the bars of its context; `leaning` is added to the logits of chords."""

    def __init__(
        self, context: Sequence[Rows], leaning: Logits, likeness: Likeness, *, is_calm: bool, swings: bool
    ) -> None:
        self._leaning, self._likeness, self._is_calm, self._swings = leaning, likeness, is_calm, swings
        self._heard = [int(token) for past in context for token in past[:, 0]][-FATIGUE_TOKENS:]
        self._melodies, self._rhythms = ([line(past[:, 0]) for past in context] for line in (_melody, _rhythm))

    def hear(self, token: int) -> None:
        """Take the token that was drawn."""
        self._heard.append(token)

    def season(self, logits: Logits, tokens: Sequence[int]) -> None:
        """Change what may follow `tokens`, those of the bar so far with its `bar` token, in place."""
        if len(tokens) <= N_CHORDS:
            logits += self._leaning
            if len(tokens) == 1 and self._likeness in ("new", "loose"):
                # A bar that begins with the root that bars before began with stands still, whatever follows it.
                firsts = [chord for token, chord in itertools.pairwise(self._heard) if token == t.BAR]
                tire(logits, firsts, ROOT_OF, CHORD_FATIGUE)
        else:
            # A melody that has few notes would take the smallest step of all more often than people take it.
            tire(logits, self._heard, NOTE_OF, NOTE_FATIGUE)
            if t.FIRST_STEP <= tokens[-1] < t.FIRST_NOTE:
                # Only where a note begins the melody may have one.
                lead(logits, self._heard)
            if self._swings:
                logits += LILT
        if self._likeness == "new":
            self._tire_of_loops(logits, tokens)

    def _tire_of_loops(self, logits: Logits, tokens: Sequence[int]) -> None:
        tire_of_loops(logits, _melody(tokens), self._melodies, LOOP_FATIGUE)
        if self._is_calm:
            tire_of_loops(logits, _rhythm(tokens), self._rhythms, RHYTHM_FATIGUE)


def _melody(tokens: Iterable[int]) -> list[int]:
    return [int(token) for token in tokens if token in NOTE_OF]


def _rhythm(tokens: Iterable[int]) -> list[int]:
    return [int(token) for token in tokens if t.FIRST_STEP <= token < t.FIRST_NOTE]
