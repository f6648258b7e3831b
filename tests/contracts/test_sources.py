"""What every source in SOURCES must do, shown with the emulator that each must have."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from device.acquisition import SOURCES
from device.acquisition.sensors import build_source
from device.acquisition.source import Source
from device.clock import SystemClock
from device.config import BluetoothConfig, DeviceConfig, SourceConfig
from hardware.emulators.cyton import PtyCyton
from tests.device.acquisition.listener import Listener, rows_of, running
from tests.device.recordings.recordings import eeg_chunk, write_session
from tests.hardware.radio import needs_dbus, radio

NAME = "sensor"


class Rig(NamedTuple):
    """A source beside its emulator. `interrupt` takes data away for a while; `loses` whether it then owns to a gap."""

    source: Source
    interrupt: Callable[[], None]
    restore: Callable[[], None]
    loses: bool


def build(config: SourceConfig, bluetooth: BluetoothConfig | None = None) -> Source:
    device = DeviceConfig(sources={NAME: config}, bluetooth=bluetooth or BluetoothConfig())
    return build_source(NAME, device, SystemClock())


@contextlib.asynccontextmanager
async def cyton_rig(folder: Path) -> AsyncIterator[Rig]:
    cyton = PtyCyton(folder / "ttyCyton", lambda first, n: np.arange(first, first + n)[:, None] * np.ones(8))
    await cyton.start()
    try:
        yield Rig(build(SourceConfig(type="cyton", port=str(cyton.link))), cyton.unplug, cyton.replug, loses=True)
    finally:
        await cyton.stop()


@contextlib.asynccontextmanager
async def hrs_rig(folder: Path) -> AsyncIterator[Rig]:
    async with radio(folder) as parts:
        beating = asyncio.create_task(parts.band.run(0.1))
        bluetooth = BluetoothConfig(dbus_address=parts.bus.bus_address)
        yield Rig(build(SourceConfig(type="hrs"), bluetooth), parts.band.drop, lambda: None, loses=False)
        beating.cancel()


@contextlib.asynccontextmanager
async def playback_rig(folder: Path) -> AsyncIterator[Rig]:
    """A session with half a second missing: its gap is the interruption."""
    numbers = [n for n in range(100) if not 8 <= n < 13]
    path = write_session(folder / "session", [eeg_chunk(n * 25, n * 100_000_000) for n in numbers])
    yield Rig(build(SourceConfig(type="playback", path=str(path))), lambda: None, lambda: None, loses=True)


RIGS: dict[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "cyton": cyton_rig,
    "hrs": hrs_rig,
    "playback": playback_rig,
}

rows = pytest.mark.parametrize("row", [pytest.param(row, marks=needs_dbus) if row == "hrs" else row for row in SOURCES])


@pytest.fixture(autouse=True)
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source may set the bus address of its process: forget it after each test."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS")


def test_every_source_has_an_emulator() -> None:
    assert set(RIGS) == set(SOURCES)


@rows
def test_probe_is_content_with_a_sensor_that_works(row: str, tmp_path: Path) -> None:
    async def scene() -> None:
        async with RIGS[row](tmp_path) as rig:
            assert inspect.iscoroutinefunction(rig.source.run)
            await rig.source.probe()

    asyncio.run(scene())


@rows
def test_rate_time_and_gaps(row: str, tmp_path: Path) -> None:
    async def scene() -> tuple[Listener, bool]:
        async with RIGS[row](tmp_path) as rig, running(rig.source) as listener:
            await listener.until(lambda: len(listener.chunks) >= 3)
            rig.interrupt()
            await asyncio.sleep(0.5)
            n_chunks = len(listener.chunks)
            rig.restore()
            await listener.until(lambda: len(listener.chunks) >= n_chunks + 3 and (listener.n_lost > 0) == rig.loses)
            return listener, rig.loses

    listener, loses = asyncio.run(scene())
    assert "streaming" in listener.states
    assert all(status.source == NAME and status.sentence.endswith(".") for status in listener.statuses)
    assert_shapes(listener)
    assert_gaps(listener, loses=loses)


def assert_shapes(listener: Listener) -> None:
    """Every chunk is whole, in order, and its times rise."""
    assert {chunk.source for chunk in listener.chunks} == {NAME}
    assert len({(chunk.kind, chunk.ch_names, chunk.sfreq_hz) for chunk in listener.chunks}) == 1
    assert (np.diff([chunk.t_ns for chunk in listener.chunks]) > 0).all()
    for chunk in listener.chunks:
        assert len(rows_of(chunk)) >= 1
        if chunk.sfreq_hz:
            assert len(rows_of(chunk)) <= chunk.sfreq_hz / 10
        else:
            assert len(chunk.times_ns) == len(rows_of(chunk))
            assert chunk.times_ns[0] == chunk.t_ns


def assert_gaps(listener: Listener, *, loses: bool) -> None:
    """The sample index goes on, what is lost is counted in, and index and time agree."""
    expected = 0
    for chunk in listener.chunks:
        assert chunk.first_sample == expected + chunk.n_lost
        expected = chunk.first_sample + len(rows_of(chunk))
    assert (listener.n_lost > 0) == loses
    first, last = listener.chunks[0], listener.chunks[-1]
    if first.sfreq_hz:
        elapsed_s = (last.t_ns - first.t_ns) / 1e9
        assert elapsed_s * first.sfreq_hz == pytest.approx(last.first_sample - first.first_sample, abs=25)
