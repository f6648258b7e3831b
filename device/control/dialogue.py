"""A session by question and answer: a line tells an estimate or a command, and a line says what then sounds.

It is the box's own controller that answers; each line is a bar asked for at the time that the line tells. A line that
cannot be obeyed is answered too, with the reason, and the music goes on as without it. Here audio's part is played as
well: softer and louder, and the silence of what is stopped or over.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from device.affect.words import read_report
from device.config import SessionConfig
from device.control.controller import Controller
from device.control.lines import COPIED, LINE_MAX, Line, message_of, table_of, time_of
from device.control.real import clip
from device.errors import ConfigError
from device.messages import (
    Answer,
    Author,
    Command,
    CommandAnswer,
    Decision,
    Louder,
    Message,
    MusicIntent,
    PersonalResponse,
    SelfReport,
    Softer,
    Transport,
)
from device.text import printable

BEGAN_NS = 100_000_000_000
"""The controller's time when the first line is told, whatever that calls it."""
PAUSE_MAX_S = 86_400.0
"""A time further ahead than a day is a mistake, and would make all that follows come from the past."""
SILENCE_DB = -60.0
"""Where the loudness of what was stopped comes to its end: nothing is heard any more."""
STEP_DB, OFFSET_MAX_DB = 3.0, 12.0
"""What one `softer` or `louder` asks for, as audio has it, and what all of them can."""


