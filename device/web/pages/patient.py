"""The patient's page: a few large buttons, how they feel, and one plain sentence. No figure of the science is on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio.to_thread
from starlette.responses import Response

from device.listeners.names import is_anybody
from device.listeners.ratings import ITEMS
from device.messages import VOICES
from device.web.belief import belief, face_of, left, saying
from device.web.house import Ask
from device.web.last_time import last_time
from device.web.pages.feeling import listener_of
from device.web.words import NAMES

STEPS = (1.0, 0.5, 0.0, -0.5, -1.0)
"""Arousal of the grid's rows from above, and valence of its columns from the right."""


async def show(ask: Ask) -> Response:
    """The whole page; what moves on it comes as events."""
    told = await anyio.to_thread.run_sync(last_time, ask.house.config, listener_of(ask.house), ask.words, ask.language)
    return ask.page(
        "patient.html", state=state(ask), last=told, voices=VOICES, items=ITEMS, grid=list(_grid(ask.words)),
        names=NAMES, asks_feeling=not is_anybody(listener_of(ask.house)),
    )  # fmt: skip


def _grid(words: Mapping[str, str]) -> list[dict[str, Any]]:
    """The squares of the affect grid, row by row, each with what a screen reader says of it."""
    return [
        {"arousal": arousal, "valence": -valence, "label": _square(words, arousal, -valence)}
        for arousal in STEPS
        for valence in STEPS
    ]


def _square(words: Mapping[str, str], arousal: float, valence: float) -> str:
    """`very tense, pleasant`; where neither is said, `in between`."""
    sides = []
    for value, low, high in ((arousal, "calm", "tense"), (valence, "unpleasant", "pleasant")):
        if value:
            word = words[high if value > 0 else low]
            sides.append(words["very"].format(word=word) if abs(value) == 1 else word)
    if len(sides) == 2:
        return words["and"].format(one=sides[0], other=sides[1])
    return sides[0] if sides else words["middle"]


def state(ask: Ask) -> dict[str, Any]:
    """What moves on the page."""
    live, words = ask.house.live, ask.words
    face = face_of(live)
    code = live.box.code if live.box and face == "help" else ""
    return {
        "face": face,
        "title": words[f"face-{face}"],
        "belief": belief(live, words) if face == "playing" else saying(face, code, words),
        "left": left(live, words) if face in ("playing", "paused") else "",
        "ended": live.ended,
    }


class View:
    """Tells the page what is new."""

    least_s = 0.25
    """It is told no more often."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._told: dict[str, Any] = {}

    def news(self) -> list[tuple[str, Any]]:
        now = state(self._ask)
        if now == self._told:
            return []
        self._told = now
        return [("state", now)]
