"""One measured number beside the one asked for, whichever way round."""

from __future__ import annotations

from typing import Literal

import msgspec


class Figure(msgspec.Struct, frozen=True):
    name: str
    value: float
    asked: float
    side: Literal["at least", "at most"] = "at least"
    unit: str = ""
    note: str = ""
    people: dict[str, float] = {}
    """Score of each person, where there are people."""

    @property
    def is_met(self) -> bool:
        return self.value >= self.asked if self.side == "at least" else self.value <= self.asked
