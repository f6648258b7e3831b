"""An emulated org.bluez: adapter hci0 and peripherals, as much of its D-Bus interface as an unchanged bleak uses.

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

from hardware.emulators.bluez_objects import (
    ADAPTER,
    ADAPTER_PATH,
    CHARACTERISTIC,
    DEVICE,
    Interfaces,
    characteristic_path,
    describe_adapter,
    describe_device,
    describe_table,
)
from hardware.emulators.gatt import Characteristic, Event, Notified, Peripheral

OBJECT_MANAGER, PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
ADVERTISING_INTERVAL_S = 0.1


class BluezError(Exception):
    """An error reply `org.bluez.Error.<name>`."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = f"org.bluez.Error.{name}"


class EmulatedBluez:
    """bluetoothd for one peripheral and its `neighbours`, each of which is emulated like the first on the same bus.

    Faults: `busy_scans`, `remove_adapter`, `stop` (the service dies silently), and those of each peripheral.
    """

    def __init__(self, bus_address: str, peripheral: Peripheral) -> None:
        self._bus_address, self._peripheral = bus_address, peripheral
        self._device_path = f"{ADAPTER_PATH}/dev_{peripheral.address.replace(':', '_')}"
        self._bus: Any = None
        self._scan: asyncio.Task[None] | None = None
        self._wanted: frozenset[str] = frozenset()
        self._known = self._linked = False
        self._neighbours: list[EmulatedBluez] = []
        self._listeners: dict[str, set[str]] = {}
        """Path of a characteristic -> bus names of the clients it notifies."""
        self.adapter_present = True
        self.powered = True
        self.busy_scans = 0
        """Number of calls of StartDiscovery that are answered with InProgress."""
        self.deaf = False
        """Whether no call is answered."""
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
        for neighbour in self._neighbours:
            neighbour.join(self._bus)

    def add_neighbour(self, peripheral: Peripheral) -> None:
        """Put another peripheral on the air around the same adapter, before `start` or later."""
        neighbour = EmulatedBluez(self._bus_address, peripheral)
        self._neighbours.append(neighbour)
        neighbour.join(self._bus)

    def join(self, bus: Any) -> None:
        """Appear beside the first peripheral, which answers for all of BlueZ, on its connection to the bus."""
        self._bus = bus
        self._peripheral.on_event = self._on_event

    def resolve(self, identity: str) -> None:
        """Know the true address of a peripheral with a changing one, as after pairing; its object stays."""
        self._peripheral.address = identity
        self._signal_changed(self._device_path, DEVICE, Address=Variant("s", identity))

    async def stop(self) -> None:
        """Leave the bus without a word, as a killed bluetoothd does; the peripherals' links stay up."""
        for one in self._all:
            one.forget()
        if self._bus is not None:
            self._bus.disconnect()
            with contextlib.suppress(Exception):  # The bus may have gone before us.
                await self._bus.wait_for_disconnect()
            self._bus = None

    def forget(self) -> None:
        """Know nothing of the peripheral any more."""
        self.end_scan()
        self._listeners.clear()
        self._known = self._linked = False
        self._peripheral.on_event = lambda _event: None

    def adopt_link(self) -> None:
        """Be connected to the peripheral without any client, as after a client was killed."""
        self._known = self._linked = self._peripheral.connected = True

    def remove_adapter(self) -> None:
        """Pull the Bluetooth adapter out."""
        for one in self._all:
            one.vanish()
        self._signal_removed(ADAPTER_PATH, ADAPTER)
        self.adapter_present = False

    def vanish(self) -> None:
        """Take the peripheral out of all that is known."""
        self.end_scan()
        self.lose_link()
        self._signal_removed(self._device_path, DEVICE)
        self._known = False

    def restore_adapter(self) -> None:
        self.adapter_present = self.powered = True
        self._signal_added(ADAPTER_PATH, self._objects()[ADAPTER_PATH])

    def _handle(self, message: Message) -> Message | bool:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged" and not message.body[2]:
            for one in self._all:
                one.forget_client(message.body[0])
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        if self.deaf:
            return True
        path = message.path or "/"
        return next((one for one in self._neighbours if path.startswith(one.device_path)), self).answer(message)

    def answer(self, message: Message) -> Message | bool:
        """What is replied to a call; True: nothing, ever."""
        method = self._methods.get((message.interface, message.member))
        if method is None or message.path not in {"/", *self._objects()}:
            unknown = "org.freedesktop.DBus.Error.UnknownObject"
            return Message.new_error(message, unknown, f"{message.member} of {message.path} is unknown")
        if message.interface == CHARACTERISTIC and self._characteristic_at(message.path).hangs:
            return True
        try:
            return Message.new_method_return(message, *method(message))
        except BluezError as error:
            return Message.new_error(message, error.name, str(error))

    # What stands on the bus.

    @property
    def device_path(self) -> str:
        return self._device_path

    @property
    def _all(self) -> tuple[EmulatedBluez, ...]:
        return self, *self._neighbours

    def _objects(self) -> dict[str, Interfaces]:
        adapter = describe_adapter(powered=self.powered, discovering=self._scan is not None)
        objects = {ADAPTER_PATH: adapter} if self.adapter_present else {}
        for one in self._all:
            objects |= one.objects()
        return objects

    def objects(self) -> dict[str, Interfaces]:
        """Those of the peripheral."""
        known = {self._device_path: self._device()} if self._known else {}
        return known | (self._table() if self._linked else {})

    def _device(self) -> Interfaces:
        return describe_device(self._peripheral, linked=self._linked)

    def _table(self) -> dict[str, Interfaces]:
        return describe_table(self._peripheral, self._device_path)

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
            self.lose_link()
            return
        path = characteristic_path(self._peripheral, self._device_path, event.characteristic)
        if self._listeners.get(path):
            self._signal_changed(path, CHARACTERISTIC, Value=Variant("ay", event.value))

    def lose_link(self) -> None:
        """Break the link to the peripheral, if there is one."""
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
                for one in self._all:
                    one.end_scan()
                    one.lose_link()
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
        for one in self._all:
            one.begin_scan(self._wanted)
        return "", []

    def _stop_discovery(self, _call: Message) -> tuple[str, list[Any]]:
        if self._scan is None:
            raise BluezError("Failed", "No discovery started")
        for one in self._all:
            one.end_scan()
        return "", []

    def begin_scan(self, wanted: frozenset[str]) -> None:
        """Tell from now on when the peripheral advertises one of the `wanted` services; of none: any."""
        self.end_scan()
        self._wanted = wanted
        self._scan = asyncio.get_running_loop().create_task(self._advertise())

    def end_scan(self) -> None:
        """Look for the peripheral no more."""
        if self._scan is not None:
            self._scan.cancel()
            self._scan = None

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISING_INTERVAL_S)
            if not self._peripheral.discoverable or (
                self._wanted and self._wanted.isdisjoint(self._peripheral.offered)
            ):
                continue
            if self._known:
                self._signal_changed(self._device_path, DEVICE, RSSI=Variant("n", self._peripheral.rssi_dbm))
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
        self.lose_link()
        return "", []

    def _read_value(self, call: Message) -> tuple[str, list[Any]]:
        return "ay", [self._asked(call).value]

    def _start_notify(self, call: Message) -> tuple[str, list[Any]]:
        self._asked(call)
        self._listeners.setdefault(call.path, set()).add(call.sender)
        return "", []

    def _stop_notify(self, call: Message) -> tuple[str, list[Any]]:
        self._listeners.get(call.path, set()).discard(call.sender)
        return "", []

    def _asked(self, call: Message) -> Characteristic:
        asked = self._characteristic_at(call.path)
        if asked.refusal:
            raise BluezError(*asked.refusal)
        return asked

    def forget_client(self, name: str) -> None:
        """A client left the bus: it is notified no more, but the link it made stays."""
        for clients in self._listeners.values():
            clients.discard(name)
