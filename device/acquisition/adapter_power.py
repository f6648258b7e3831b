"""Switches the Bluetooth adapter off and on, which bleak cannot: it frees a link that a dead bluetoothd left up.

Measured: after bluetoothd was killed and restarted the kernel's link to the wristband stays, so the wristband does not
advertise and no search finds it until the adapter's power was cycled.
"""

from __future__ import annotations

from typing import Any

from bleak.exc import BleakDBusError
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

BLUEZ = "org.bluez"


async def cycle_power(adapter: str) -> bool:
    """Switch the adapter (`hci0`) off and on; whether it was done: not while any device is connected over it.

    Raises:
        OSError: there is no D-Bus.
    """
    bus: Any = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        if await _is_in_use(bus, f"/org/bluez/{adapter}/"):
            return False
        replies = [await _set_powered(bus, f"/org/bluez/{adapter}", powered=powered) for powered in (False, True)]
        return all(reply.message_type is MessageType.METHOD_RETURN for reply in replies)
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()


async def list_adapters() -> list[str]:
    """Names (`hci0`) of the adapters that BlueZ knows.

    Raises:
        OSError: there is no D-Bus.
        BleakDBusError: there is no bluetoothd on it.
    """
    bus: Any = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        reply = await _managed_objects(bus)
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()
    if reply.message_type is MessageType.ERROR:
        raise BleakDBusError(reply.error_name, reply.body)
    return sorted(path.rpartition("/")[2] for path, item in reply.body[0].items() if "org.bluez.Adapter1" in item)


async def _managed_objects(bus: Any) -> Any:
    return await bus.call(
        Message(
            destination=BLUEZ,
            path="/",
            interface="org.freedesktop.DBus.ObjectManager",
            member="GetManagedObjects",
        )
    )


async def _is_in_use(bus: Any, devices: str) -> bool:
    reply = await _managed_objects(bus)
    objects = reply.body[0] if reply.message_type is MessageType.METHOD_RETURN else {}
    links = (
        item.get("org.bluez.Device1", {}).get("Connected") for path, item in objects.items() if path.startswith(devices)
    )
    return any(link is not None and link.value for link in links)


async def _set_powered(bus: Any, path: str, *, powered: bool) -> Any:
    return await bus.call(
        Message(
            destination=BLUEZ,
            path=path,
            interface="org.freedesktop.DBus.Properties",
            member="Set",
            signature="ssv",
            body=["org.bluez.Adapter1", "Powered", Variant("b", powered)],
        )
    )
