"""A BLE peripheral as a GATT table with events, free of any transport: D-Bus today, a radio tomorrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple


class Characteristic:
    """`value` is what a read returns; what is notified goes by events and never changes it."""

    def __init__(self, uuid: str, flags: tuple[str, ...], value: bytes = b"") -> None:
        self.uuid, self.flags, self.value = uuid, flags, value
        self.handle = 0
        self.refusal: tuple[str, str] | None = None
        """Name and text of the error by which BlueZ answers whatever is asked of it."""
        self.hangs = False
        """Nothing that is asked of it is answered."""


class Service:
    def __init__(self, uuid: str, characteristics: tuple[Characteristic, ...]) -> None:
        self.uuid, self.characteristics = uuid, characteristics
        self.handle = 0


class Notified(NamedTuple):
    characteristic: Characteristic
    value: bytes


class Dropped(NamedTuple):
    """The peripheral broke the link."""


Event = Notified | Dropped


class Peripheral:
    """One peripheral that takes one central at a time.

    `advertising` false means out of reach: it is not found and cannot be connected to. While connected it does not
    advertise either, which is what real ones do.
    """

    def __init__(self, name: str, address: str, services: tuple[Service, ...]) -> None:
        self.name, self.address, self.services = name, address, services
        self.address_type = "random"
        self.advertised: tuple[str, ...] | None = None
        """UUIDs in its advertisement; None: of all its services."""
        self.rssi_dbm = -58
        self.advertising = True
        self.connected = False
        self.on_event: Callable[[Event], None] = lambda _event: None
        for handle, item in enumerate(self._attributes(), start=0x0A):
            item.handle = handle

    def _attributes(self) -> Iterator[Service | Characteristic]:
        for service in self.services:
            yield service
            yield from service.characteristics

    @property
    def offered(self) -> tuple[str, ...]:
        """UUIDs of services that a central knows of before it connects."""
        return tuple(service.uuid for service in self.services) if self.advertised is None else self.advertised

    @property
    def discoverable(self) -> bool:
        return self.advertising and not self.connected

    def notify(self, characteristic: Characteristic, value: bytes) -> None:
        """Send a notification, if anybody is connected."""
        if self.connected:
            self.on_event(Notified(characteristic, value))

    def drop(self) -> None:
        """Break the link, as when the wearer walks out of reach."""
        if self.connected:
            self.connected = False
            self.on_event(Dropped())
