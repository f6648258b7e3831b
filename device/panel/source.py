"""What all sources of edges share: buttons at the box, keys of a headset, a knob."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from device.errors import SystemMissingError
from device.panel.gestures import Edge


class Gone(NamedTuple):
    """A headset or knob has gone, and its keys with it."""

    source: str


class Unused(NamedTuple):
    """A key went down that means nothing here, by the name that `[panel.keys]` calls it."""

    source: str
    key: str


Happening = Edge | Gone | Unused


class Source(Protocol):
    trouble: SystemMissingError | None
    """What of it cannot be heard, and what mends that."""

    def fileno(self) -> int:
        """Readable when something happened."""
        ...

    def read(self) -> list[Happening]:
        """What happened since the last call; never waits."""
        ...

    def close(self) -> None: ...
