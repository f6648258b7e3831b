"""How many notes the melody has from bar to bar: people sing in phrases, and take breath between them.

A melody with the same number of notes in every bar is what tells a machine first. Every generator asks here, so that a
bar that is taken up again is as busy as it was.
"""

from __future__ import annotations

from device.config import SessionConfig
from device.messages import Metre
from device.music.form import Close, place_of
from device.music.metre import LAYOUTS
from device.music.theory import notes_per_beat
from device.stage import keyed_random

PHRASE_BARS = 4
SHAPE = (1.0, 1.2, 1.1, 0.7)
"""Busyness of the bars of a phrase: it sets out, moves, and comes to rest."""
BREATHS = (0.07, 0.05, 0.09, 0.22)
"""How often the melody is silent in each bar of a phrase; people's slow songs are in one bar of eleven."""
PHRASE_SPREAD, BAR_SPREAD = 0.25, 0.55
"""Deviations of phrases, and of bars within them, from the mean; people's bars differ by 0.56 of theirs in all."""
MELODY_SHARE = 0.36
"""The melody's share of the notes that a density stands for."""
MEANS, MOST = (2.4, 4.8), 8
"""Bounds of the mean of four beats, and the most that a bar is given: of more the accompaniment has the rest."""

SWINGING_MORE = 1.25
"""Where beats are of three a melody has more notes: 5.5 in two bars of slow Lieder in 6/8, and 3.4 in one of 4/4. Calm
music takes half of that."""


def melody_notes(seed: int, origin: int, density: float, metre: Metre, *, rests: bool = True) -> int:
    """The notes of the melody in the bar that `origin` was the first appearance of; 0 for a breath, if it may rest."""
    phrase, bar = divmod(origin, PHRASE_BARS)
    drawn = keyed_random(seed, "melody-notes", origin)
    if drawn.random() < BREATHS[bar] and origin and rests:
        return 0
    layout = LAYOUTS[metre]
    share = layout.beats / 4.0 * (SWINGING_MORE if layout.swings else 1.0)
    mean = min(max(MEANS[0], 4.0 * MELODY_SHARE * notes_per_beat(density)), MEANS[1]) * share
    of_phrase = 1.0 + keyed_random(seed, "melody-phrase", phrase).gauss(0.0, PHRASE_SPREAD)
    of_bar = 1.0 + drawn.gauss(0.0, BAR_SPREAD)
    return min(MOST, max(1, round(mean * SHAPE[bar] * max(0.4, of_phrase) * max(0.2, of_bar))))


def planned_notes(config: SessionConfig, bar_index: int, density: float, metre: Metre, close: Close) -> int:
    """The same for a bar of the plan: as busy as where it comes from, and no breath where a phrase closes fully."""
    origin = origin_of(config, bar_index)
    return melody_notes(config.seed, origin, density, metre, rests=close != "full")


def origin_of(config: SessionConfig, bar_index: int) -> int:
    """The bar of the plan whose melody comes again, closely or varied, in this one; itself where it is new."""
    place = place_of(config.seed, bar_index, has_theme=config.theme is not None)
    while place.refers_to is not None and place.likeness in {"close", "varied"}:
        bar_index = place.refers_to
        place = place_of(config.seed, bar_index, has_theme=config.theme is not None)
    return bar_index
