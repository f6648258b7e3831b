"""The programme beside what has been played: whether a press begins a session now, and when it is time to remind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from device.box.ledger import How, Ledger
from device.box.machine import Event
from device.box.programme import Refusal, allowed, is_quiet, local_day, reminder
from device.clock import wall_time
from device.files.locks import is_held
from device.programme_layout import DayRow, Programme, zone_of
from device.sealing.door import stored_path
from device.sessions.names import SUMMARY_FILE

LEAP = dt.timedelta(days=1)
"""A clock that goes back by more was put right; by less, what it passes twice reminds once."""
UNSUMMED_MAX = 20


class Diary:
    """One listener's programme. `kept` is the file of the sessions there were."""

    def __init__(self, programme: Programme, listener: str, kept: Path) -> None:
        self._programme, self._listener = programme, listener
        self._ledger = Ledger(kept)
        self._reminded = wall_time()

    @property
    def problem(self) -> str:
        return self._ledger.problem

    def tear(self) -> list[str]:
        """Folders of sessions that never ended, each told once. While a session plays, nobody may ask."""
        return self._ledger.tear()

    def begin(self, session: str) -> None:
        self._ledger.begin(session, self._listener, wall_time())

    def end(self, how: How) -> None:
        self._ledger.end(how)

    def unsummed(self) -> list[Path]:
        """Sessions of late that are there and have no summary: the power went before it was written."""
        folders = [Path(session) for session in self._ledger.newest(UNSUMMED_MAX)]
        there = [path for path in folders if path.is_dir() and not is_held(path)]
        return [path for path in there if not stored_path(path / SUMMARY_FILE).exists()]

    def allowed(self) -> DayRow | Refusal:
        """What a press begins now, or why it begins nothing."""
        now = wall_time()
        return allowed(self._programme, now, self._count(now))

    def press(self) -> Event:
        """A press of the play button as an event."""
        answer = self.allowed()
        if isinstance(answer, DayRow):
            return Event("play", sentence="The music begins in a moment.")
        return Event("refused", answer.prompt, answer.sentence)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is to be spoken to who asked for nothing."""
        return is_quiet(self._programme, wall_time())

    def put_right(self) -> str:
        """A sentence where the clock was set by more than a day since the last reminder was looked for."""
        now, before = wall_time(), self._reminded
        if abs(now - before) <= LEAP:
            return ""
        self._reminded = now
        return f"The clock was set from {before:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC; days are counted by it."

    def remind(self) -> list[Event]:
        """The reminder that has come since the last call."""
        now = wall_time()
        due = reminder(self._programme, self._reminded, now, self._count(now))
        self._reminded = max(now, self._reminded)
        return [Event("remind", sentence=f"It is time for a session ({due:%H:%M} UTC).")] if due else []

    def _count(self, now: dt.datetime) -> int:
        programme = self._programme
        return self._ledger.count(self._listener, local_day(programme, now), zone_of(programme.timezone))
