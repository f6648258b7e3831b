"""Chooses tokens: nucleus sampling among what the grammar allows, with fatigue for what was just repeated."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from device.music import tokens as t
from device.music.decoder import Logits
from device.music.grammar import Mask
from device.music.theory import CHORDS

CHORD_FATIGUE, NOTE_FATIGUE = 0.8, 0.3
"""Nats taken from the logit of the last root or melody note each time it was just heard. People repeat notes often."""
LOOP_FATIGUE, RHYTHM_FATIGUE = 0.4, 0.15
"""Nats taken for going on as an earlier bar did, times what is alike: bars that return are planned, not looped."""
ROOT_OF = {t.chord_token(chord): chord.root_pc for chord in CHORDS}
NOTE_OF = {token: token for token in range(t.FIRST_NOTE, t.FIRST_NOTE + t.N_MELODY)}


def tire(logits: Logits, heard: Sequence[int], name_of: Mapping[int, int], fatigue: float) -> None:
    """Make tokens of the name that was just repeated less likely, in place: repetition is what grates first."""
    latest_first = (name_of[token] for token in reversed(heard) if token in name_of)
    last, repeats = next(itertools.groupby(latest_first), (None, ()))
    times = sum(1 for _ in repeats)
    for token, name in name_of.items():
        if name == last:
            logits[token] -= fatigue * times


def tire_of_loops(logits: Logits, begun: list[int], lines: Iterable[list[int]], fatigue: float) -> None:
    """Make a line (of notes or of steps) less likely to go on as earlier ones that began alike, the longer the more."""
    for line in lines:
        if len(begun) < len(line) and line[: len(begun)] == begun:
            logits[line[len(begun)]] -= fatigue * len(begun)


def draw(logits: Logits, mask: Mask, temperature: float, top_p: float, chance: float) -> int:
    """One token by nucleus sampling among those the mask allows; `chance` is uniform in 0 to 1."""
    (allowed,) = mask.nonzero()
    scaled = logits[allowed].astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    order = (-weights).argsort(kind="stable")
    heaped = weights[order].cumsum() / weights.sum()
    kept = min(int(heaped.searchsorted(top_p)) + 1, len(heaped))
    place = int(heaped[:kept].searchsorted(chance * heaped[kept - 1], side="right"))
    return int(allowed[order[min(place, kept - 1)]])
