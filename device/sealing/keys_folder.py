"""Names that are needed to see whether anything is sealed, before what seals is loaded."""

from __future__ import annotations

from pathlib import Path

RING_FILE = "ring.json"
TEXT_MARK = "\nsealed:"
"""A text begins so where it is sealed; no name and no JSON does."""


def ring_in(listeners_dir: Path) -> Path:
    """The folder of the keys of those who are remembered in a folder."""
    return listeners_dir / "keys"
