"""The map of an image: which of its blocks hold anything, with the hash of each range (bmap-tools, format version 2.0).

Holes are not written: a card of 32 GB is written in the time of what is on it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from device.errors import RecordingError

BYTES_MAX = 4 * 2**20
RANGES_MAX = 200_000


class Range(NamedTuple):
    """Bytes of an image that belong together, and their SHA-256."""

    start: int
    end: int
    sha256: str


class BlockMap(NamedTuple):
    """What is in an image of `size_bytes`."""

    size_bytes: int
    ranges: tuple[Range, ...]

    @property
    def mapped_bytes(self) -> int:
        """How much is written."""
        return sum(part.end - part.start for part in self.ranges)


def parse(text: bytes, name: str) -> BlockMap:
    """Reads a map; `name` is what it is called in a refusal.

    Raises:
        RecordingError: it is none, is damaged, or its ranges overlap, lie outside the image or are too many.
    """
    try:
        return _parsed(text)
    except (ET.ParseError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise RecordingError(
            f"{name} is no map of an image: {str(error)[:200]}.", "Make the image again with deploy/image."
        ) from error


def _parsed(text: bytes) -> BlockMap:
    if len(text) > BYTES_MAX or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("too large, or with entities")
    root = ET.fromstring(text)  # noqa: S314 - entities are refused above, and the size is bounded
    block, size = int(root.findtext("BlockSize", "")), int(root.findtext("ImageSize", ""))
    if root.findtext("ChecksumType", "").strip() != "sha256" or not 512 <= block <= 2**24 or size <= 0:
        raise ValueError("its sizes or its kind of hash are not known")
    return BlockMap(size, tuple(_ranges(root, block, size)))


def _ranges(root: ET.Element, block: int, size: int) -> list[Range]:
    found: list[Range] = []
    for element in root.findall("BlockMap/Range"):
        first, _, last = (element.text or "").strip().partition("-")
        start, end = int(first) * block, min((int(last or first) + 1) * block, size)
        sha256 = element.get("chksum", "")
        before = found[-1].end if found else 0
        if not before <= start < end or not re.fullmatch("[0-9a-f]{64}", sha256) or len(found) >= RANGES_MAX:
            raise ValueError(f"the range {first[:20]}-{last[:20]} does not follow, or has no hash")
        found.append(Range(start, end, sha256))
    if not found:
        raise ValueError("it has no ranges")
    return found


def whole(image: Path) -> BlockMap:
    """The map of an image that came without one: one range."""
    with image.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return BlockMap(file.tell(), (Range(0, file.tell(), digest),))
