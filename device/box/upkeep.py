"""What keeps the box from being ready: something that is missing, a process that does not stay alive, an update.

Each is looked at again and again, so nothing that is mended has to be told to the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from device.box.chores import Chore, Done
from device.box.machine import Event
from device.box.residents import CODE, Residents
from device.files.locks import is_held
from device.messages import UNDECODABLE, BoxState

EXAMINATION = "examination"
LOOK_AGAIN_NS = 60_000_000_000
"""Where something is missing, the machine is looked at again so often."""
FIRST_LOOK_NS = 20_000_000_000
"""A box that starts waits no longer for its first look before it calls itself ready."""


class Upkeep:
    """`folder` is the box's own, `listener` who plays on it. Give `events` the state at every turn.

    A box calls itself ready only after its first look at the machine; one that `examines` nothing, at once.
    """

    def __init__(self, folder: Path, listener: str, residents: Residents, now_ns: int, *, examines: bool) -> None:
        self._folder, self._listener, self._residents = folder, listener, residents
        self._examines, self._has_looked, self._began_ns = examines, not examines, now_ns
        self._missing = Event("mended")
        """What the last look at the machine found."""
        self._looked_ns: int | None = None
        self._asked_for_help = False

    def events(self, state: BoxState, now_ns: int) -> Iterator[Event]:
        is_updating = is_held(update_lock(self._folder))
        if is_updating and state in ("starting", "ready", "needs_help"):
            yield Event("update")
        elif state == "updating" and not is_updating:
            yield Event("updated")
        else:
            yield from self._standing(state, now_ns)

    def _standing(self, state: BoxState, now_ns: int) -> Iterator[Event]:
        problem = self._residents.problem
        found = Event("failing", sentence=problem, code=CODE) if problem else self._missing
        if found.kind == "failing":
            self._asked_for_help |= state in ("starting", "ready", "needs_help")
            if state in ("starting", "ready"):
                yield found
        elif state == "starting":
            if self._residents.are_up() and (self._has_looked or now_ns - self._began_ns > FIRST_LOOK_NS):
                yield Event("up")
        elif self._asked_for_help and state == "needs_help":
            self._asked_for_help = False
            yield found

    def look(self) -> None:
        """Something went wrong: the next chance is taken to look at the machine."""
        self._looked_ns = None

    def chores(self, now_ns: int) -> Iterator[Chore]:
        """The look at the machine, when it is due."""
        is_missing = self._missing.kind == "failing"
        if not self._examines:
            return
        if self._looked_ns is None or (is_missing and now_ns - self._looked_ns > LOOK_AGAIN_NS):
            self._looked_ns = now_ns
            words = ("-m", "device.commands.box_examination", str(self._folder), self._listener)
            yield Chore(EXAMINATION, words, may_be_broken_off=True)

    def take(self, done: Done) -> None:
        """What a look found; one that told nothing is none."""
        try:
            self._missing = msgspec.json.decode(done.said, type=Event)
        except UNDECODABLE:
            self._looked_ns = None if done.exit_code < 0 else self._looked_ns
        self._has_looked |= done.exit_code >= 0


def update_lock(folder: Path) -> Path:
    """Whoever renews the box holds a lock (flock) on this file; the kernel lets go of it however they end."""
    return folder / "update.lock"
