"""Choosing a token: nucleus sampling among what the grammar allows, with fatigue for what was just repeated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from device.music import tokens as t
from device.music.decoder import Logits
from device.music.grammar import Mask

CHORD_FATIGUE, NOTE_FATIGUE = 0.8, 0.1
"""Taken from the logit of the last chord or melody note for every time it was just heard. People repeat notes often."""
CHORD_TOKENS = range(t.FIRST_CHORD + 1, t.FIRST_STEP)
MELODY_TOKENS = range(t.FIRST_NOTE, t.FIRST_NOTE + t.N_MELODY)


def tire(logits: Logits, heard: Sequence[int], kind: range, fatigue: float) -> None:
    """Make the token of a kind that was just repeated less likely, in place: repetition is what grates first."""
    same = [token for token in heard if token in kind]
    for token in itertools.takewhile(lambda token: token == same[-1], reversed(same)):
        logits[token] -= fatigue


def draw(logits: Logits, mask: Mask, temperature: float, top_p: float, chance: float) -> int:
    """One token by nucleus sampling among those the mask allows; `chance` is uniform in 0 to 1."""
    allowed = np.flatnonzero(mask)
    scaled = logits[allowed].astype(np.float64) / temperature
    weights = np.exp(scaled - np.max(scaled))
    order = np.argsort(-weights, kind="stable")
    heaped = np.cumsum(weights[order]) / weights.sum()
    kept = min(int(np.searchsorted(heaped, top_p)) + 1, len(heaped))
    place = int(np.searchsorted(heaped[:kept], chance * heaped[kept - 1], side="right"))
    return int(allowed[order[min(place, kept - 1)]])
