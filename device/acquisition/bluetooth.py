"""Finds heart-rate bands over Bluetooth with bleak: the wanted one by its address, else whichever are near.

Measured facts that shaped it: a crashed client leaves the link up, and a connected band does not advertise, hence the
look at linked devices; some bands never advertise their heart-rate service, hence a search by address does not ask
for it; BlueZ shows a band with a changing address under its true one once it is paired.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from device.config import BluetoothConfig
from device.errors import ConfigError, SystemMissingError

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice

HEART_RATE_SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
SEARCH_S = 8.0
CHOICE_S = 2.0
"""Time to look for nearer bands once one was seen: they advertise about once a second."""
ANSWER_S = 10.0
"""Time that bluetoothd may take for what needs no radio."""
NAME_MAX = 40


class Band(NamedTuple):
    """A band as it was seen; its text is what a person reads."""

    address: str
    """The address that BlueZ knows it by: the identity address where BlueZ can resolve a changing one."""
    name: str
    """Its name as it can be printed; empty: it tells none."""
    rssi_dbm: int
    device: BLEDevice

    @classmethod
    def of(cls, device: BLEDevice, rssi_dbm: int = 0) -> Band:
        """A device of bleak as a band."""
        name = "".join(char for char in device.name or "" if char.isprintable())[:NAME_MAX].strip()
        return cls(device.address.upper(), name, rssi_dbm, device)

    def __str__(self) -> str:
        return f"{self.name} ({self.address})" if self.name else self.address

    @property
    def path(self) -> str:
        """Name of its object on the bus, which stays when its address is resolved."""
        path: str = self.device.details["path"]
        return path

    @property
    def adapter(self) -> str:
        """Name of the adapter that saw it, as `hci0`."""
        return self.path.split("/")[3]

    @property
    def changes_address(self) -> bool:
        """Whether its address is private and BlueZ cannot resolve it: after a break it comes under another."""
        is_random = self.device.details.get("props", {}).get("AddressType") == "random"
        return is_random and int(self.address[0], 16) < 0b1000


def parse_address(text: str) -> str:
    """A Bluetooth address as BlueZ writes it, from any usual form; empty stays empty.

    Raises:
        ConfigError: it is no Bluetooth address.
    """
    digits = re.sub(r"[\s:_.-]", "", text).upper()
    if digits and not re.fullmatch(r"[0-9A-F]{12}", digits):
        raise ConfigError(
            f"`{text}` is no Bluetooth address.",
            "Write `address` in device.toml as six pairs of digits, like C0:FF:EE:15:07:0E; `bluetoothctl devices` "
            "lists them.",
        )
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def choose_bus(bluetooth: BluetoothConfig) -> dict[str, Any]:
    """Name the bus that bleak shall use (before it is imported) and return its arguments for the adapter."""
    if bluetooth.dbus_address:
        os.environ.setdefault("DBUS_SYSTEM_BUS_ADDRESS", bluetooth.dbus_address)
    # bleak warns when bluetoothctl is absent, which nobody here needs.
    logging.getLogger("bleak.backends.bluezdbus.version").setLevel(logging.ERROR)
    return {"adapter": bluetooth.adapter} if bluetooth.adapter else {}


async def list_linked(bluez: dict[str, Any]) -> list[Band]:
    """Heart-rate bands that are connected to this machine already."""
    from bleak import BleakAdapter  # noqa: PLC0415 - reads the bus address

    async with answered(ANSWER_S):
        adapter = await BleakAdapter.get(bluez=bluez)
        return [Band.of(device) for device in await adapter.get_connected_devices([HEART_RATE_SERVICE])]


async def look_around(bluez: dict[str, Any], is_wanted: Callable[[Band], bool], *, patient: bool) -> list[Band]:
    """The wanted band alone, as soon as it is seen; else all that advertise heart rate, the nearest first.

    A `patient` search takes its whole time even where others are near.
    """
    from bleak import BleakScanner  # noqa: PLC0415 - reads the bus address

    seen: dict[str, Band] = {}
    async with answered(SEARCH_S + ANSWER_S), BleakScanner(bluez=bluez) as scanner:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEARCH_S) as limit:
                async for device, advertised in scanner.advertisement_data():
                    band = Band.of(device, advertised.rssi)
                    if is_wanted(band):
                        return [band]
                    if HEART_RATE_SERVICE in advertised.service_uuids:
                        if not seen and not patient:
                            limit.reschedule(asyncio.get_running_loop().time() + CHOICE_S)
                        seen[band.path] = band
    return sorted(seen.values(), key=lambda band: -band.rssi_dbm)


@contextlib.asynccontextmanager
async def answered(limit_s: float) -> AsyncIterator[None]:
    """Refuse what bluetoothd does not answer in time: its bus would wait for ever.

    Raises:
        SystemMissingError: it did not.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError as error:
        raise SystemMissingError(
            "The Bluetooth service (bluetoothd) does not answer.", "Run `sudo systemctl restart bluetooth`."
        ) from error
