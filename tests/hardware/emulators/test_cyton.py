from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import serial

from hardware.emulators.cyton import PtyCyton


def feed(first: int, n: int) -> np.ndarray:
    return np.zeros((n, 8))


def test_pyserial_opens_it_by_name_and_reads_packets(tmp_path: Path) -> None:
    async def scene() -> bytes:
        cyton = PtyCyton(tmp_path / "dev" / "cyton", feed)
        await cyton.start()
        with serial.Serial(str(cyton.link), 115200, timeout=0) as port:
            port.write(b"b")
            await asyncio.sleep(0.3)
            data = port.read(65536)
        await cyton.stop()
        return data

    data = asyncio.run(scene())
    assert data[0] == 0xA0
    assert len(data) % 33 == 0
    assert len(data) >= 33 * 10


def test_what_nobody_reads_is_dropped_and_counted(tmp_path: Path) -> None:
    async def scene() -> int:
        cyton = PtyCyton(tmp_path / "cyton", feed, rate_hz=25_000)
        await cyton.start()
        cyton.board.streaming = True
        for _ in range(200):
            await asyncio.sleep(0.02)
            if cyton.n_overflow:
                break
        await cyton.stop()
        return cyton.n_overflow

    assert asyncio.run(scene()) > 0


def test_unplugging_hangs_up_and_replugging_keeps_the_name(tmp_path: Path) -> None:
    async def scene() -> None:
        cyton = PtyCyton(tmp_path / "cyton", feed)
        await cyton.start()
        port = os.open(cyton.link, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        cyton.unplug()
        assert not cyton.link.is_symlink()
        assert os.read(port, 1) == b""
        os.close(port)
        cyton.replug()
        assert cyton.link.exists()
        await cyton.stop()
        assert not cyton.link.is_symlink()

    asyncio.run(scene())
