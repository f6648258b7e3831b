from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device.acquisition.adapter_power import cycle_power
from tests.hardware.radio import needs_dbus, radio

pytestmark = needs_dbus


@pytest.fixture(autouse=True)
def _own_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/dbus")


def test_it_frees_a_link_that_nobody_knows(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            parts.band.connected = True
            assert await cycle_power("hci0")
            assert parts.band.discoverable
            assert parts.bluez.powered

    asyncio.run(scene())


def test_a_connected_device_is_left_alone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            parts.bluez.adopt_link()
            assert not await cycle_power("hci0")
            assert parts.band.connected

    asyncio.run(scene())


def test_without_adapter_or_service_nothing_is_done(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            parts.bluez.remove_adapter()
            assert not await cycle_power("hci0")
            await parts.bluez.stop()
            assert not await cycle_power("hci0")
            await parts.bus.stop()
            with pytest.raises(OSError):
                await cycle_power("hci0")

    asyncio.run(scene())
