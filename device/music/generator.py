"""What every generator is, and how one is opened by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from device.config import SessionConfig
from device.errors import ConfigError
from device.imports import import_name
from device.messages import Bar, MusicIntent
from device.music import GENERATORS
from device.stage import Random


class Generator(Protocol):
    def __init__(self, config: SessionConfig) -> None: ...

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        """The bar `intent.bar_index`, exactly one bar long, after the bars of `history` (oldest first).

        All chance comes from `rng`: the same arguments in the same order give the same bars.
        """
        ...


def open_generator(name: str, config: SessionConfig) -> Generator:
    """Load a generator by its name.

    Raises:
        ConfigError: no such generator.
        ModelError: its model is missing or corrupt.
    """
    if name not in GENERATORS:
        raise ConfigError(f"There is no generator `{name}`.", f"Choose one of {', '.join(sorted(GENERATORS))}.")
    generator: Generator = import_name(GENERATORS[name])(config)
    return generator
