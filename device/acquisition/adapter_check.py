"""Checks what every Bluetooth sensor asks of the machine: a bus, a Bluetooth service on it and an adapter."""

from __future__ import annotations

import asyncio

from device.acquisition.bluetooth import choose_bus
from device.acquisition.bluetooth_advice import explain
from device.config import BluetoothConfig
from device.errors import SensorError, SystemMissingError

BUS_TIMEOUT_S = 5.0


def find_adapter(bluetooth: BluetoothConfig) -> str:
    """Ask BlueZ for its adapters on the bus that the sensors will use; says which there are.

    Raises:
        SystemMissingError: no D-Bus, or no Bluetooth service that answers on it.
        SensorError: the adapter is not there.
    """
    choose_bus(bluetooth)
    try:
        adapters = asyncio.run(_list_adapters())
    except TimeoutError as error:
        raise SystemMissingError(
            "The Bluetooth service does not answer.", "Run `sudo systemctl restart bluetooth`."
        ) from error
    except Exception as error:
        raise explain(error) from error
    wanted = bluetooth.adapter
    if not adapters or (wanted and wanted not in adapters):
        found = f"there are: {', '.join(adapters)}" if adapters else "there is none at all"
        raise SensorError(
            f"There is no Bluetooth adapter{f' `{wanted}`' if wanted else ''}; {found}.",
            "Plug one in and run `sudo rfkill unblock bluetooth`, or mend `bluetooth.adapter` in device.toml.",
        )
    return f"Adapter {', '.join(adapters)}."


async def _list_adapters() -> list[str]:
    from device.acquisition.adapter_power import list_adapters  # noqa: PLC0415 - reads the bus address

    return await asyncio.wait_for(list_adapters(), BUS_TIMEOUT_S)
