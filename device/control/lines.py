"""Lines of JSON that tell a session something, and that say what then sounds: how `isotone decide` is spoken to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from device.config import Axis, Unit
from device.errors import ConfigError
from device.messages import (
    UNDECODABLE,
    WISHES,
    AffectEstimate,
    Answer,
    AnyCommand,
    Command,
    CueName,
    Decider,
    Mode,
    MusicIntent,
    Phase,
)

LINE_MAX = 65_536
"""Bytes of the longest line that is read."""
TIME_MAX_S = 1e10
SD_MIN = 0.01
"""Nobody is read more surely than this, even where a line says so."""
ECHO_MAX = 60
"""Characters of what was told that a refusal repeats."""
Deviation = Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A line that tells an estimate, as `AffectEstimate`; where nothing is known it needs no numbers."""

    known: bool
    arousal: Axis | None = None
    arousal_sd: Deviation | None = None
    valence: Axis | None = None
    valence_sd: Deviation | None = None
    coverage: dict[str, Unit] = {}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What sounds after a line was told, and why; units as in `MusicIntent`."""

    t: float | None
    """The time that was told; the last one that was, where the line told none; null: none yet."""
    bar: int
    phase: Phase
    phase_left_s: float
    session_left_s: float
    target_valence: float
    target_arousal: float
    tempo_bpm: float
    density: float
    register_midi: float
    loudness_db: float
    brightness: float
    articulation: float
    mode: Mode
    silent: bool
    final: bool
    stopped: bool = False
    """Somebody stopped the music: nothing sounds any more."""
    over: bool = False
    """The session has come to its end."""
    decided_by: Decider
    locked: tuple[CueName, ...]
    pending: int = 0
    """Id of the proposal that waits for approval; 0: none."""
    answer: Answer | None = None
    """What became of a command; null where the line was none."""
    note: str = ""
    """What is to be said about a command that was obeyed."""
    refusal: str | None = None
    """Why the line was not obeyed; the music goes on as without it."""
    reason: str


COPIED = tuple(name for name in Line.__struct_fields__ if name in MusicIntent.__struct_fields__)
"""What a line tells of an intent as it is."""


def table_of(text: bytes) -> Mapping[str, Any]:
    """What a line tells, by name.

    Raises:
        ConfigError: it is no JSON object.
    """
    try:
        # The standard library reads the NaN that many programs write: its line has a time, and may be a stop.
        told = json.loads(text.decode())
    except UNDECODABLE as error:
        raise ConfigError(f"The line is no JSON: {error}.", "Give one object in each line.") from error
    if not isinstance(told, dict):
        raise ConfigError("The line is no JSON object.", "Give one object in each line.")
    return told


def time_of(told: Mapping[str, Any]) -> float:
    """The time that a line tells, in seconds.

    Raises:
        ConfigError: it tells none.
    """
    seconds = told.get("t")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not abs(seconds) <= TIME_MAX_S:
        raise ConfigError("The line tells no time.", "Give `t` in seconds.")
    return float(seconds)


def message_of(told: Mapping[str, Any], now_ns: int, command_id: str) -> AffectEstimate | Command:
    """The estimate or the command that a line stands for, at the time `now_ns`.

    Raises:
        ConfigError: it stands for none, a number is missing or out of range, or nobody may say so.
    """
    try:
        if "command" in told:
            return _command_of(told, now_ns, command_id)
        return _estimate_of(msgspec.convert(told, Heard), now_ns)
    except UNDECODABLE as error:
        raise ConfigError(f"The line cannot be read: {error}.", "Mend it.") from error


def _command_of(told: Mapping[str, Any], now_ns: int, command_id: str) -> Command:
    kind, author = told["command"], told.get("author", "patient")
    if not isinstance(kind, str) or kind not in WISHES:
        raise ConfigError(f"There is no command {str(kind)[:ECHO_MAX]!r}.", f"Choose of {', '.join(WISHES)}.")
    if author not in ("patient", "therapist"):
        raise ConfigError(f"{str(author)[:ECHO_MAX]!r} is no author.", "Give patient or therapist.")
    fields = {"value": told["arousal"]} if kind == "self_report" and "arousal" in told else {}
    fields |= dict(told)
    fields |= {"kind": kind, "author": author, "t_ns": now_ns, "id": command_id}
    command: Command = msgspec.convert(fields, AnyCommand)
    return command


def _estimate_of(heard: Heard, now_ns: int) -> AffectEstimate:
    numbers = {name: getattr(heard, name) for name in ("arousal", "arousal_sd", "valence", "valence_sd")}
    if not heard.known:
        numbers = {"arousal": 0.0, "arousal_sd": 1.0, "valence": 0.0, "valence_sd": 1.0}
    missing = [name for name, value in numbers.items() if value is None]
    if missing:
        raise ConfigError(f"The estimate is known, but tells no {', '.join(missing)}.", "Give all four numbers.")
    numbers |= {name: max(SD_MIN, numbers[name]) for name in ("arousal_sd", "valence_sd")}
    return AffectEstimate(t_ns=now_ns, known=heard.known, coverage=heard.coverage, calibrated=heard.known, **numbers)
