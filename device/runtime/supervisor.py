"""Starts, watches, restarts and stops a set of processes: a session's, or those that outlive sessions.

A process that says nothing for `HUNG_S` is hung and killed, unless it was the supervisor itself that stood still. What
a death means is for the owner to decide: `watch` tells of each, `restart` begins again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.clock import Clock
from device.messages import UNDECODABLE, Fault, Health
from device.processes import PROCESSES
from device.runtime.children import Child
from device.runtime.life import fault_path

HUNG_S = 6.0
DEATHS_PER_MINUTE = 3
STOP_TIMEOUT_S = 5.0
FAULT_BYTES_MAX = 65_536


class Death(NamedTuple):
    """A process ended."""

    name: str
    exit_code: int
    fault: Fault | None
    """What it left as its reason."""
    is_last: bool
    """Whether it is not to be started again: it died too often of late, or its row says so."""


class Watched:
    """One row of the table while it runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: Child | None = None
        self.incarnation = -1
        self.ready = False
        self.heard_ns = 0
        self._deaths_ns: deque[int] = deque(maxlen=DEATHS_PER_MINUTE)

    def die(self, now_ns: int) -> bool:
        """Count a death and say whether it is the last."""
        self.child = None
        self._deaths_ns.append(now_ns)
        too_often = len(self._deaths_ns) == DEATHS_PER_MINUTE and now_ns - self._deaths_ns[0] < 60e9
        return too_often or PROCESSES[self.name].when_it_dies == "end"


class Supervisor:
    """`launch(name, incarnation)` starts a process, which leaves the reason of its end in `folder`, if it knows one."""

    def __init__(self, names: Iterable[str], launch: Callable[[str, int], Child], folder: Path, clock: Clock) -> None:
        self._launch, self._folder, self._clock = launch, folder, clock
        self.watched = {name: Watched(name) for name in names}

    def start(self) -> None:
        for name in self.watched:
            self.restart(name)

    def restart(self, name: str) -> None:
        """Start a process that does not run."""
        watched = self.watched[name]
        watched.incarnation += 1
        watched.ready = False
        watched.heard_ns = self._clock.now_ns()
        fault_path(self._folder, name).unlink(missing_ok=True)
        watched.child = self._launch(name, watched.incarnation)

    def hear(self, health: Health) -> None:
        """Take notice of a heartbeat."""
        watched = self.watched.get(health.process)
        if watched and health.incarnation == watched.incarnation:
            watched.heard_ns = self._clock.now_ns()
            watched.ready = health.ready

    def unready(self) -> list[str]:
        return [watched.name for watched in self.watched.values() if not watched.ready]

    def is_fresh(self) -> bool:
        """Whether all were heard lately."""
        now_ns = self._clock.now_ns()
        return all(now_ns - watched.heard_ns < HUNG_S * 1e9 for watched in self.watched.values())

    def forgive(self) -> None:
        """Forgive what was not heard while we stood still ourselves: that is nobody's fault."""
        now_ns = self._clock.now_ns()
        for watched in self.watched.values():
            watched.heard_ns = now_ns

    def watch(self, now_ns: int, *, kill_hung: bool) -> list[Death]:
        """Deaths since the last call."""
        deaths = []
        for watched in self.watched.values():
            child = watched.child
            if child is None:
                continue
            if kill_hung and now_ns - watched.heard_ns > HUNG_S * 1e9:
                child.kill()
                child.wait(1.0)
            exit_code = child.exit_code()
            if exit_code is not None:
                is_last = watched.die(now_ns)
                deaths.append(Death(watched.name, exit_code, read_fault(self._folder, watched.name), is_last))
        return deaths

    def stop(self, names: Iterable[str], meanwhile: Callable[[], None]) -> None:
        """End processes together, by force where they do not go; `meanwhile` is called several times a second."""
        children = [child for name in names if (child := self.watched[name].child)]
        for child in children:
            child.ask_to_stop()
        for child in children:
            deadline_ns = self._clock.now_ns() + round(STOP_TIMEOUT_S * 1e9)
            while child.exit_code() is None and self._clock.now_ns() <= deadline_ns:
                child.wait(0.2)
                meanwhile()
            if child.exit_code() is None:
                child.kill()
                child.wait(1.0)


def read_fault(folder: Path, process: str) -> Fault | None:
    """What a process left as the reason of its end; none where nothing whole was left."""
    try:
        with fault_path(folder, process).open("rb") as file:
            return msgspec.json.decode(file.read(FAULT_BYTES_MAX), type=Fault)
    except (OSError, *UNDECODABLE):
        return None
