"""Edges become presses: bounce is taken out, long and double presses are told apart, and a stuck key is told of once.

Pure: time comes with each edge and with `wait`. Several sources feed one `Gestures`; each key of each source has a life
of its own, so a stuck key at the box takes nothing from the same button at the headset.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from device.messages import Button, Press, PressKind

Level = Literal["down", "up", "click"]
"""`click`: a step of a knob, which has no length."""

BOUNCE_NS = 30_000_000
"""Edges within this time of one that counted are the contact's own; where it stands afterwards counts again."""
DOUBLE_NS = 400_000_000
"""A second press that begins so soon after the first ended belongs to it."""
LONG_NS = 1_500_000_000
"""A hand that is slow or trembles is not long yet."""
STUCK_NS = 20_000_000_000
"""Nobody holds a button for so long: something lies on it, or it is broken."""
CLICK_NS = 50_000_000
"""Steps of a knob that come faster count as one."""
KEYS_MAX = 64
"""Keys whose state is kept; the one that has been idle the longest makes room."""

MEANINGS: dict[Button, dict[PressKind, Button]] = {
    "play": {"short": "play", "double": "more", "long": "stop"},
    "stop": {"short": "stop"},
    "softer": {"short": "softer", "long": "too_much"},
    "louder": {"short": "louder"},
    "more": {"short": "more"},
    "too_much": {"short": "too_much"},
}
"""What each gesture asks for. A headset that has but a middle key and two for volume reaches all six.

Where a double press means something, a short one waits to see whether it becomes that; all others count as soon as the
contact closes. So does it where `Gestures.is_eager`: nothing plays of which there could be more, and somebody waits.
"""


DOES: dict[Button, str] = {
    "play": "music begins, pauses or goes on",
    "stop": "the sound ends at once",
    "softer": "the music is softer",
    "louder": "the music is louder, as far as is allowed",
    "more": "more like this",
    "too_much": "too much: calmer, softer and thinner at once",
}
"""What each button is for, in words for everybody."""


class Edge(NamedTuple):
    """A contact closed or opened, or a knob went on by a step."""

    source: str
    button: Button
    level: Level
    t_ns: int


