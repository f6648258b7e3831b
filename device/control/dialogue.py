"""A session by question and answer: a line of JSON tells an estimate or a command, and a line says what then sounds.

It is the box's own controller that answers; each line is a bar asked for at the time that the line tells. A line that
cannot be obeyed is answered too, with the reason, and changes nothing. Here audio's part is played as well: what is
stopped, and what is over, falls silent.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from device.config import Axis, SessionConfig, Unit
from device.control.controller import Controller
from device.errors import ConfigError
from device.messages import (
    UNDECODABLE,
    WISHES,
    AffectEstimate,
    AnyCommand,
    Author,
    Command,
    CommandAnswer,
    CueName,
    Decider,
    Decision,
    Message,
    Mode,
    MusicIntent,
    PersonalResponse,
    Phase,
    Stop,
    Transport,
)
from device.text import printable

BEGAN_NS = 100_000_000_000
"""The controller's time when the first line is told, whatever that calls it."""
TIME_MAX_S = 1e10
PAUSE_MAX_S = 86_400.0
"""A time further ahead than a day is a mistake, and would make all that follows come from the past."""
SD_MIN = 0.01
"""Nobody is read more surely than this, even where a line says so."""
SILENCE_DB = -60.0
"""Where the loudness of what was stopped comes to an end: nothing is heard any more."""
ECHO_MAX = 80
"""Characters of what was told that a refusal repeats."""
LINE_MAX = 65_536
"""Bytes of the longest line that is read."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A line that tells an estimate, as `AffectEstimate`; what is not known needs no numbers."""

    known: bool
    arousal: Axis | None = None
    arousal_sd: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    valence: Axis | None = None
    valence_sd: Annotated[float, msgspec.Meta(ge=0.0)] | None = None
    coverage: dict[str, Unit] = {}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What sounds after a line was told, and why; units as in `MusicIntent`."""

    t: float | None
    """The time that the line told, or the last that was told where it told none; null: none yet."""
    bar: int
    phase: Phase
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
    over: bool = False
    decided_by: Decider
    locked: tuple[CueName, ...]
    answer: str = ""
    """`taken`, `queued` or `refused`, for a command."""
    refusal: str | None = None
    """Why the line was not obeyed; what sounds has not changed then."""
    reason: str


class Dialogue:
    """One session. `answer` never raises for what a line holds."""

    def __init__(self, config: SessionConfig) -> None:
        self._controller = Controller(config)
        self._slope_db_s = config.prescription.limits.loudness_slope_db_s
        self._bars = itertools.count()
        self._ids = itertools.count(1)
        self._first_s: float | None = None
        self._last_s = 0.0
        self._stopped_by: Author | None = None
        self.learnt: dict[str, PersonalResponse] = {}
        """What the policy learnt, as it was last told."""
        self._line = self._ask(None, BEGAN_NS)

    def answer(self, text: bytes) -> Line:
        """What a line, without its end, leads to."""
        try:
            told = _table(text)
            now_s = self._time(told)
            message = self._message(told, self._ns(now_s))
        except ConfigError as error:
            return msgspec.structs.replace(self._line, answer="", refusal=printable(str(error)))
        return self._answer(message, now_s)

    def refuse_long(self) -> Line:
        """The answer to a line that is too long to be read."""
        sentence = f"The line is longer than {LINE_MAX} bytes."
        return msgspec.structs.replace(self._line, answer="", refusal=sentence)

    # -- what was told

    def _time(self, told: Mapping[str, Any]) -> float:
        """The time of a line. Raises ConfigError where it is none, goes back, or is too far ahead."""
        seconds = told.get("t")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not abs(seconds) <= TIME_MAX_S:
            raise ConfigError("The line tells no time.", "Give `t` in seconds.")
        last_s = float(seconds) if self._first_s is None else self._last_s
        if seconds < last_s:
            raise ConfigError(f"Time went back from {last_s:g} s to {seconds:g} s.", "Tell lines in their order.")
        if seconds > last_s + PAUSE_MAX_S:
            raise ConfigError(f"{seconds:g} s is more than a day after {last_s:g} s.", "Mend the time.")
        return float(seconds)

    def _ns(self, now_s: float) -> int:
        return BEGAN_NS + round((now_s - (now_s if self._first_s is None else self._first_s)) * 1e9)

    def _message(self, told: Mapping[str, Any], now_ns: int) -> AffectEstimate | Command:
        """The message that a line stands for. Raises ConfigError where it stands for none."""
        try:
            return self._command(told, now_ns) if "command" in told else _estimate(msgspec.convert(told, Heard), now_ns)
        except UNDECODABLE as error:
            raise ConfigError(f"The line cannot be read: {error}.", "Mend it.") from error

    def _command(self, told: Mapping[str, Any], now_ns: int) -> Command:
        kind, author = told["command"], told.get("author", "patient")
        if not isinstance(kind, str) or kind not in WISHES:
            raise ConfigError(f"There is no command {str(kind)[:ECHO_MAX]!r}.", f"Choose: {', '.join(WISHES)}.")
        if author not in ("patient", "therapist"):
            raise ConfigError(f"{str(author)[:ECHO_MAX]!r} is no author.", "Give patient or therapist.")
        fields = {"value": told["arousal"]} if kind == "self_report" and "arousal" in told else {}
        fields |= dict(told)
        fields |= {"kind": kind, "author": author, "t_ns": now_ns, "id": str(next(self._ids))}
        command: Command = msgspec.convert(fields, AnyCommand)
        return command

    # -- what is answered

    def _answer(self, message: AffectEstimate | Command, now_s: float) -> Line:
        passed_s = now_s - (now_s if self._first_s is None else self._last_s)
        if self._first_s is None:
            self._first_s = now_s
        self._last_s = now_s
        if isinstance(message, Stop) and not self._line.over:
            self._stopped_by = message.author if self._stopped_by is None else self._stopped_by
            self._line = msgspec.structs.replace(self._line, stopped=True)
        if self._line.stopped or self._line.over:
            self._line = self._silenced(message, now_s, passed_s)
        else:
            self._line = self._ask(message, self._ns(now_s), now_s)
        return self._line

    def _ask(self, message: AffectEstimate | Command | None, now_ns: int, now_s: float | None = None) -> Line:
        """Tell the controller, and ask it for a bar."""
        told = [] if message is None else [*self._controller.step(message, now_ns)]
        bar = next(self._bars)
        asked = Transport(t_ns=now_ns, bar_index=bar, start_frame=0, starts_ns=now_ns, deadline_ns=now_ns)
        told += self._controller.step(asked, now_ns)
        self._learn(told)
        answer = _last(CommandAnswer, told)
        decision, intent = _last(Decision, told), _last(MusicIntent, told)
        if decision is None or intent is None:
            raise AssertionError("The controller answered a bar with no intent.")
        is_command = isinstance(message, Command)
        return Line(
            t=now_s,
            bar=bar,
            over=intent.session_left_s <= 0,
            decided_by=decision.decided_by,
            locked=decision.context.locks,
            answer=answer.answer if answer else "taken" if is_command else "",
            refusal=answer.sentence if answer and answer.answer == "refused" else None,
            **{name: getattr(intent, name) for name in COPIED},
        )

    def _learn(self, told: Sequence[Message]) -> None:
        self.learnt |= {message.policy: message for message in told if isinstance(message, PersonalResponse)}

    def _silenced(self, message: Message, now_s: float, passed_s: float) -> Line:
        """Fall silent within the slope; the rest stays as it was, whatever is told."""
        line, by = self._line, self._stopped_by
        why = f"stopped by the {by}" if by else "the session is over"
        answer = "taken" if isinstance(message, Stop) else "refused" if isinstance(message, Command) else ""
        return msgspec.structs.replace(
            line,
            t=now_s,
            loudness_db=min(line.loudness_db, max(SILENCE_DB, line.loudness_db - self._slope_db_s * passed_s)),
            silent=True,
            decided_by=by or "plan",
            answer=answer,
            refusal=f"Nothing changes any more: {why}." if answer == "refused" else None,
            reason=f"{why}: silence",
        )


COPIED = tuple(name for name in Line.__struct_fields__ if name in MusicIntent.__struct_fields__)
"""What a line tells of the intent as it is."""


def _table(text: bytes) -> Mapping[str, Any]:
    """A line as what it tells by name. Raises ConfigError where it is no JSON object."""
    try:
        told = msgspec.json.decode(text)
    except UNDECODABLE as error:
        raise ConfigError(f"The line is no JSON: {error}.", "Give one object in each line.") from error
    if not isinstance(told, dict):
        raise ConfigError("The line is no JSON object.", "Give one object in each line.")
    return told


def _estimate(heard: Heard, now_ns: int) -> AffectEstimate:
    """The estimate of a line, with the prior where nothing is known. Raises ConfigError where a number is missing."""
    numbers = {name: getattr(heard, name) for name in ("arousal", "arousal_sd", "valence", "valence_sd")}
    if not heard.known:
        numbers = {"arousal": 0.0, "arousal_sd": 1.0, "valence": 0.0, "valence_sd": 1.0}
    missing = [name for name, value in numbers.items() if value is None]
    if missing:
        raise ConfigError(f"The estimate is known, but has no {', '.join(missing)}.", "Give all four numbers.")
    numbers |= {name: max(SD_MIN, numbers[name]) for name in ("arousal_sd", "valence_sd")}
    return AffectEstimate(t_ns=now_ns, known=heard.known, coverage=heard.coverage, calibrated=heard.known, **numbers)


def _last(kind: type[Any], told: list[Any]) -> Any:
    return next((message for message in reversed(told) if isinstance(message, kind)), None)
