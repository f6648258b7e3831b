"""Shows a pattern over time at whatever light there is."""

from __future__ import annotations

from collections.abc import Callable

from device.clock import Clock
from device.messages import Light
from device.panel.light import Pattern, nod, pattern_of

MS_NS = 1_000_000
AGAIN_MS = 5_000
"""A steady light is set again after this time, as it may have been plugged in meanwhile."""


class Lamp:
    """`show` takes a brightness from 0 to 1. Call `turn` when it is due, or earlier."""

    def __init__(self, show: Callable[[float], None], clock: Clock, *, dark_music: bool) -> None:
        self._show, self._clock, self._dark_music = show, clock, dark_music
        self._light: Light = "wait"
        self._since_ns = self.due_ns = clock.now_ns()
        self._nod: Pattern | None = None
        """What answers a press; the pattern begins anew behind it."""
        self._level = 0.0

    def say(self, light: Light) -> None:
        """Begin another pattern, or go on with the same."""
        if light == self._light:
            return
        self._light = light
        if self._nod is None:
            self._since_ns = self.due_ns = self._clock.now_ns()

    def answer(self) -> None:
        """Show at once that a press was felt; presses that come faster than the light may blink share an answer."""
        if self._nod is None:
            self._nod = nod(self._level)
            self._since_ns = self.due_ns = self._clock.now_ns()

    def turn(self) -> None:
        now_ns = self._clock.now_ns()
        if now_ns < self.due_ns:
            return
        if self._nod and now_ns - self._since_ns >= self._nod.period_ms * MS_NS:
            self._nod, self._since_ns = None, now_ns
        pattern = self._nod or pattern_of(self._light, dark_music=self._dark_music)
        at_ms = (now_ns - self._since_ns) // MS_NS
        self._level = pattern.level(at_ms)
        self._show(self._level)
        self.due_ns = self._since_ns + (at_ms + (pattern.next_ms(at_ms) or AGAIN_MS)) * MS_NS
