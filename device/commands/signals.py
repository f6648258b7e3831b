"""Signals end a session in order, at any moment of its life: while it is prepared, plays, and is summed up."""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from device.console.printing import say

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedStartError(KeyboardInterrupt):
    """A signal came before the session began."""


class Signals:
    """Notes the first of the signals that end programs; a second changes nothing.

    Nothing is interrupted just anywhere, as what was made a moment ago would then be left behind. A signal acts where
    the program has said how: by breaking off what waits (`interrupting`), or by a call (`acting`).
    """

    def __init__(self) -> None:
        self.number = 0
        self.count = 0
        self._act: Callable[[], object] = _nothing

    def note(self, number: int, _: object = None) -> None:
        self.count += 1
        if not self.number:
            self.number = number
            self._act()

    def check(self) -> None:
        """Break off if a signal has come."""
        if self.number:
            raise InterruptedStartError

    @contextmanager
    def acting(self, act: Callable[[], object]) -> Iterator[None]:
        """Have a signal call `act`, also one that has come already."""
        previous, self._act = self._act, act
        try:
            if self.number:
                act()
            yield
        finally:
            self._act = previous

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Have a signal break off what is done inside."""
        with self.acting(self.check):
            yield


def _nothing() -> None:
    pass


@contextmanager
def handling(numbers: Iterable[int], handler: Callable[[int, object], object]) -> Iterator[None]:
    """Have these signals handled so for a time."""
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


@contextmanager
def orderly_signals() -> Iterator[Signals]:
    """Take the signals for the time of a session; one that comes before it begins exits with 128 plus its number."""
    signals = Signals()
    # Under nohup a closed terminal is nothing to end by.
    taken = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    with handling(taken, signals.note):
        try:
            yield signals
        except InterruptedStartError:
            name = signal.Signals(signals.number).name
            say(f"isotone: Stopped by {name} before the session began; nothing was recorded.", err=True)
            sys.exit(128 + signals.number)
        finally:
            atexit.register(_ignore)  # an interpreter needs a moment to leave


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
