"""Work that nobody waits for: one program at a time, behind everything else.

Pictures of sessions are drawn when they are over, and of those that were torn when the power is back; the machine is
looked at for what a session would lack.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections import deque
from typing import NamedTuple

from device.runtime.interpreter import HOUSE, environment, interpreter

NICE = "15"
WAITING_MAX = 50
BYTES_MAX = 65_536


class Chore(NamedTuple):
    kind: str
    words: tuple[str, ...]
    """What the interpreter is to run, as in `-m device.sessions.summary FOLDER`."""
    may_be_broken_off: bool = False
    """Whether it gives way to a session that begins, and is done another time."""


class Done(NamedTuple):
    chore: Chore
    exit_code: int
    said: bytes


class Chores:
    """Call `turn` often; it starts one where there is time, and returns the one that has ended."""

    def __init__(self) -> None:
        self._waiting: deque[Chore] = deque(maxlen=WAITING_MAX)
        self._current: tuple[Chore, subprocess.Popen[bytes]] | None = None

    def add(self, chore: Chore) -> None:
        if chore not in self._waiting:
            self._waiting.append(chore)

    def turn(self, *, has_time: bool) -> Done | None:
        done = self._collect()
        if has_time and not self._current and self._waiting:
            chore = self._waiting.popleft()
            with contextlib.suppress(OSError):  # no process can be had now: it is only a chore
                self._current = (
                    chore,
                    subprocess.Popen(
                        ["nice", "-n", NICE, *interpreter(*chore.words)],
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        env=environment(),
                        cwd=HOUSE,
                        start_new_session=True,
                    ),
                )
        return done

    def _collect(self) -> Done | None:
        if self._current is None:
            return None
        chore, process = self._current
        if (exit_code := process.poll()) is None:
            return None
        self._current = None
        assert process.stdout
        with process.stdout:
            return Done(chore, exit_code, process.stdout.read(BYTES_MAX))

    def give_way(self) -> None:
        """A session begins: what may be broken off is, and its card and its processor are free."""
        if self._current and self._current[0].may_be_broken_off:
            self._end()

    def close(self) -> None:
        self._waiting.clear()
        self._end()

    def _end(self) -> None:
        if self._current:
            _, process = self._current
            process.kill()
            process.wait()
            self._collect()
