"""What a machine wrote to its card, in its order, and the card as it is when the plug is pulled in between.

QEMU notes writes and flushes as the kernel does (Linux Documentation, device-mapper/log-writes):
a sector with a header, then what was written. What was written since the last flush may be lost in any choice, and the
last write may be torn at a sector, as cards do it.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from device.stage import keyed_random

SECTOR = 512
HEADER = struct.Struct("<4Q")
FLUSH, DISCARD = 1, 4


class Write(NamedTuple):
    """One entry: where in the card, where its bytes are in the log, and whether all before is safe from then on."""

    start: int
    size: int
    at: int
    is_barrier: bool


def entries(log: BinaryIO) -> Iterator[Write]:
    """All entries that are whole; a machine that was killed leaves a torn one at the end."""
    end, at = log.seek(0, 2), SECTOR
    while at + SECTOR <= end:
        log.seek(at)
        sector, n_sectors, flags, _ = HEADER.unpack(log.read(HEADER.size))
        at += SECTOR
        size = 0 if flags & DISCARD else n_sectors * SECTOR
        if at + size > end:
            return
        yield Write(sector * SECTOR, size, at, bool(flags & FLUSH))
        at += size


class Replay:
    """A card that is written again, entry by entry."""

    def __init__(self, card: Path, log: Path) -> None:
        self._card, self._log = card.open("r+b", buffering=0), log.open("rb")
        self.writes = list(entries(self._log))
        self._done = 0
        self._unsafe: list[tuple[Write, bytes]] = []
        """What was written since the last flush, and what lay there before."""
        self._undone: list[tuple[int, bytes]] = []
        self._touched = Counter[int]()

    def close(self) -> None:
        """Lets go of the files."""
        self._card.close()
        self._log.close()

    def advance(self, count: int) -> None:
        """Writes on until `count` entries are done."""
        for write in self.writes[self._done : count]:
            if write.is_barrier:
                self._unsafe.clear()
            if write.size:
                self._unsafe.append((write, self._read(write.start, write.size)))
                self._put(write.start, self._data(write))
        self._done = max(self._done, count)

    def cut(self, seed: int, number: int) -> None:
        """The plug is pulled: half the time some of what is not safe is lost, and the next write is torn."""
        chance = keyed_random(seed, "power", number)
        kept = [write for write, _ in self._unsafe if chance.random() < 0.5]
        if chance.random() < 0.5:
            for write, before in reversed(self._unsafe):
                self._change(write.start, before)
            for write in kept:
                self._change(write.start, self._data(write))
        if self._done < len(self.writes):
            torn = self.writes[self._done]
            self._change(torn.start, self._data(torn)[: chance.randrange(torn.size // SECTOR + 1) * SECTOR])

    def undo(self) -> None:
        """The plug was not pulled."""
        for start, data in reversed(self._undone):
            self._put(start, data)
        self._undone = []

    def touched(self, start_mib: int, n_mib: int) -> int:
        """How often anything was written to these megabytes; the same number: the same bytes."""
        return sum(self._touched[mib] for mib in range(start_mib, start_mib + n_mib))

    def _data(self, write: Write) -> bytes:
        self._log.seek(write.at)
        return self._log.read(write.size)

    def _change(self, start: int, data: bytes) -> None:
        self._undone.append((start, self._read(start, len(data))))
        self._put(start, data)

    def _read(self, start: int, size: int) -> bytes:
        self._card.seek(start)
        return self._card.read(size)

    def _put(self, start: int, data: bytes) -> None:
        self._card.seek(start)
        self._card.write(data)
        self._touched.update(range(start // 2**20, (start + len(data) - 1) // 2**20 + 1))
