"""Fetches an offered bundle piece by piece into a file, and goes on where it was whatever was cut off."""

from __future__ import annotations

import os
import queue
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from device.errors import DiskError, UpdateError
from device.fleet.offer import PIECE_BYTES, Ask, Offer, digest_of, read_piece

ENDING = ".fetched"
ASK_AGAIN_NS = 10_000_000_000
"""A piece that did not come in this time is asked for again."""
WAITING_MAX = 2
"""Pieces that nobody asked for are dropped: memory is bounded whatever a broker sends."""
SPARE_BYTES = 64 << 20
"""What a fetched bundle leaves free on the disk."""


class Fetch:
    """`ask` publishes. `hear` may be called by another thread; `turn` does all the work."""

    def __init__(self, folder: Path, offer: Offer, ask: Callable[[bytes], None]) -> None:
        self._offer, self._ask = offer, ask
        self.path = folder / f"{offer.sha256[:16]}{ENDING}"
        self._heard: queue.Queue[bytes] = queue.Queue(WAITING_MAX)
        self._asked_ns: int | None = None
        self._index = self._found()

    def _found(self) -> int:
        """How many pieces are there already; what is no whole piece is fetched again."""
        try:
            return self.path.stat().st_size // PIECE_BYTES
        except OSError:
            return 0

    @property
    def n_pieces(self) -> int:
        """How many have come."""
        return self._index

    @property
    def is_whole(self) -> bool:
        return self._index >= self._offer.n_pieces

    def hear(self, payload: bytes) -> None:
        if not self._heard.full():
            self._heard.put_nowait(payload)

    def turn(self, now_ns: int) -> None:
        """Take the piece that came, and ask for the next.

        Raises:
            DiskError: there is no room, or the disk fails.
        """
        while not self._heard.empty():
            self._take(self._heard.get_nowait())
        is_due = self._asked_ns is None or now_ns - self._asked_ns > ASK_AGAIN_NS
        if is_due and not self.is_whole:
            self._asked_ns = now_ns
            self._ask(msgspec.json.encode(Ask(sha256=self._offer.sha256, index=self._index)))

    def _take(self, payload: bytes) -> None:
        piece, offer = read_piece(payload), self._offer
        if piece is None or piece.number != self._index or piece.digest != bytes.fromhex(offer.sha256)[:8]:
            return
        at = self._index * PIECE_BYTES
        if len(piece.data) != min(PIECE_BYTES, offer.n_bytes - at):
            return
        try:
            self._write(at, piece.data)
        except OSError as error:
            raise DiskError(f"The update cannot be kept: {error.strerror or error}.", "Make room there.") from error
        self._index += 1
        self._asked_ns = None

    def _write(self, at: int, data: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        missing = self._offer.n_bytes - at
        if at == 0 and shutil.disk_usage(self.path.parent).free < missing + SPARE_BYTES:
            raise OSError(28, os.strerror(28))
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(handle, at)
            os.pwrite(handle, data, at)
        finally:
            os.close(handle)

    def prove(self) -> None:
        """The whole is what was offered.

        Raises:
            UpdateError: it is not, and is fetched anew when it is offered again.
            DiskError: it cannot be read.
        """
        try:
            is_same = digest_of(self.path) == self._offer.sha256
        except OSError as error:
            raise DiskError(f"The update cannot be read: {error.strerror}.", "Look into the disk.") from error
        if not is_same:
            self.discard()
            raise UpdateError("What was fetched is not what was offered.", "Offer it again.")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._index, self._asked_ns = 0, None


def sweep(folder: Path, but: Path | None = None) -> None:
    """Takes away what was fetched and is offered no more."""
    for left in folder.glob(f"*{ENDING}"):
        if left != but and left.is_file() and not left.is_symlink():
            left.unlink(missing_ok=True)
