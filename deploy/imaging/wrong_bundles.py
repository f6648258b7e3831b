"""Bundles that a box must refuse, each for one reason: `deploy/check-image` gives them to one in QEMU."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from deploy.imaging import bundle

REASONS = {
    "tampered": "was changed after it was signed",
    "truncated": "is cut short",
    "wrong-key": "is signed by a stranger",
    "wrong-board": "is for another board",
    "downgraded": "not newer than",
    "replayed": "not newer than",
}
"""Each, and what the box says to it."""
ROOT_BYTES = 2**20
NEWER = "998.0.0.0"


def make(folder: Path, board: str, release: str, signing: tuple[Path, Path]) -> None:
    """Fills a folder with one bundle of each kind for a box of this board that runs this release."""
    with tempfile.TemporaryDirectory(prefix="wrong-", dir=folder.parent) as scratch:
        root = Path(scratch) / "root.img"
        root.write_bytes(os.urandom(ROOT_BYTES))

        def made(name: str, board: str, release: str, signing: tuple[Path, Path]) -> Path:
            bundle.make(folder / f"{name}.raucb", root, board, release, signing, Path(scratch) / name)
            return folder / f"{name}.raucb"

        made("wrong-key", board, NEWER, bundle.keys(Path(scratch) / "stranger"))
        made("wrong-board", f"not-{board}", NEWER, signing)
        made("downgraded", board, "0.0.0.1", signing)
        made("replayed", board, release, signing)
        data = made("tampered", board, NEWER, signing).read_bytes()
        (folder / "truncated.raucb").write_bytes(data[: len(data) * 2 // 3])
        (folder / "tampered.raucb").write_bytes(_harmed(data, ROOT_BYTES // 2))


def _harmed(data: bytes, at: int) -> bytes:
    """The same with another bit in the root that it carries; what is signed is only the tree of hashes over it."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
