"""Sealed sessions that were damaged, cut, mixed or given other keys: read as far as they are whole, or refused."""

from __future__ import annotations

import contextlib
import random
import shutil
from pathlib import Path

from device.errors import RecordingError
from device.sealing.door import SEAL_FILE, SUFFIX, create, open_stored, read_stored, store_whole
from device.sealing.ring import Ring, open_ring
from device.sealing.sealed_folder import seal_folder
from hardware.fuzz.mutations import mutate

LOG, DOCUMENT = "log-0000.mcap", "session.json"
OWNERS = ("0" * 32, "1" * 32)
RECORDS = (1, 40, 5000, 70_000)
"""Lengths of what is written between two flushes."""


class Sealed:
    """Two sealed sessions of two listeners; what is read of one is what was written, from its beginning on."""

    def __init__(self, folder: Path) -> None:
        self._root, self._ring = folder, folder / "keys"
        ring = open_ring(self._ring, folder / "box.key")
        self._whole = [self._record(folder / name, owner, ring) for name, owner in zip("ab", OWNERS, strict=True)]

    @staticmethod
    def _record(folder: Path, owner: str, ring: Ring) -> bytes:
        folder.mkdir()
        seal_folder(folder, folder.name, owner, ring)
        log = create(folder / LOG)
        chance = random.Random(owner)
        written = b""
        for length in RECORDS:
            part = chance.randbytes(length)
            log.write(part)
            log.settle()
            written += part
        log.close()
        store_whole(folder / DOCUMENT, b'{"session_id": "a"}')
        return written

    def run(self, rng: random.Random) -> None:
        session = self._root / "case"
        shutil.rmtree(session, ignore_errors=True)
        which = rng.randrange(2)
        shutil.copytree(self._root / "ab"[which], session)
        self._damage(session, self._root / "ab"[1 - which], rng)
        with contextlib.suppress(OSError, RecordingError):
            read_stored(session / DOCUMENT, 1000)
        read = bytearray()
        with contextlib.suppress(OSError), open_stored(session / LOG) as file:
            while part := file.read(rng.choice((1, 100, 100_000))):
                read += part
        if not self._whole[which].startswith(read):
            raise AssertionError("what was read is not what was sealed")

    def _damage(self, session: Path, other: Path, rng: random.Random) -> None:
        path = session / rng.choice((LOG + SUFFIX, LOG + SUFFIX, DOCUMENT + SUFFIX, SEAL_FILE))
        match rng.choice(("bytes", "bytes", "cut", "swap", "rename", "longer")):
            case "bytes":
                path.write_bytes(mutate(path.read_bytes(), rng))
            case "cut":
                path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])
            case "swap":
                shutil.copy(other / path.name, path)
            case "rename":
                (session / (DOCUMENT + SUFFIX)).replace(session / (LOG + SUFFIX))
            case "longer":
                path.write_bytes(path.read_bytes() * 2)
