"""What an adapter, a peripheral and its GATT table look like as D-Bus objects of BlueZ."""

from __future__ import annotations

from dbus_fast import Variant

from hardware.emulators.gatt import Characteristic, Peripheral, Service

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
ADAPTER_PATH = "/org/bluez/hci0"

Properties = dict[str, Variant]
Interfaces = dict[str, Properties]


def describe_adapter(*, powered: bool, discovering: bool) -> Interfaces:
    properties = {
        "Address": Variant("s", "00:00:5E:00:53:01"),
        "Powered": Variant("b", powered),
        "Discovering": Variant("b", discovering),
        "Roles": Variant("as", ["central"]),
    }
    return {ADAPTER: properties}


def describe_device(peripheral: Peripheral, *, linked: bool) -> Interfaces:
    """The peripheral as its advertisement shows it, and once it is linked with all its services."""
    flags = dict.fromkeys(("Paired", "Trusted", "Blocked", "LegacyPairing"), Variant("b", False))
    link = dict.fromkeys(("Connected", "ServicesResolved"), Variant("b", linked))
    uuids = [service.uuid for service in peripheral.services] if linked else list(peripheral.offered)
    texts = {
        "Address": peripheral.address,
        "AddressType": peripheral.address_type,
        "Name": peripheral.name,
        "Alias": peripheral.name,
    }
    properties = {
        **{key: Variant("s", text) for key, text in texts.items()},
        "Adapter": Variant("o", ADAPTER_PATH),
        "UUIDs": Variant("as", uuids),
        "RSSI": Variant("n", peripheral.rssi_dbm),
    }
    return {DEVICE: properties | flags | link}


def describe_table(peripheral: Peripheral, device_path: str) -> dict[str, Interfaces]:
    """Its services and characteristics by their paths, a service before what it holds."""
    table: dict[str, Interfaces] = {}
    for service in peripheral.services:
        path = service_path(device_path, service)
        described = {"UUID": Variant("s", service.uuid), "Primary": Variant("b", True)}
        table[path] = {SERVICE: described | {"Device": Variant("o", device_path)}}
        for characteristic in service.characteristics:
            described = {
                "UUID": Variant("s", characteristic.uuid),
                "Service": Variant("o", path),
                "Flags": Variant("as", list(characteristic.flags)),
                "MTU": Variant("q", 247),
            }
            table[f"{path}/char{characteristic.handle:04x}"] = {CHARACTERISTIC: described}
    return table


def service_path(device_path: str, service: Service) -> str:
    return f"{device_path}/service{service.handle:04x}"


def characteristic_path(peripheral: Peripheral, device_path: str, characteristic: Characteristic) -> str:
    service = next(item for item in peripheral.services if characteristic in item.characteristics)
    return f"{service_path(device_path, service)}/char{characteristic.handle:04x}"
