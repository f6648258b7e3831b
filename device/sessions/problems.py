"""What is wrong with a recording, in words: so much that it can be read, and a count of the rest."""

from __future__ import annotations

from device.text import printable

TOLD_MAX = 3
"""Of one kind, such as the messages of one stream."""
KINDS_MAX = 50


class Problems:
    """Collects sentences by kind; a damaged log may give thousands."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._counts: dict[str, int] = {}

    def add(self, kind: str, sentence: str) -> None:
        if kind not in self._counts and len(self._counts) >= KINDS_MAX:
            kind = "other places"
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if self._counts[kind] <= TOLD_MAX and len(self._told) < TOLD_MAX * KINDS_MAX:
            self._told.append(printable(sentence))

    def sentences(self) -> list[str]:
        more = [f"{printable(kind)}: and {n - TOLD_MAX} more." for kind, n in self._counts.items() if n > TOLD_MAX]
        return [*self._told, *more]
