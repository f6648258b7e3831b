"""The only file that may read time."""

from __future__ import annotations

import ctypes
import datetime as dt
import time
from pathlib import Path
from typing import NamedTuple, Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STANDSTILL_NS = 1_000_000_000
"""Time that no turn of a loop takes, unless the process was held up."""


class Clock(Protocol):
    def now_ns(self) -> int:
        """Monotonic time in nanoseconds."""
        ...

    def suspended_ns(self) -> int:
        """How long the machine has slept since it began; `now_ns` stands still meanwhile."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock: one domain for all processes of a boot."""

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def suspended_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class VirtualClock:
    """A clock that moves only when told to: tests and replay."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def suspended_ns(self) -> int:
        return 0

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now_ns += round(max(0.0, seconds) * 1e9)


class Standstill:
    """Notices that whoever asks at every turn stood still itself: stopped, swapped out, or asleep with the machine.

    A process that stood still cannot say how long others were silent, and must give them time before it judges them.
    """

    def __init__(self, clock: Clock, longest_ns: int = STANDSTILL_NS) -> None:
        """`longest_ns` is the longest that a turn may take."""
        self._clock, self._longest_ns = clock, longest_ns
        self._asked_ns = clock.now_ns() + clock.suspended_ns()

    def passed_ns(self) -> int:
        """Time since the last call where that is longer than any turn takes; else 0."""
        before_ns, self._asked_ns = self._asked_ns, self._clock.now_ns() + self._clock.suspended_ns()
        passed_ns = self._asked_ns - before_ns
        return passed_ns if passed_ns > self._longest_ns else 0


def wall_time() -> dt.datetime:
    """UTC wall time, for names and `session.toml` only."""
    return dt.datetime.now(dt.UTC)


def cpu_seconds() -> float:
    """Processor time of this process."""
    return time.process_time()


class Moment(NamedTuple):
    """Now, by all the clocks of the machine: none of them alone can be trusted over a week."""

    boot: str
    """Names the time since the machine was switched on."""
    boot_s: float
    """Seconds since then, sleep included: nobody can set this clock."""
    wall_s: float
    """Seconds since 1970 (UTC), which anybody with rights can set."""
    is_synchronised: bool
    """Whether the kernel holds the wall clock to a time server; setting it by hand ends that."""


TIME_ERROR = 5
"""What adjtimex answers when the clock is not synchronised."""
TIMEX_BYTES = 512


def moment() -> Moment:
    """Now, read from all clocks."""
    try:
        boot = BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return Moment(boot, time.clock_gettime(time.CLOCK_BOOTTIME), time.time(), _is_synchronised())


def _is_synchronised() -> bool:
    """As the kernel says (adjtimex(2), which with zeros changes nothing)."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return 0 <= int(state) < TIME_ERROR
