"""What the pages show of the box and of the session that plays, as the bus tells it.

All of it is memory that begins anew with the process. Whoever draws waits for `changed`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path
from typing import NamedTuple

import msgspec

from device import messages as m
from device.clock import Clock
from device.config import SessionConfig
from device.messages import UNDECODABLE
from device.runtime.board import Board
from device.runtime.bus import Received
from device.runtime.life import session_path
from device.streams import STREAMS

BARS_KEPT = 10
"""Bars of the piano roll: those that sound, and the few before."""
PATH_KEPT = 1440
"""Points of the path so far; with more, every other one goes."""
PATH_NS = 2_000_000_000


class PathPoint(NamedTuple):
    """Where the music led and how the listener seemed, at one time; None: not known, or not to be told."""

    at_s: float
    valence: float | None
    arousal: float | None
    target_valence: float | None
    target_arousal: float | None


class Live:
    """Takes what was heard (`hear`, `follow`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.box: m.BoxStatus | None = None
        self.health: dict[str, tuple[int, m.Health]] = {}
        """Process -> when it was heard last, and what it said."""
        self.load: dict[str, float] = {}
        """Process -> processor time of the last seconds, in percent of a core."""
        self.faults: deque[m.Fault] = deque(maxlen=50)
        self.run_dir: Path | None = None
        self.session: SessionConfig | None = None
        self.board = Board()
        self.bars: deque[m.PlayedBar] = deque(maxlen=BARS_KEPT)
        self.path: list[PathPoint] = []
        self.exposure: m.Exposure | None = None
        self.ended = ""
        """Id of the session that ended last while this process lived."""
        self.began_from: tuple[float, float] | None = None
        """The target when the way to the goal began, as valence and arousal."""
        self.played_ns = 0
        """When somebody pressed the play button on a page."""
        self._version = 0
        self._news = asyncio.Condition()

    # -- what comes in

    def hear(self, received: Received) -> None:
        message = received.message
        self.board.now_ns = self._clock.now_ns()
        if received.process not in ("box", "panel", "web"):
            self.board.see(received)
        match message:
            case m.BoxStatus():
                self.box = message
            case m.Health():
                self._see_health(message)
            case m.Fault():
                self.faults.append(message)
            case m.PlayedBar():
                self.bars.append(message)
            case m.MusicIntent() if message.phase in ("baseline", "match"):
                self.began_from = (message.target_valence, message.target_arousal)
            case m.AffectEstimate():
                self._walk()
            case m.Exposure():
                self.exposure = message
            case _:
                pass

    def follow(self, sessions: list[Path]) -> None:
        """The sessions that play; the newest is shown."""
        newest = sessions[-1] if sessions else None
        if newest == self.run_dir:
            return
        if self.run_dir:
            self.ended = self.run_dir.name
        self.run_dir, self.session = newest, _read(newest) if newest else None
        self.board, self.path, self.exposure, self.began_from = Board(), [], None, None
        self.bars.clear()

    def _see_health(self, health: m.Health) -> None:
        before = self.health[health.process][1] if health.process in self.health else None
        if before and before.pid == health.pid and health.t_ns > before.t_ns:
            percent = (health.cpu_s - before.cpu_s) / ((health.t_ns - before.t_ns) / 1e9) * 100.0
            old = self.load.get(health.process, percent)
            self.load[health.process] = old + (percent - old) * 0.1
        self.health[health.process] = (self._clock.now_ns(), health)

    def _walk(self) -> None:
        """Note where the listener and the music are now."""
        board, at_s = self.board, self.board.elapsed_s()
        if not board.began_ns or (self.path and (at_s - self.path[-1].at_s) * 1e9 < PATH_NS):
            return
        affect = board.affect
        is_known = affect is not None and affect.known
        self.path.append(
            PathPoint(
                round(at_s, 1),
                round(affect.valence, 3) if affect and is_known else None,
                round(affect.arousal, 3) if affect and is_known else None,
                _rounded(board.target("valence")),
                _rounded(board.target("arousal")),
            )
        )
        if len(self.path) > PATH_KEPT:
            self.path = self.path[::2]

    # -- how it stands

    @property
    def now_ns(self) -> int:
        return self._clock.now_ns()

    @property
    def has_box(self) -> bool:
        """Whether there is a box that takes presses."""
        return self.box is not None and self.now_ns - self.box.t_ns < STREAMS["box"].max_age_s * 3e9

    @property
    def listener(self) -> str:
        """Whose session plays; empty: none does."""
        return self.session.listener if self.session else ""

    # -- waiting

    async def tell(self) -> None:
        """Wake whoever draws."""
        self._version += 1
        async with self._news:
            self._news.notify_all()

    async def changed(self, seen: int, timeout_s: float) -> int:
        """Wait until there is more than `seen`, or the time is up; returns what is to be seen next time."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: self._version != seen)
        except TimeoutError:
            pass
        return self._version


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _read(run_dir: Path) -> SessionConfig | None:
    try:
        return msgspec.json.decode(session_path(run_dir).read_bytes(), type=SessionConfig)
    except (OSError, *UNDECODABLE):
        return None
