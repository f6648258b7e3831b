"""Chooses who composes when a generator fails or is late: the next in line, said once, until the first is tried again.

It is pure bookkeeping: it knows of failures and lateness only what it is told, so a replay decides the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SUBSTITUTES = ("rules", "phrasebook")
"""Generators that stand in, in this order; the last one has nothing that can fail."""
MISSES_MAX = 3
"""Bars in a row that were late or failed before a generator rests."""
REST_BARS = 32
"""About two minutes; doubled each time it fails again."""
REST_BARS_MAX = 512


class Reliability(NamedTuple):
    """How a generator did of late, and from which bar on it may play again."""

    misses: int = 0
    rest_bars: int = REST_BARS
    """How long it rests the next time."""
    resumes_bar: int = 0
    """The bar before which it rests."""


class Standby:
    """Chooses the generator of each bar."""

    def __init__(self) -> None:
        self._reliabilities: dict[str, Reliability] = {}

    def candidates(self, wished: str, bar_index: int) -> Iterator[str]:
        """The generator wished for unless it rests, then its substitutes; the last is always among them."""
        line = [wished, *(name for name in SUBSTITUTES if name != wished)]
        yield from (name for name in line[:-1] if bar_index >= self._reliability(name).resumes_bar)
        yield line[-1]

    def rest(self, name: str, bar_index: int) -> None:
        """Let a generator rest from a bar on, as after a process that died with it."""
        known = self._reliability(name)
        self._reliabilities[name] = Reliability(
            MISSES_MAX - 1, min(REST_BARS_MAX, 2 * known.rest_bars), bar_index + known.rest_bars
        )

    def miss(self, name: str, bar_index: int) -> str:
        """Note that a bar of this generator failed or was late; returns in words that it rests now, or nothing."""
        if name == SUBSTITUTES[-1]:
            return ""
        known = self._reliability(name)
        self._reliabilities[name] = known._replace(misses=known.misses + 1)
        if known.misses + 1 < MISSES_MAX or bar_index < known.resumes_bar:
            return ""
        self.rest(name, bar_index)
        following = next(self.candidates(name, bar_index + 1))
        return f"{name} keeps failing or being late: for {known.rest_bars} bars {following} plays instead."

    def hit(self, name: str) -> None:
        """Note that a bar of this generator was heard: earlier misses are forgotten."""
        self._reliabilities.pop(name, None)

    def _reliability(self, name: str) -> Reliability:
        return self._reliabilities.get(name, Reliability())
