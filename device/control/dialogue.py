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
        self._limits = config.prescription.limits
        self._bars, self._ids = itertools.count(), itertools.count(1)
        self._first_s: float | None = None
        self._stopped_by: Author | None = None
        self._offset_db = 0.0
        """How much softer or louder people asked for."""
        self.learnt: dict[str, PersonalResponse] = {}
        """What the policy learnt, as it was last told."""
        self._line = self._ask((), 0.0)

    def answer(self, text: bytes) -> Line:
        """What a line, without its end, leads to."""
        try:
            told = _table(text)
            now_s = self._time(told)
        except ConfigError as error:
            return msgspec.structs.replace(self._line, answer="", note="", refusal=printable(str(error)))
        try:
            message = self._message(told, self._ns(now_s))
        except ConfigError as error:
            return self._go_on(now_s, refusal=printable(str(error)))
        return self._obey(message, now_s) if isinstance(message, Command) else self._go_on(now_s, message)

    def refuse_long(self) -> Line:
        """The answer to a line that is too long to be read."""
        return msgspec.structs.replace(
            self._line, answer="", note="", refusal=f"The line is longer than {LINE_MAX} bytes. Give a shorter one."
        )

    # -- what was told

    def _time(self, told: Mapping[str, Any]) -> float:
        """The time of a line. Raises ConfigError where it is none, goes back, or is too far ahead."""
        seconds = told.get("t")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not abs(seconds) <= TIME_MAX_S:
            raise ConfigError("The line tells no time.", "Give `t` in seconds.")
        last_s = float(seconds) if self._line.t is None else self._line.t
        if seconds < last_s:
            raise ConfigError(f"Time went back from {last_s:g} s to {seconds:g} s.", "Tell lines in their order.")
        if seconds > last_s + PAUSE_MAX_S:
            raise ConfigError(f"{seconds:g} s is more than a day after {last_s:g} s.", "Mend the time.")
        return float(seconds)

    def _ns(self, now_s: float) -> int:
        if self._first_s is None:
            self._first_s = now_s
        return BEGAN_NS + round((now_s - self._first_s) * 1e9)

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

    def _go_on(self, now_s: float, message: Message | None = None, refusal: str | None = None) -> Line:
        """Let the music go on until now, with what is told if it is anything."""
        if self._is_over:
            return self._stay(now_s, "", refusal)
        told = [] if message is None else self._controller.step(message, self._ns(now_s))
        return self._ask(told, now_s, refusal=refusal)

    def _obey(self, command: Command, now_s: float) -> Line:
        if isinstance(command, Stop) and self._stopped_by is None and not self._line.over:
            self._stopped_by = command.author
        if self._is_over:
            stops = isinstance(command, Stop)
            return self._stay(now_s, "taken" if stops else "refused", None if stops else self._why_over)
        told = self._controller.step(command, self._ns(now_s))
        answer = _last(CommandAnswer, told) or self._shift(command)
        refusal = answer.sentence if answer.answer == "refused" else None
        if refusal is not None and now_s == self._line.t:
            return msgspec.structs.replace(self._line, answer="refused", note="", refusal=refusal)
        note = "" if refusal else answer.sentence
        return self._ask(told, now_s, answer=answer.answer, refusal=refusal, note=note)

    def _shift(self, command: Command) -> CommandAnswer:
        """Obey what audio obeys on the box."""
        step = STEP_DB if isinstance(command, Louder) else -STEP_DB if isinstance(command, Softer) else 0.0
        before_db = self._offset_db
        self._offset_db = min(max(before_db + step, -OFFSET_MAX_DB), OFFSET_MAX_DB)
        answer: Answer = "refused" if step and self._offset_db == before_db else "taken"
        sentence = "It is as soft or loud as wishes can make it." if answer == "refused" else ""
        return CommandAnswer(t_ns=command.t_ns, process="audio", id=command.id, answer=answer, sentence=sentence)

    def _ask(self, told: Sequence[Message], now_s: float, **answered: Any) -> Line:
        """Ask for a bar; a wish just obeyed says why it is as it is."""
        now_ns = BEGAN_NS if self._first_s is None else self._ns(now_s)
        bar = next(self._bars)
        asked = Transport(t_ns=now_ns, bar_index=bar, start_frame=0, starts_ns=now_ns, deadline_ns=now_ns)
        emitted = self._controller.step(asked, now_ns)
        self.learnt |= {item.policy: item for item in (*told, *emitted) if isinstance(item, PersonalResponse)}
        decision, intent = _last(Decision, emitted), _last(MusicIntent, emitted)
        wished = _last(Decision, told) or decision
        cues = {name: getattr(intent, name) for name in COPIED}
        self._line = Line(
            t=None if self._first_s is None else now_s,
            bar=bar,
            over=intent.session_left_s <= 0,
            locked=decision.context.locks,
            **cues | {"loudness_db": self._loudness_db(intent.loudness_db, now_s), "decided_by": wished.decided_by},
            **answered | {"reason": wished.reason},
        )
        return self._line

    def _loudness_db(self, asked_db: float, now_s: float) -> float:
        """The loudness asked for with the wishes about it, inside prescription and slope, as audio has it."""
        wanted_db = min(asked_db + self._offset_db, self._limits.loudness_max_db)
        if self._bars_before == 0:
            return wanted_db
        return wanted_db

    def _stay(self, now_s: float, answer: str, refusal: str | None) -> Line:
        """Fall silent within the slope; the rest stays as it was, whatever is told."""
        line = self._line
        fallen_db = line.loudness_db - self._limits.loudness_slope_db_s * self._since(now_s)
        self._line = msgspec.structs.replace(
            line,
            t=now_s,
            loudness_db=min(line.loudness_db, max(SILENCE_DB, fallen_db)),
            silent=True,
            stopped=self._stopped_by is not None,
            decided_by=self._stopped_by or "plan",
            answer=answer,
            note="",
            refusal=refusal,
            reason=f"{self._why_over} Silence.",
        )
        return self._line

    @property
    def _is_over(self) -> bool:
        return self._stopped_by is not None or self._line.over

    @property
    def _why_over(self) -> str:
        return f"The {self._stopped_by} stopped the music." if self._stopped_by else "The session is over."

    def _since(self, now_s: float) -> float:
        return 0.0 if self._line.t is None else now_s - self._line.t


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
