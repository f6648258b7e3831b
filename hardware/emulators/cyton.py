"""The Cyton behind a pseudo-terminal: the device opens it with pyserial by a stable name, as it would the dongle.

Like the dongle's FTDI chip it sends in batches of 16 ms, drops what nobody reads, and can be unplugged (a hang-up, and
the name is gone) and come back behind another terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import tty
from pathlib import Path

from hardware.emulators.cyton_board import CytonBoard, Feed

BATCH_S = 0.016


class PtyCyton:
    """A Cyton at the path `link`, fed by `feed(first_sample, n)` -> (n, 8 or 16) in uV at 250 Hz.

    Board faults and counts are those of `board`; `n_overflow` counts bytes nobody read.
    """

    def __init__(
        self, link: Path, feed: Feed, *, daisy: bool = False, rate_hz: float = 250.0, batch_s: float = BATCH_S
    ) -> None:
        self.link, self._batch_s = link, batch_s
        self.board = CytonBoard(feed, daisy=daisy, rate_hz=rate_hz)
        self.n_overflow = 0
        self._host: int | None = None
        self._device = -1
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Plug it in and let it live in the running event loop."""
        self.replug()
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.unplug()

    def unplug(self) -> None:
        """Hang up; the board itself goes on, as it has its own battery."""
        if self._host is not None:
            self.link.unlink(missing_ok=True)
            os.close(self._host)
            os.close(self._device)
            self._host = None

    def replug(self) -> None:
        """Come back under the same name, possibly behind another terminal."""
        self.unplug()
        # The device's end stays open here too: without it reads fail between two clients.
        self._host, self._device = os.openpty()
        tty.setraw(self._device)
        os.set_blocking(self._host, False)
        self.link.parent.mkdir(parents=True, exist_ok=True)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._device))

    async def _live(self) -> None:
        while True:
            now_s = time.monotonic()
            self.board.receive(self._read(), now_s)
            self._write(self.board.advance(now_s))
            await asyncio.sleep(self._batch_s)

    def _read(self) -> bytes:
        if self._host is None:
            return b""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._host, 4096)
        return b""

    def _write(self, data: bytes) -> None:
        if self._host is None or not data:
            return
        n_written = 0
        with contextlib.suppress(BlockingIOError):
            n_written = os.write(self._host, data)
        self.n_overflow += len(data) - n_written
