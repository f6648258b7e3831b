"""The second way to stop: from the button straight to audio's own door, past the box, the bus and the manager."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Literal, NamedTuple

from device.clock import Clock
from device.processes import ALWAYS_FOLDER
from device.runtime.asking import knock
from device.runtime.door import LINE_MAX, stop_path
from device.runtime.run_folder import living_sessions, run_root

PATIENCE_NS = 10_000_000_000
"""A session that is only starting has a door within this time."""


class Call(NamedTuple):
    """A stop that is under way."""

    run_dir: Path
    since_ns: int
    line: socket.socket | None
    """None: audio has no door there yet."""
    is_session: bool = True
    """Otherwise the box is saying something."""


class DirectStop:
    """Knocks at the door of all that sounds at once, sessions and what the box says, and never waits for an answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: list[Call] = []

    def stop(self) -> None:
        """Stop all sound; who was told already is not told twice at once."""
        now_ns, told = self._clock.now_ns(), {call.run_dir for call in self._calls}
        speaking = run_root() / ALWAYS_FOLDER
        if speaking not in told and (line := _stop(speaking)):
            self._calls.append(Call(speaking, now_ns, line, is_session=False))
        self._calls += [Call(run_dir, now_ns, _stop(run_dir)) for run_dir in living_sessions() if run_dir not in told]

    def turn(self) -> list[Path]:
        """Knock again where nobody opened; run folders of sessions whose audio took no stop."""
        late, calls = [], []
        now_ns = self._clock.now_ns()
        for call in self._calls:
            heard = _hear(call.line)
            is_silent = not (call.is_session or heard == "nothing")
            if heard == "answer" or is_silent or not call.run_dir.exists():
                _hang_up(call.line)
            elif now_ns - call.since_ns > PATIENCE_NS:
                late.append(call.run_dir)
                _hang_up(call.line)
            elif heard == "nobody":
                _hang_up(call.line)
                calls.append(call._replace(line=_stop(call.run_dir)))
            else:
                calls.append(call)
        self._calls = calls
        return late

    def close(self) -> None:
        for call in self._calls:
            _hang_up(call.line)


def _stop(run_dir: Path) -> socket.socket | None:
    return knock(stop_path(run_dir, "patient"), {"kind": "stop"})


def _hear(line: socket.socket | None) -> Literal["answer", "nothing", "nobody"]:
    """What came of a stop; `nobody`: there was no door, or audio ended before it answered and may come again."""
    try:
        return "answer" if line and line.recv(LINE_MAX) else "nobody"
    except BlockingIOError:
        return "nothing"
    except OSError:
        return "nobody"


def _hang_up(line: socket.socket | None) -> None:
    if line:
        line.close()
