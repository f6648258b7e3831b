"""A version that was just installed proves itself, where `deploy/launch` starts one of two folders.

It is kept once the box is up and a silent test had its sound card take frames and its disk keep what is written. As
long as it is on trial, a start that fails the test is one too few: the box ends, and whoever started it starts it
again, until its tries are used up and the version before it is back. A version that proved itself is never left: a box
without its card is no loop.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from device.box.chores import Chore, Done
from device.errors import DiskError
from device.messages import BoxState
from device.updates.folders import Folders

PROOF = "proof of this version"
RESTART = "restart"
"""The file in the box's own folder by which it is told to end and be started again as soon as nobody listens."""
TRIES = 3
"""A card may be busy with a prompt, and a driver late."""
AGAIN_NS = 15_000_000_000
UP_NS = 180_000_000_000
"""A version on trial that is not up by then is a start too few as well."""


class Proof:
    """`folder` is the box's own. Without a home and a slot in its environment there is nothing to be proven."""

    def __init__(self, folder: Path, now_ns: int) -> None:
        self._mark, self._folder, self._began_ns = folder / RESTART, folder, now_ns
        home, slot = os.environ.get("ISOTONE_HOME", ""), os.environ.get("ISOTONE_SLOT", "")
        self._folders = Folders(Path(home), slot) if home and slot else None
        self._tries_left, self._is_over = TRIES, self._folders is None
        self._asked_ns: int | None = None
        self._was_on_trial = self._is_on_trial()
        # What was asked of the version before it is done by this start.
        self._mark.unlink(missing_ok=True)

    def chores(self, state: BoxState, now_ns: int) -> Iterator[Chore]:
        """The test, when it is due."""
        is_due = self._asked_ns is None or now_ns - self._asked_ns > AGAIN_NS
        if not self._is_over and self._tries_left and is_due and state in ("ready", "needs_help"):
            self._asked_ns = now_ns
            yield Chore(PROOF, ("-m", "device.commands.update_proof", str(self._folder)), may_be_broken_off=True)

    def take(self, done: Done, now_ns: int) -> bool:
        """How a test ended, unless it was broken off for a session. Gives whether a trial was passed by it."""
        self._asked_ns = now_ns
        if done.exit_code > 0:
            self._tries_left -= 1
        self._is_over = done.exit_code == 0
        return self._is_over and self._was_on_trial

    def why_to_restart(self, state: BoxState, now_ns: int) -> str:
        """A sentence where the box has to start again, and nobody listens."""
        if state not in ("starting", "ready", "needs_help"):
            return ""
        if self._mark.exists():
            self._mark.unlink(missing_ok=True)
            return "A new version is installed; the box starts again into it."
        is_late = state == "starting" and now_ns - self._began_ns > UP_NS
        if not self._is_over and (is_late or not self._tries_left) and self._is_on_trial():
            self._is_over = True
            return "This version does not prove itself; the box starts again."
        return ""

    def _is_on_trial(self) -> bool:
        """Whether another version is there to go back to, and this one is not proven."""
        if self._folders is None:
            return False
        try:
            return self._folders.is_on_trial()
        except DiskError:
            return False
