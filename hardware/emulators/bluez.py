"""An emulated org.bluez: adapter hci0 and one peripheral, as much of its D-Bus interface as an unchanged bleak uses.

Real BlueZ needs a kernel with Bluetooth; this needs a private bus. Order of signals and quirks follow bluetoothd 5.66:
objects of services appear between `Connected` and `ServicesResolved`; a link outlives the client that made it, and even
bluetoothd, which then knows nothing of it until the adapter is switched off and on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from hardware.emulators.gatt import Characteristic, Event, Notified, Peripheral, Service

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
OBJECT_MANAGER, PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
ADAPTER_PATH = "/org/bluez/hci0"
ADVERTISING_INTERVAL_S = 0.1

Properties = dict[str, Variant]
Interfaces = dict[str, Properties]


class BluezError(Exception):
    """An error reply `org.bluez.Error.<name>`."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = f"org.bluez.Error.{name}"


class EmulatedBluez:
    """bluetoothd for one peripheral. Faults: `busy_scans`, `remove_adapter`, `stop` (the service dies silently)."""

    def __init__(self, bus_address: str, peripheral: Peripheral) -> None:
        self._bus_address, self._peripheral = bus_address, peripheral
        self._device_path = f"{ADAPTER_PATH}/dev_{peripheral.address.replace(':', '_')}"
        self._bus: Any = None
        self._scan: asyncio.Task[None] | None = None
        self._wanted: frozenset[str] = frozenset()
        self._known = self._linked = False
        self._listeners: dict[str, set[str]] = {}
        """Path of a characteristic -> bus names of the clients it notifies."""
        self.adapter_present = True
        self.powered = True
        self.busy_scans = 0
        """So many calls of StartDiscovery are answered with InProgress."""
        self._methods: dict[tuple[str, str], Callable[[Message], tuple[str, list[Any]]]] = {
            (OBJECT_MANAGER, "GetManagedObjects"): lambda _call: ("a{oa{sa{sv}}}", [self._objects()]),
            (PROPERTIES, "Set"): self._set_property,
            (ADAPTER, "SetDiscoveryFilter"): self._set_filter,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (DEVICE, "Connect"): self._connect,
            (DEVICE, "Disconnect"): self._disconnect,
            (CHARACTERISTIC, "ReadValue"): self._read_value,
            (CHARACTERISTIC, "StartNotify"): self._start_notify,
            (CHARACTERISTIC, "StopNotify"): self._stop_notify,
        }

    async def start(self) -> None:
        self._bus = await MessageBus(bus_address=self._bus_address).connect()
        self._bus.add_message_handler(self._handle)
        await self._bus.request_name("org.bluez")
        watch = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[watch],
            )
        )
        self._peripheral.on_event = self._on_event

    async def stop(self) -> None:
        """Leave the bus without a word, as a killed bluetoothd does; the peripheral's link stays up."""
        self._end_scan()
        self._listeners.clear()
        self._known = self._linked = False
        self._peripheral.on_event = lambda _event: None
        if self._bus is not None:
            self._bus.disconnect()
            with contextlib.suppress(Exception):  # The bus may have gone before us.
                await self._bus.wait_for_disconnect()
            self._bus = None

    def adopt_link(self) -> None:
        """Be connected to the peripheral without any client, as after a client was killed."""
        self._known = self._linked = self._peripheral.connected = True

    def remove_adapter(self) -> None:
        """Pull the Bluetooth adapter out."""
        self._lose_link()
        self._end_scan()
        self._signal_removed(self._device_path, DEVICE)
        self._signal_removed(ADAPTER_PATH, ADAPTER)
        self._known = self.adapter_present = False

    def restore_adapter(self) -> None:
        self.adapter_present = self.powered = True
        self._signal_added(ADAPTER_PATH, self._adapter())

    def _handle(self, message: Message) -> Message | bool:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            self._forget_client(*message.body)
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        method = self._methods.get((message.interface, message.member))
        if method is None or message.path not in {"/", *self._objects()}:
            unknown = "org.freedesktop.DBus.Error.UnknownObject"
            return Message.new_error(message, unknown, f"{message.member} of {message.path} is unknown")
        try:
            return Message.new_method_return(message, *method(message))
        except BluezError as error:
            return Message.new_error(message, error.name, str(error))

    # What stands on the bus.

    def _objects(self) -> dict[str, Interfaces]:
        objects = {}
        if self.adapter_present:
            objects[ADAPTER_PATH] = self._adapter()
        if self._known:
            objects[self._device_path] = self._device()
        return objects | (self._table() if self._linked else {})

    def _adapter(self) -> Interfaces:
        properties = {
            "Address": Variant("s", "00:00:5E:00:53:01"),
            "Powered": Variant("b", self.powered),
            "Discovering": Variant("b", self._scan is not None),
            "Roles": Variant("as", ["central"]),
        }
        return {ADAPTER: properties}

    def _device(self) -> Interfaces:
        peripheral = self._peripheral
        flags = dict.fromkeys(("Paired", "Trusted", "Blocked", "LegacyPairing"), Variant("b", False))
        link = dict.fromkeys(("Connected", "ServicesResolved"), Variant("b", self._linked))
        names = {"Address": peripheral.address, "Name": peripheral.name, "Alias": peripheral.name}
        properties = {
            **{key: Variant("s", text) for key, text in names.items()},
            "Adapter": Variant("o", ADAPTER_PATH),
            "UUIDs": Variant("as", [service.uuid for service in peripheral.services]),
            "RSSI": Variant("n", -58),
        }
        return {DEVICE: properties | flags | link}

    def _table(self) -> dict[str, Interfaces]:
        table: dict[str, Interfaces] = {}
        for service in self._peripheral.services:
            path = self._service_path(service)
            described = {"UUID": Variant("s", service.uuid), "Primary": Variant("b", True)}
            table[path] = {SERVICE: described | {"Device": Variant("o", self._device_path)}}
            for characteristic in service.characteristics:
                described = {
                    "UUID": Variant("s", characteristic.uuid),
                    "Service": Variant("o", path),
                    "Flags": Variant("as", list(characteristic.flags)),
                    "MTU": Variant("q", 247),
                }
                table[f"{path}/char{characteristic.handle:04x}"] = {CHARACTERISTIC: described}
        return table

    def _service_path(self, service: Service) -> str:
        return f"{self._device_path}/service{service.handle:04x}"

    def _path_of(self, characteristic: Characteristic) -> str:
        service = next(item for item in self._peripheral.services if characteristic in item.characteristics)
        return f"{self._service_path(service)}/char{characteristic.handle:04x}"

    def _characteristic_at(self, path: str) -> Characteristic:
        handle = int(path[-4:], 16)
        every = (item for service in self._peripheral.services for item in service.characteristics)
        return next(item for item in every if item.handle == handle)

    # What is said on the bus.

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None and self._bus.connected:
            self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _signal_added(self, path: str, interfaces: Interfaces) -> None:
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _signal_removed(self, path: str, interface: str) -> None:
        self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, [interface]])

    def _signal_changed(self, path: str, interface: str, **changed: Variant) -> None:
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []])

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, Notified):
            self._lose_link()
            return
        path = self._path_of(event.characteristic)
        if self._listeners.get(path):
            self._signal_changed(path, CHARACTERISTIC, Value=Variant("ay", event.value))

    def _lose_link(self) -> None:
        was_linked, self._linked = self._linked, False
        self._peripheral.connected = False
        self._listeners.clear()
        if was_linked:
            self._signal_changed(self._device_path, DEVICE, ServicesResolved=Variant("b", False))
            for path, interfaces in reversed(self._table().items()):
                self._signal_removed(path, next(iter(interfaces)))
            self._signal_changed(self._device_path, DEVICE, Connected=Variant("b", False))

    # What clients call.

    def _set_property(self, call: Message) -> tuple[str, list[Any]]:
        if call.body[:2] == [ADAPTER, "Powered"]:
            self.powered = call.body[2].value
            if not self.powered:
                self._lose_link()
                self._end_scan()
            self._signal_changed(ADAPTER_PATH, ADAPTER, Powered=Variant("b", self.powered))
        return "", []

    def _set_filter(self, call: Message) -> tuple[str, list[Any]]:
        uuids = call.body[0].get("UUIDs")
        self._wanted = frozenset(uuids.value if uuids else ())
        return "", []

    def _start_discovery(self, _call: Message) -> tuple[str, list[Any]]:
        if self.busy_scans:
            self.busy_scans -= 1
            raise BluezError("InProgress", "Operation already in progress")
        if not self.powered:
            raise BluezError("NotReady", "Resource Not Ready")
        self._end_scan()
        self._scan = asyncio.get_running_loop().create_task(self._advertise())
        return "", []

    def _stop_discovery(self, _call: Message) -> tuple[str, list[Any]]:
        if self._scan is None:
            raise BluezError("Failed", "No discovery started")
        self._end_scan()
        return "", []

    def _end_scan(self) -> None:
        if self._scan is not None:
            self._scan.cancel()
            self._scan = None

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISING_INTERVAL_S)
            offered = {service.uuid for service in self._peripheral.services}
            if not self._peripheral.discoverable or (self._wanted and not self._wanted & offered):
                continue
            if self._known:
                self._signal_changed(self._device_path, DEVICE, RSSI=Variant("n", -58))
            else:
                self._known = True
                self._signal_added(self._device_path, self._device())

    def _connect(self, _call: Message) -> tuple[str, list[Any]]:
        if not self._linked and not self._peripheral.discoverable:
            raise BluezError("Failed", "Software caused connection abort")
        self._linked = self._peripheral.connected = True
        self._signal_changed(self._device_path, DEVICE, Connected=Variant("b", True))
        for path, interfaces in self._table().items():
            self._signal_added(path, interfaces)
        self._signal_changed(self._device_path, DEVICE, ServicesResolved=Variant("b", True))
        return "", []

    def _disconnect(self, _call: Message) -> tuple[str, list[Any]]:
        self._lose_link()
        return "", []

    def _read_value(self, call: Message) -> tuple[str, list[Any]]:
        return "ay", [self._characteristic_at(call.path).value]

    def _start_notify(self, call: Message) -> tuple[str, list[Any]]:
        self._listeners.setdefault(call.path, set()).add(call.sender)
        return "", []

    def _stop_notify(self, call: Message) -> tuple[str, list[Any]]:
        self._listeners.get(call.path, set()).discard(call.sender)
        return "", []

    def _forget_client(self, name: str, _old_owner: str, new_owner: str) -> None:
        """A client left the bus: it is notified no more, but the link it made stays."""
        if not new_owner:
            for clients in self._listeners.values():
                clients.discard(name)
