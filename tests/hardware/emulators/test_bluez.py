"""The unchanged bleak on the emulated BlueZ: what a band maker would try first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError

from hardware.emulators.wristband import (
    BATTERY_LEVEL,
    BODY_SENSOR_LOCATION,
    HEART_RATE_MEASUREMENT,
    HEART_RATE_SERVICE,
    WRIST,
    HeartRateBand,
    uuid_of,
)
from tests.hardware.radio import Radio, needs_dbus, radio


@pytest.fixture
def _on_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/dbus")


pytestmark = [needs_dbus, pytest.mark.usefixtures("_on_bus")]


async def find(timeout_s: float = 5.0, service: str = HEART_RATE_SERVICE) -> BLEDevice | None:
    return await BleakScanner.find_device_by_filter(lambda *_: True, timeout=timeout_s, service_uuids=[service])


async def connected(device: BLEDevice | None, gone: asyncio.Event | None = None) -> BleakClient:
    assert device is not None
    client = BleakClient(device, disconnected_callback=lambda _client: gone and gone.set())
    await client.connect()
    return client


def test_scan_connect_read_and_notify(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            device = await find()
            client = await connected(device)
            assert client.name == "Isotone HR"
            assert bytes(await client.read_gatt_char(BATTERY_LEVEL)) == bytes([87])
            assert bytes(await client.read_gatt_char(BODY_SENSOR_LOCATION)) == WRIST
            await hear_equal_values(parts.band, client)
            await client.disconnect()
            assert not parts.band.connected

    asyncio.run(scene())


async def hear_equal_values(band: HeartRateBand, client: BleakClient) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await client.start_notify(HEART_RATE_MEASUREMENT, lambda _sender, data: heard.put_nowait(bytes(data)))
    measurement = band.services[0].characteristics[0]
    for _ in range(3):
        band.notify(measurement, b"\x00\x48")
    async with asyncio.timeout(5):
        assert [await heard.get() for _ in range(3)] == [b"\x00\x48"] * 3
    await client.stop_notify(HEART_RATE_MEASUREMENT)
    band.notify(measurement, b"\x00\x49")
    await client.read_gatt_char(BATTERY_LEVEL)
    assert heard.empty()


def test_drop_is_seen_and_the_band_can_be_connected_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            gone = asyncio.Event()
            await connected(await find(), gone)
            parts.band.drop()
            await asyncio.wait_for(gone.wait(), 5)
            again = await connected(await find())
            await hear_equal_values(parts.band, again)
            await again.disconnect()

    asyncio.run(scene())


def test_an_absent_band_is_not_found_and_cannot_be_connected(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            device = await find()
            parts.band.advertising = False
            assert await find(0.4) is None
            with pytest.raises(BleakDBusError):
                await connected(device)

    asyncio.run(scene())


def test_other_services_do_not_match(tmp_path: Path) -> None:
    async def scene() -> BLEDevice | None:
        async with radio(tmp_path):
            return await find(0.4, uuid_of(0x1816))

    assert asyncio.run(scene()) is None


def test_a_busy_scan_is_refused_then_works(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            parts.bluez.busy_scans = 1
            with pytest.raises(BleakDBusError, match="InProgress"):
                await find()
            assert await find() is not None

    asyncio.run(scene())


async def until_adapter(present: bool) -> None:
    """Wait until bleak has heard of the change."""
    for _ in range(100):
        try:
            found = await find() is not None
        except (BleakBluetoothNotAvailableError, BleakDBusError):  # the latter before bleak has heard
            found = False
        if found is present:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"adapter present should be {present}")


async def lose_and_restore_adapter(parts: Radio) -> None:
    gone = asyncio.Event()
    await connected(await find(), gone)
    parts.bluez.remove_adapter()
    await asyncio.wait_for(gone.wait(), 5)
    await until_adapter(present=False)
    parts.bluez.restore_adapter()
    await until_adapter(present=True)


def test_the_adapter_can_be_pulled_out_and_put_back(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            await lose_and_restore_adapter(parts)

    asyncio.run(scene())


def test_a_dead_bus_refuses_and_a_dead_service_too(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            await parts.bluez.stop()
            with pytest.raises(BleakError):
                await find()
            await parts.bus.stop()
            with pytest.raises((OSError, BleakError)):
                await find()

    asyncio.run(scene())
