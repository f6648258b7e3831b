"""The table of who may wish what. Doors, controller and pages ask it, and nobody else decides.

A patient may always have less: stop, a pause, softer, too much, less of a voice. What steers is the therapist's.
"""

from __future__ import annotations

from device.messages import WISHES, Author, Command

MAY: dict[Author, frozenset[str]] = {
    "patient": frozenset({
        "stop", "softer", "louder", "calmer", "livelier", "self_report", "more", "too_much", "less_of", "all_voices",
        "skip_phase", "hold_phase", "resume_phase", "rest", "play_on",
    }),
    "therapist": frozenset(WISHES),
    "manager": frozenset(WISHES) | {"start"},
}  # fmt: skip
"""Role -> kinds of wishes."""
PER_S, AT_ONCE = 20.0, 40.0
"""Wishes of one role that are taken; a stop is never one too many."""


def forbidden(command: Command) -> str:
    """Why its author may not wish that; empty where they may."""
    if command.kind in MAY[command.author]:
        return ""
    others = " or ".join(role for role in ("patient", "therapist") if command.kind in MAY[role])
    return f"A {command.author} may not ask `{command.kind}`; a {others} may."


class Allowance:
    """How many wishes each role has left: `PER_S`, and `AT_ONCE` after a pause."""

    def __init__(self, now_ns: int = 0) -> None:
        self._left: dict[str, float] = dict.fromkeys(MAY, AT_ONCE)
        self._counted_ns = now_ns

    def spend(self, command: Command, now_ns: int) -> str:
        """Count a wish; returns why it is one too many, or nothing."""
        gained = max(0, now_ns - self._counted_ns) / 1e9 * PER_S
        self._counted_ns = max(now_ns, self._counted_ns)
        self._left = {author: min(AT_ONCE, left + gained) for author, left in self._left.items()}
        if command.kind in ("stop", "start"):
            return ""
        if self._left[command.author] < 1:
            return f"More than {PER_S:.0f} wishes a second cannot be obeyed."
        self._left[command.author] -= 1
        return ""
