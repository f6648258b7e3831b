"""How much time the cues of the next intent may use, and how many times faster than usual they go.

Cues move by elapsed time. A wish revises a bar at once and so uses some of the time until the next one is asked for;
what is used is not given twice. While a wish is young they go faster, never beyond the prescription's slopes.
"""

from __future__ import annotations

HASTE = 2.0
HASTE_S = 10.0
"""What a person wishes comes `HASTE` times faster for so long."""


class Haste:
    """Counts the seconds that bars and revisions may use."""

    def __init__(self) -> None:
        self._used_s = self._left_s = 0.0

    def revision(self, elapsed_s: float) -> tuple[float, float]:
        """Seconds and haste of a revision, so long after the intent before."""
        elapsed_s = max(0.0, elapsed_s)
        self._used_s += elapsed_s
        self._left_s = HASTE_S
        return elapsed_s, HASTE

    def bar(self, passed_s: float) -> tuple[float, float]:
        """Seconds and haste of a new bar's intent, so long after the bar before."""
        elapsed_s, self._used_s = max(0.0, passed_s - self._used_s), 0.0
        is_young = self._left_s > 0
        self._left_s = max(0.0, self._left_s - elapsed_s)
        return elapsed_s, HASTE if is_young else 1.0