class Key:
    """One button of one source."""

    def __init__(self, source: str, button: Button) -> None:
        self.source, self.button = source, button
        self.is_down = self.is_stuck = self.is_eager = False
        self.changed_ns = -BOUNCE_NS
        """When it last went down or up, bounce aside."""
        self._is_closed = False
        """Where the contact stands, bounce and all."""
        self._pressed_ns = -CLICK_NS
        """When it was last told as pressed."""
        self._ended_ns: int | None = None
        """When a first press ended that may yet become a double one."""
        self._is_open = self._is_told = False
        """Whether this press may still become a first one, which is told when it is over; and whether it was told."""
        self._may_be_long = False

    @property
    def is_idle(self) -> bool:
        return not (self.is_down or self._is_closed) and self._ended_ns is None

    def due_ns(self) -> int | None:
        """When time alone brings something."""
        dues = [self.changed_ns + BOUNCE_NS] if self._is_closed != self.is_down else []
        if self._ended_ns is not None:
            dues.append(self._ended_ns + DOUBLE_NS)
        if self.is_down and not self.is_stuck:
            dues.append(self.changed_ns + (LONG_NS if self._may_be_long else STUCK_NS))
        return min(dues, default=None)

    def move(self, level: Level, t_ns: int) -> list[Press]:
        """Take an edge, after all that time brought before it."""
        if level == "click":
            return self._tell("short", t_ns) if t_ns >= self._pressed_ns + CLICK_NS else []
        self._is_closed = level == "down"
        pressed: list[Press] = []
        # A stop counts whatever the contact did before: better once too often than never.
        if self.button == "stop" and self._is_closed and t_ns >= self._pressed_ns + BOUNCE_NS:
            pressed += self._tell("short", t_ns)
        if self._is_closed != self.is_down and t_ns >= self.changed_ns + BOUNCE_NS:
            pressed += self._turn(t_ns)
        return pressed

    def wait(self, now_ns: int) -> list[Press]:
        """What time alone brings until now."""
        pressed: list[Press] = []
        while (due_ns := self.due_ns()) is not None and due_ns <= now_ns:
            pressed += self._fall_due(due_ns)
        return pressed

    def _fall_due(self, t_ns: int) -> list[Press]:
        if self._ended_ns is not None and t_ns == self._ended_ns + DOUBLE_NS:
            return self.finish(t_ns)
        if self._is_closed != self.is_down and t_ns == self.changed_ns + BOUNCE_NS:
            return self._turn(t_ns)
        if self._may_be_long:
            self._may_be_long = self._is_open = False
            return self._tell("long", t_ns)
        self.is_stuck = True
        return self._tell("stuck", t_ns)

    def finish(self, t_ns: int) -> list[Press]:
        """A first press that no second followed is a short one."""
        if self._ended_ns is None:
            return []
        self._ended_ns = None
        return [] if self._is_told else self._tell("short", t_ns)

    def _turn(self, t_ns: int) -> list[Press]:
        """The button went down, or up again."""
        self.is_down, self.changed_ns = not self.is_down, t_ns
        return self._go_down(t_ns) if self.is_down else self.go_up(t_ns)

    def _go_down(self, t_ns: int) -> list[Press]:
        is_second, self._ended_ns = self._ended_ns is not None, None
        self._is_open = "double" in MEANINGS[self.button] and not is_second
        self._is_told = self._is_open and self.is_eager
        self._may_be_long = "long" in MEANINGS[self.button] and not is_second
        if is_second:
            return self._tell("double", t_ns)
        waits = self._is_open and not self._is_told
        return [] if waits or self.button == "stop" else self._tell("short", t_ns)

    def go_up(self, t_ns: int) -> list[Press]:
        if self.is_stuck:
            self.is_stuck = False
            return self._tell("freed", t_ns)
        self._ended_ns = t_ns if self._is_open else None
        return []

    def _tell(self, kind: PressKind, t_ns: int) -> list[Press]:
        if kind == "short":
            self._pressed_ns = t_ns
        meaning = MEANINGS[self.button].get(kind)
        return [Press(t_ns=t_ns, button=self.button, kind=kind, meaning=meaning, source=self.source)]


class Gestures:
    """All keys of all sources."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, Button], Key] = {}
        self.is_eager = False
        """Whether a press counts as soon as the contact closes, also where it might become a double or a long one."""

    def take(self, edge: Edge) -> list[Press]:
        """Take an edge and return the presses that are complete by then, oldest first."""
        before = self.wait(edge.t_ns)
        key = self._key(edge.source, edge.button)
        key.is_eager = self.is_eager
        return before + key.move(edge.level, edge.t_ns)

    def wait(self, now_ns: int) -> list[Press]:
        """What time alone brings: a single press that stayed one, a long press, a stuck key."""
        pressed = [press for key in self._keys.values() for press in key.wait(now_ns)]
        return sorted(pressed, key=lambda press: press.t_ns)

    def due_ns(self) -> int | None:
        """When `wait` has something to say at the earliest; None: not before the next edge."""
        return min((due for key in self._keys.values() if (due := key.due_ns()) is not None), default=None)

    def forget(self, source: str, now_ns: int) -> list[Press]:
        """A source has gone: its keys are up, and what was pressed before counts."""
        pressed = self.wait(now_ns)
        for place in [place for place in self._keys if place[0] == source]:
            key = self._keys.pop(place)
            pressed += (key.go_up(now_ns) if key.is_down else []) + key.finish(now_ns)
        return pressed

    @property
    def stuck(self) -> list[Key]:
        return [key for key in self._keys.values() if key.is_stuck]

    def _key(self, source: str, button: Button) -> Key:
        place = (source, button)
        if place not in self._keys and len(self._keys) >= KEYS_MAX:
            self._keys.pop(
                min(self._keys, key=lambda other: (not self._keys[other].is_idle, self._keys[other].changed_ns))
            )
        return self._keys.setdefault(place, Key(source, button))