class Dialogue:
    """One session. Whatever a line holds, `answer` answers it."""

    def __init__(self, config: SessionConfig) -> None:
        self._controller = Controller(config)
        self._limits = config.prescription.limits
        self._bars, self._ids = itertools.count(), itertools.count(1)
        self._first_s: float | None = None
        self._stopped_by: Author | None = None
        self._offset_db = config.volume_db
        """How much louder, or softer, people asked for."""
        self.learnt: dict[str, PersonalResponse] = {}
        """What the policy learnt, by its name, as it was last told."""
        self._line: Line | None = None
        self._line = self._ask((), 0.0)

    def answer(self, text: bytes) -> Line:
        """What a line, without its end, leads to."""
        try:
            told = table_of(text)
            if told.get("command") == "stop":
                return self._stop(told)
            now_s = self._in_order(time_of(told))
        except ConfigError as error:
            return self._repeat(error)
        try:
            message = message_of(told, self._ns(now_s), str(next(self._ids)))
        except ConfigError as error:
            return self._refuse(now_s, printable(str(error)), "refused" if "command" in told else None)
        return self._obey(message, now_s) if isinstance(message, Command) else self._go_on(now_s, message)

    def refuse_long(self) -> Line:
        """The answer to a line that is too long to be read."""
        return self._repeat(ConfigError(f"The line is longer than {LINE_MAX} bytes.", "Give a shorter one."))

    # -- time

    def _in_order(self, seconds: float) -> float:
        """A time that may follow the last one. Raises ConfigError where it goes back, or is too far ahead."""
        last_s = seconds if self._last.t is None else self._last.t
        if seconds < last_s:
            raise ConfigError(f"Time went back from {last_s:g} s to {seconds:g} s.", "Tell lines in their order.")
        if seconds > last_s + PAUSE_MAX_S:
            raise ConfigError(f"{seconds:g} s is more than a day after {last_s:g} s.", "Mend the time.")
        return seconds

    def _ns(self, now_s: float) -> int:
        self._first_s = now_s if self._first_s is None else self._first_s
        return BEGAN_NS + round((now_s - self._first_s) * 1e9)

    def _since_s(self, now_s: float) -> float:
        return 0.0 if self._last.t is None else now_s - self._last.t

    @property
    def _last(self) -> Line:
        """The last answer; before the first line was told, what sounds then."""
        if self._line is None:
            raise AssertionError("Nothing has sounded yet.")
        return self._line

    # -- what is answered

    def _repeat(self, error: ConfigError) -> Line:
        """The last answer once more: a line without a time does not let any pass."""
        return msgspec.structs.replace(self._last, answer=None, note="", refusal=printable(str(error)))

    def _go_on(self, now_s: float, message: Message | None = None, **answered: Any) -> Line:
        """Let the music go on until now, with what was told if it can be told."""
        if self._ended:
            return self._fall_silent(now_s, **answered)
        told = [] if message is None else self._controller.step(message, self._ns(now_s))
        return self._ask(told, now_s, **answered)

    def _obey(self, command: Command, now_s: float) -> Line:
        if self._ended:
            return self._fall_silent(now_s, answer="refused", refusal=f"Nothing changes any more. {self._ended}")
        if isinstance(command, SelfReport) and read_report(command) is None:  # as the estimator answers on the box
            return self._refuse(now_s, "What was reported is no number.")
        told = self._controller.step(command, self._ns(now_s))
        found = _last(CommandAnswer, told)
        refusal = found.sentence if found and found.answer == "refused" else self._shift_loudness(command)
        if refusal:
            return self._refuse(now_s, refusal)
        answer, note = (found.answer, found.sentence) if found else ("taken", "")
        return self._ask(told, now_s, answer=answer, note=note)

    def _stop(self, told: Mapping[str, Any]) -> Line:
        """Fall silent, whatever else is wrong with the line: at its time, or at the last where it tells none."""
        try:
            now_s = self._in_order(time_of(told))
        except ConfigError:
            now_s = self._last.t or 0.0
        author: Author = "therapist" if told.get("author") == "therapist" else "patient"
        self._stopped_by = self._stopped_by or (None if self._last.over else author)
        return self._fall_silent(now_s, answer="taken")

    def _refuse(self, now_s: float, refusal: str, answer: Answer | None = "refused") -> Line:
        """The music goes on as without the line; where no time has passed it stays to the bit."""
        if now_s != self._last.t:
            return self._go_on(now_s, answer=answer, refusal=refusal)
        return msgspec.structs.replace(self._last, answer=answer, note="", refusal=refusal)

    def _shift_loudness(self, command: Command) -> str:
        """Obey what audio obeys on the box; returns why not."""
        if not isinstance(command, Louder | Softer):
            return ""
        if isinstance(command, Louder) and "loudness" in self._last.locked:
            return "The loudness is locked."
        step_db, before_db = (STEP_DB if isinstance(command, Louder) else -STEP_DB), self._offset_db
        self._offset_db = float(clip(before_db + step_db, -OFFSET_MAX_DB, OFFSET_MAX_DB))
        return "" if self._offset_db != before_db else "Wishes cannot move the loudness further."

    def _ask(self, told: Sequence[Message], now_s: float, **answered: Any) -> Line:
        """Ask for a bar; if a wish was just obeyed, that is why it is as it is."""
        now_ns, bar = BEGAN_NS if self._line is None else self._ns(now_s), next(self._bars)
        asked = Transport(t_ns=now_ns, bar_index=bar, start_frame=0, starts_ns=now_ns, deadline_ns=now_ns)
        emitted = self._controller.step(asked, now_ns)
        self.learnt |= {item.policy: item for item in (*told, *emitted) if isinstance(item, PersonalResponse)}
        decision, intent = _last(Decision, emitted), _last(MusicIntent, emitted)
        why = _last(Decision, told) or decision
        locked, is_over = decision.context.locks, intent.session_left_s <= 0
        if self._line and "loudness" in locked and "loudness" not in self._line.locked:
            self._offset_db = self._line.loudness_db - intent.loudness_db  # it is locked as it is heard
        copied = {name: getattr(intent, name) for name in COPIED}
        copied |= {"loudness_db": self._loudness_db(intent.loudness_db, now_s), "reason": why.reason}
        copied |= {"silent": intent.silent or is_over}
        self._line = Line(
            t=None if self._line is None else now_s,
            bar=bar,
            over=is_over,
            decided_by=why.decided_by,
            locked=locked,
            pending=decision.pending.id if decision.pending else 0,
            **copied,
            **answered,
        )
        return self._line

    def _loudness_db(self, asked_db: float, now_s: float) -> float:
        """The loudness that is asked for, moved by what people wished, inside prescription and slope."""
        wanted_db = min(asked_db + self._offset_db, self._limits.loudness_max_db)
        if self._line is None:
            return wanted_db
        reach_db, last_db = self._limits.loudness_slope_db_s * self._since_s(now_s), self._line.loudness_db
        return float(clip(wanted_db, last_db - reach_db, last_db + reach_db))

    @property
    def _ended(self) -> str:
        """Why nothing sounds any more; empty while it does."""
        if self._stopped_by:
            return f"The {self._stopped_by} stopped the music."
        return "The session is over." if self._last.over else ""

    def _fall_silent(self, now_s: float, **answered: Any) -> Line:
        """Grow softer within the slope, in silence; the rest stays as it was."""
        last = self._last
        self._ns(now_s)
        locked = tuple(cue for cue in last.locked if cue != "loudness" or not self._stopped_by)  # a stop unlocks it
        fallen_db = last.loudness_db - self._limits.loudness_slope_db_s * self._since_s(now_s)
        self._line = msgspec.structs.replace(
            last,
            t=now_s,
            loudness_db=last.loudness_db if "loudness" in locked else min(last.loudness_db, max(SILENCE_DB, fallen_db)),
            locked=locked,
            silent=True,
            stopped=self._stopped_by is not None,
            decided_by=self._stopped_by or "plan",
            **{"answer": None, "note": "", "refusal": None} | answered,
            reason=f"{self._ended} Silence.",
        )
        return self._line


def _last(kind: type[Any], told: Sequence[Message]) -> Any:
    return next((message for message in reversed(told) if isinstance(message, kind)), None)
