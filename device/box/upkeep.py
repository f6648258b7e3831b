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


class Upkeep:
    """`folder` is the box's own, `listener` who plays on it. Give `events` the state at every turn."""

    def __init__(self, folder: Path, listener: str, residents: Residents) -> None:
        self._folder, self._listener, self._residents = folder, listener, residents
        self._missing = Event("mended")
        """What the last look at the machine found."""
        self._looked_ns: int | None = None
        self._asked_for_help = False

    def events(self, state: BoxState) -> Iterator[Event]:
        if state == "starting" and self._residents.are_up():
            yield Event("up")
        is_updating = is_held(update_lock(self._folder))
        if is_updating and state in ("starting", "ready", "needs_help"):
            yield Event("update")
        elif state == "updating" and not is_updating:
            yield Event("updated")
        else:
            yield from self._trouble(state)

    def _trouble(self, state: BoxState) -> Iterator[Event]:
        problem = self._residents.problem
        found = Event("failing", sentence=problem, code=CODE) if problem else self._missing
        if found.kind == "failing" and state in ("starting", "ready"):
            self._asked_for_help = True
            yield found
        elif found.kind == "mended" and self._asked_for_help and state == "needs_help":
            self._asked_for_help = False
            yield found

    def look(self) -> None:
        """Something went wrong: the next chance is taken to look at the machine."""
        self._looked_ns = None

    def chores(self, now_ns: int) -> Iterator[Chore]:
        """The look at the machine, when it is due."""
        is_missing = self._missing.kind == "failing"
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


def update_lock(folder: Path) -> Path:
    """Whoever renews the box holds a lock (flock) on this file; the kernel lets go of it however they end."""
    return folder / "update.lock"
