"""The one protocol: a stage reads streams, writes streams, and is a pure function of what it was given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from device.messages import Message

Random = random.Random
"""Keyed randomness, as generators are given it."""


class Stage(Protocol):
    """A pure stage: no clock, no files beyond its model, no bus. Built as `Class(config: SessionConfig)`.

    `reads` and `writes` name rows of `streams.STREAMS`; `tick_hz` above 0 asks the host for `Tick` messages.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tick_hz: float

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:
        """Take one message at the time `now_ns` and return what follows from it."""
        ...


def keyed_random(seed: int, stream: str, index: int) -> random.Random:
    """Randomness keyed by (session seed, stream, bar), so bar 17 is the same whether or not bar 16 was late."""
    return random.Random(f"{seed}/{stream}/{index}")  # noqa: S311 - music, not secrets
