"""Collects what is wrong with a recording, in words: as much as a person can read, and a count of the rest."""

from __future__ import annotations

from device.text import printable

TOLD_MAX = 3
"""Sentences that are told of one kind, such as the messages of one stream."""
KINDS_MAX = 50
PROBLEMS_MAX = 5000
"""A recording with more is read no further: what is damaged takes longer to read than what is whole."""


class Problems:
    """Collects sentences by kind; a damaged log may give thousands."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._counts: dict[str, int] = {}
        self._n = 0

    def add(self, kind: str, sentence: str) -> None:
        if kind not in self._counts and len(self._counts) >= KINDS_MAX:
            kind = "other places"
        self._n += 1
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if self._counts[kind] <= TOLD_MAX and len(self._told) < TOLD_MAX * KINDS_MAX:
            self._told.append(printable(sentence))

    @property
    def are_too_many(self) -> bool:
        return self._n >= PROBLEMS_MAX

    def sentences(self) -> list[str]:
        more = [f"{printable(kind)}: and {n - TOLD_MAX} more." for kind, n in self._counts.items() if n > TOLD_MAX]
        end = [f"It was read no further than to {PROBLEMS_MAX} damaged places, which is the limit."]
        return [*self._told, *more, *(end if self.are_too_many else [])]
