"""What the light says, as a table of patterns: count the blinks. Pure: a pattern and a time give a brightness.

A pattern is told by its shape alone, never by colour or by how bright it is. None of them flashes three times in any
second, as flashes between 3 and 60 Hz may bring on a seizure (WCAG 2.2, 2.3.1; Harding and Jeavons 1994), and
each goes on and off by a ramp: a light that jumps startles in the dark.
"""

from __future__ import annotations

from typing import NamedTuple

from device.messages import Light
from device.panel.led import SHINES

RAMP_MS = 100
BLINK_MS = 400
FRAME_MS = 50
"""Steps of a ramp."""


class Pattern(NamedTuple):
    """Brightness over time, which runs straight from point to point and begins again after `period_ms`."""

    period_ms: int
    points: tuple[tuple[int, float], ...]
    """Time since the period began, the first being 0, and brightness there: 0 (dark) to 1."""
    looks: str
    means: str

    def level(self, at_ms: int) -> float:
        """Brightness at a time since the pattern began."""
        place_ms = at_ms % self.period_ms
        (from_ms, before), (to_ms, after) = self._segment(place_ms)
        return before + (after - before) * (place_ms - from_ms) / (to_ms - from_ms)

    def next_ms(self, at_ms: int) -> int | None:
        """Time until the brightness must be set again; None: it stays."""
        if len(self.points) == 1:
            return None
        place_ms = at_ms % self.period_ms
        (_, before), (to_ms, after) = self._segment(place_ms)
        return to_ms - place_ms if before == after else min(FRAME_MS, to_ms - place_ms)

    def _segment(self, place_ms: int) -> tuple[tuple[int, float], tuple[int, float]]:
        """The points before and after a place."""
        points = (*self.points, (self.period_ms, self.points[0][1]))
        behind = max(i for i, (point_ms, _) in enumerate(self.points) if point_ms <= place_ms)
        return points[behind], points[behind + 1]


def _blinks(count: int, on_ms: int = BLINK_MS, off_ms: int = BLINK_MS) -> tuple[tuple[int, float], ...]:
    """Blinks from the start, each with its ramps, and darkness for the rest of the period."""
    shape = ((0, 0.0), (RAMP_MS, 1.0), (on_ms - RAMP_MS, 1.0), (on_ms, 0.0))
    return tuple((i * (on_ms + off_ms) + at_ms, level) for i in range(count) for at_ms, level in shape)


PATTERNS: dict[Light, Pattern] = {
    "wait": Pattern(
        4000, ((0, 0.1), (2000, 1.0)), "It grows and fades slowly, like breath.", "Wait a little: the box is busy."
    ),
    "ready": Pattern(4000, _blinks(1), "One blink, and a pause.", "The box is ready: press play."),
    "guide": Pattern(4000, _blinks(2), "Two blinks, and a pause.", "Put on the headset, as the voice says."),
    "help": Pattern(
        5000, _blinks(3), "Three blinks, and a pause.", "Something is wrong: call who looks after the box."
    ),
    "playing": Pattern(1000, ((0, 0.3),), "It shines softly and steadily.", "Music plays."),
}
"""One, two, three blinks: it waits for play, for the headset, for help. Steady is good, slow breath is patience."""
DARK = Pattern(1000, ((0, 0.0),), "It is dark.", "Music plays, where the light is to be dark meanwhile.")


def nod(level: float) -> Pattern:
    """What answers a press: a light that shines goes out for a moment, a dark one blinks; then there is a pause.

    With the pause no pattern before or behind it makes three flashes in a second, however fast somebody presses.
    """
    other = 0.0 if level >= SHINES else 1.0
    course = ((0, level), (RAMP_MS, other), (BLINK_MS - RAMP_MS, other), (BLINK_MS, 0.0), (2 * BLINK_MS - 1, 0.0))
    return Pattern(2 * BLINK_MS, course, "It blinks once, or goes out once, at a press.", "The press was felt.")


def pattern_of(light: Light, *, dark_music: bool) -> Pattern:
    """The pattern that says it; with `dark_music` the light is off while music plays."""
    return DARK if light == "playing" and dark_music else PATTERNS[light]
