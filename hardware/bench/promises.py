"""What holds of every answer of `isotone decide`, whatever was told: looked for line by line, from outside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from device.config import Limits
from device.control.bounds import SLOPES
from device.control.cues import PITCH_MARGIN, Cues
from device.control.lines import Line
from device.expression import CUES

SLACK = 1e-6
"""Rounding: a hundred-thousandth of what anybody hears."""
HASTE = 2.0
"""A person's wish may move a cue so many times faster than plan and policy."""
FIELDS = {
    "tempo": "tempo_bpm", "density": "density", "register": "register_midi", "loudness": "loudness_db",
    "brightness": "brightness", "articulation": "articulation", "mode": "mode",
}  # fmt: skip
MUSIC = (*Cues._fields, "mode", "silent", "phase")


def music_of(line: Line) -> tuple[Any, ...]:
    return tuple(getattr(line, name) for name in MUSIC)


class Promises:
    """Holds the answers of one session to what was promised; `broken` names what was not kept."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._before: Line | None = None
        self._locked: dict[str, Any] = {}
        self._loudness_wished = False
        self._by_hand = False

    def broken(self, told: dict[str, Any], line: Line) -> Iterator[str]:
        """Everything that is wrong with the answer to a line that told this; empty where it was no object."""
        before = self._before
        yield from self._limits_of(line)
        if not line.reason.strip():
            yield "no reason"
        if before is not None:
            yield from self._slopes(before, line)
            yield from self._refusal(before, line)
            yield from self._stop(before, line)
        yield from self._people(told, line)
        self._before = line

    def _limits_of(self, line: Line) -> Iterator[str]:
        limits = self._limits
        low, high = sorted((limits.pitch_min + PITCH_MARGIN, limits.pitch_max - PITCH_MARGIN))
        ranges = {
            "tempo_bpm": (limits.tempo_min_bpm, limits.tempo_max_bpm),
            "density": (0.0, limits.density_max),
            "register_midi": (low, high),
            "loudness_db": (-math.inf, limits.loudness_max_db),
            "brightness": (0.0, 1.0),
            "articulation": (CUES["articulation"].high, CUES["articulation"].low),
        }
        for name, (least, most) in ranges.items():
            value = getattr(line, name)
            if not (math.isfinite(value) and least - SLACK <= value <= most + SLACK):
                yield f"{name} outside the prescription"

    def _slopes(self, before: Line, line: Line) -> Iterator[str]:
        passed_s = 0.0 if line.t is None or before.t is None else line.t - before.t
        usual = SLOPES._asdict()
        slopes = {name: HASTE * slope for name, slope in usual.items()}
        slopes["tempo_bpm"] = self._limits.tempo_slope_percent_s / 100.0 * max(before.tempo_bpm, line.tempo_bpm)
        slopes["loudness_db"] = self._limits.loudness_slope_db_s
        for name, slope in slopes.items():
            if abs(getattr(line, name) - getattr(before, name)) > slope * passed_s + SLACK:
                yield f"{name} faster than its slope"

    def _refusal(self, before: Line, line: Line) -> Iterator[str]:
        if line.refusal is None:
            return
        if not line.refusal.strip():
            yield "refused without a word"
        if line.t == before.t and music_of(line) != music_of(before):
            yield "refused, and the music changed"

    def _stop(self, before: Line, line: Line) -> Iterator[str]:
        if before.stopped and not line.stopped:
            yield "stopped, and begun again"
        if line.stopped and not line.silent:
            yield "stopped, and not silent"
        if before.stopped and (line.loudness_db > before.loudness_db or music_of(line)[4:] != music_of(before)[4:]):
            yield "stopped, and still moving"

    def _people(self, told: dict[str, Any], line: Line) -> Iterator[str]:
        """Locks, hands and stop, as they were answered."""
        kind = told.get("command") if line.answer in ("taken", "queued") else None
        if told.get("command") == "stop" and line.answer is None and line.refusal is None:
            yield "stop was not answered"
        if kind == "stop" and not (line.stopped or line.over):
            yield "stop was not obeyed"
        if kind == "unlock":
            self._locked.pop(told["cue"], None)
        self._loudness_wished |= kind in ("softer", "louder")
        for cue, value in self._locked.items():
            is_moved = getattr(line, FIELDS[cue]) != value
            if is_moved and not line.stopped and not line.over and not (cue == "loudness" and self._loudness_wished):
                yield f"{cue} was locked, and moved"
        if kind == "lock" and told["cue"] in FIELDS:
            yield from self._lock(told["cue"], line)
        if kind in ("take_over", "hand_back"):
            self._by_hand = kind == "take_over"
        if self._by_hand and line.decided_by == "policy":
            yield "the policy decided while the therapist led"

    def _lock(self, cue: str, line: Line) -> Iterator[str]:
        value = self._locked[cue] = getattr(line, FIELDS[cue])
        if self._before and cue != "mode" and abs(value - getattr(self._before, FIELDS[cue])) > SLACK:
            yield f"{cue} moved as it was locked"
