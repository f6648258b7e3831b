"""The box's side of a roll-out: what is offered is fetched, waits for the night, is installed, and proves itself.

What happens is kept in a file, written whole at each step, so that a box whose plug was pulled goes on where it was,
and the version that comes after says what became of the one before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from device.errors import BusyError, IsotoneError
from device.files.outputs import write_whole
from device.fleet.fetch import Fetch, sweep
from device.fleet.offer import Offer
from device.fleet.report import Memory, Phase, worded
from device.messages import UNDECODABLE
from device.programme_layout import Hours, is_within
from device.updates.folders import Standing

FILE, BYTES_MAX = "renewal.json", 8192
AGAIN_NS = 60_000_000_000
"""An installation that had to wait is tried again after this time."""
OPEN: tuple[Phase, ...] = ("fetching", "waiting", "installing")
"""Phases that end when an offer is withdrawn."""


class Door(Protocol):
    """The one way by which anything is installed: `isotone update` and the fleet go through it alike."""

    def standing(self) -> Standing: ...

    def look(self, bundle: Path) -> None:
        """Whether the beginning of a bundle says that this box may have it. Raises UpdateError, by name."""

    def install(self, bundle: Path) -> object:
        """Raises BusyError where it has to wait, IsotoneError where it is refused; all is as it was then."""

    def restart(self) -> None:
        """Has the box start again as soon as it may, into what was installed."""


class Renewal:
    """`folder` is the agent's own. `offer` and `hear` may be called by another thread; `turn` and `install` work."""

    def __init__(self, folder: Path, door: Door, hours: Hours, ask: Callable[[bytes], None]) -> None:
        self._folder, self._door, self._hours, self._ask = folder, door, hours, ask
        self.memory = self._read()
        self._offer: Offer | None = None
        self._has_offer = False
        """Whether the broker has said yet if there is an offer."""
        self._fetch: Fetch | None = None
        self._was_looked_at = False
        self._tried_ns: int | None = None
        self.standing = Standing("", is_proven=False)

    # -- what is heard

    def offer(self, offer: Offer | None) -> None:
        """What the clinic offers now; None: nothing any more."""
        self._offer, self._has_offer = offer, True

    def hear(self, piece: bytes) -> None:
        if fetch := self._fetch:
            fetch.hear(piece)

    # -- what is done

    def turn(self, now_ns: int, now: dt.datetime, *, plays: bool) -> None:
        """One step; `now` is local time, `plays` whether a session does."""
        offer = self._offer
        try:
            self.standing = self._door.standing()
            if self._has_offer:
                self._heed(offer)
            self._step(offer, now_ns, now, plays=plays)
        except IsotoneError as error:
            self._refuse(error)

    def _heed(self, offer: Offer | None) -> None:
        if offer is None:
            if self.memory.phase in OPEN:
                self._forget()
        elif offer.rollout != self.memory.rollout:
            self._fetch = None
            self._was_looked_at = False
            standing = self.standing
            phase: Phase = "good" if standing == (offer.release, True) else "fetching"
            begun = Memory(rollout=offer.rollout, release=offer.release, before=standing.version, phase=phase)
            self._keep(begun)

    def _step(self, offer: Offer | None, now_ns: int, now: dt.datetime, *, plays: bool) -> None:
        phase = self.memory.phase
        if phase == "fetching" and offer:
            self._bring(offer, now_ns)
        elif phase == "waiting" and offer:
            is_time = offer.when == "now" or is_within(self._hours, now.time())
            is_due = self._tried_ns is None or now_ns - self._tried_ns > AGAIN_NS
            if is_time and is_due and not plays:
                self._tried_ns = now_ns
                self._enter("installing")
        elif phase in ("installing", "trial"):
            self._judge()

    def _bring(self, offer: Offer, now_ns: int) -> None:
        fetch = self._fetch = self._fetch or Fetch(self._folder, offer, self._ask)
        sweep(self._folder, but=fetch.path)
        fetch.turn(now_ns)
        if fetch.n_pieces and not self._was_looked_at:
            self._door.look(fetch.path)
            self._was_looked_at = True
        if fetch.is_whole:
            fetch.prove()
            self._enter("waiting")

    def install(self) -> None:
        """Installs what waits; call it when it was told that this begins. It takes as long as it takes."""
        offer = self._offer
        if self.memory.phase != "installing" or offer is None or self._judge():
            return
        fetch = self._fetch or Fetch(self._folder, offer, self._ask)
        try:
            fetch.prove()
            self._door.install(fetch.path)
        except BusyError:
            self._enter("waiting")
        except IsotoneError as error:
            self._refuse(error)
        else:
            self._enter("trial")
            fetch.discard()
            self._door.restart()

    def _judge(self) -> bool:
        """Whether what was installed has been tried, or is being tried."""
        standing, memory = self._door.standing(), self.memory
        self.standing = standing
        if standing.version == memory.release:
            self._enter("good" if standing.is_proven else "trial")
        elif memory.phase == "trial":
            self._enter("failed")
        return self.memory.phase != "installing"

    def _refuse(self, error: IsotoneError) -> None:
        if self._fetch:
            self._fetch.discard()
        self._keep(msgspec.structs.replace(self.memory, phase="refused", why=worded(error.sentence)))

    def _forget(self) -> None:
        self._fetch = None
        sweep(self._folder)
        self._keep(Memory())

    def _enter(self, phase: Phase) -> None:
        if phase != self.memory.phase:
            self._keep(msgspec.structs.replace(self.memory, phase=phase, why=""))

    # -- what outlives a plug that is pulled

    def _keep(self, memory: Memory) -> None:
        """A disk that refuses is no reason to stop: what is told is right until the next start."""
        self.memory = memory
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._folder / FILE, msgspec.json.encode(memory), 0o600)
        except OSError:
            return

    def _read(self) -> Memory:
        try:
            with (self._folder / FILE).open("rb") as file:
                return msgspec.json.decode(file.read(BYTES_MAX), type=Memory)
        except (OSError, *UNDECODABLE):
            return Memory()
