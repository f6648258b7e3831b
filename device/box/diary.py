"""The programme beside what has been played: whether a press begins a session now, and when it is time to remind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from device.box.ledger import How, Ledger
from device.box.machine import Event
from device.box.programme import Refusal, allowed, local_day, reminder
from device.clock import wall_time
from device.programme_layout import DayRow, Programme, zone_of
from device.sessions.listing import SUMMARY_FILE

LEAP = dt.timedelta(days=1)
"""A clock that goes back by more was put right; by less, what it passes twice reminds once."""
UNSUMMED_MAX = 20


class Diary:
    """One listener's programme. `kept` is the file of the sessions there were."""

    def __init__(self, programme: Programme, listener: str, kept: Path) -> None:
        self._programme, self._listener = programme, listener
        self._ledger = Ledger(kept)
        self._reminded = wall_time()
        self.torn = self._ledger.tear()
        """Sessions that never ended."""

    @property
    def problem(self) -> str:
        return self._ledger.problem

    def begin(self, session: str) -> None:
        self._ledger.begin(session, self._listener, wall_time())

    def end(self, how: How) -> None:
        self._ledger.end(how)

    def unsummed(self) -> list[Path]:
        """Sessions of late that are there and have no summary: the power went before it was written."""
        folders = [Path(session) for session in self._ledger.newest(UNSUMMED_MAX)]
        return [folder for folder in folders if folder.is_dir() and not (folder / SUMMARY_FILE).exists()]

    def allowed(self) -> DayRow | Refusal:
        """What a press begins now, or why it begins nothing."""
        now = wall_time()
        return allowed(self._programme, now, self._count(now))

    def press(self) -> Event:
        """A press of the play button as an event."""
        answer = self.allowed()
        return Event("play") if isinstance(answer, DayRow) else Event("refused", answer.prompt, answer.sentence)

    def remind(self) -> list[Event]:
        """The reminder that has come since the last call."""
        now = wall_time()
        due = reminder(self._programme, self._reminded, now, self._count(now))
        is_put_right = abs(now - self._reminded) > LEAP
        self._reminded = now if is_put_right else max(now, self._reminded)
        return [Event("remind", sentence=f"It is time for a session ({due:%H:%M} UTC).")] if due else []

    def _count(self, now: dt.datetime) -> int:
        programme = self._programme
        return self._ledger.count(self._listener, local_day(programme, now), zone_of(programme.timezone))
