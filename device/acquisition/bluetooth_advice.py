"""Says what an exception of bleak, dbus-fast or the socket below means to a person, and what there is to do about it.

bleak tells a missing bus, a missing service and a missing adapter by three unrelated exceptions, and a band that wants
to be paired by five. "Bring it nearer" is said only where distance can be the cause.
"""

from __future__ import annotations

import os

from device.acquisition.bluetooth import Band
from device.acquisition.source import InterruptionError
from device.errors import IsotoneError, SensorError, SystemMissingError

NO_SERVICE = {"ServiceUnknown", "NameHasNoOwner", "NoReply", "ChildExited", "Disconnected"}
UNPAIRED = {
    "NotPermitted",
    "NotAuthorized",
    "AuthenticationFailed",
    "AuthenticationCanceled",
    "AuthenticationRejected",
    "AuthenticationTimeout",
}
UNPAIRED_CODES = {0x05, 0x08, 0x0C, 0x0F}
"""Errors of ATT: insufficient authentication, authorization, key size, encryption."""
UNREACHED = ("abort", "timeout", "timed out", "host is down", "failed to establish", "page-timeout")
"""Words of a `Failed` connection that distance or interference explains."""
GONE = {"NotConnected", "UnknownObject", "DoesNotExist", "UnknownMethod"}
"""The band went while it was spoken to, or BlueZ forgot it."""


def explain(error: Exception, band: Band | None = None) -> IsotoneError:
    """The refusal that an exception stands for, about `band` where one was spoken to; re-raises what it does not know.

    The band's state is `failed` where only a person can mend it.
    """
    from bleak import exc  # noqa: PLC0415 - reads the bus address
    from dbus_fast.errors import DBusFastError  # noqa: PLC0415

    if isinstance(error, IsotoneError):
        return error
    if isinstance(error, exc.BleakBluetoothNotAvailableError):
        return _explain_adapter(powered_off=error.reason is exc.BleakBluetoothNotAvailableReason.POWERED_OFF)
    if isinstance(error, exc.BleakDBusError):
        return _explain_reply(error.dbus_error, " ".join(map(str, error.args[1:])), band)
    if isinstance(error, exc.BleakGATTProtocolError):
        return _explain_code(int(error.code), band)
    if isinstance(error, TimeoutError | exc.BleakDeviceNotFoundError):
        return _not_reached(band)
    if isinstance(error, exc.BleakCharacteristicNotFoundError):
        return no_heart_rate(band)
    if isinstance(error, exc.BleakError):
        return _explain_adapter(powered_off=False) if "adapter" in str(error) else _broke_off(band)
    if isinstance(error, OSError | EOFError | DBusFastError):
        bus = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "/run/dbus/system_bus_socket")
        return SystemMissingError(f"There is no D-Bus at {bus}.", "Start it: `systemctl start dbus`.")
    raise error


def name(band: Band | None) -> str:
    """The beginning of a sentence about it."""
    return f"The wristband {band}" if band else "The wristband"


def no_heart_rate(band: Band | None) -> InterruptionError:
    return InterruptionError(
        "failed",
        f"{name(band)} offers no heart rate.",
        "Set it to broadcast heart rate, or give the `address` of another in device.toml.",
    )


def wants_pairing(band: Band | None) -> InterruptionError:
    address = band.address if band else "ADDRESS"
    return InterruptionError(
        "failed",
        f"{name(band)} wants to be paired.",
        f"Run `bluetoothctl pair {address}` once and confirm on the band.",
    )


def unanswered(band: Band | None) -> SensorError:
    return SensorError(
        f"{name(band)} was connected but did not answer when it was asked for its heart rate.",
        "It is tried again by itself; if this stays, switch the band off and on.",
    )


def explain_choice(n_others: int) -> str:
    """Why just this band is heard; empty where there was no other."""
    if n_others <= 0:
        return ""
    others = "Another one is" if n_others == 1 else f"{n_others} others are"
    return f"{others} near and not taken; `address` in device.toml names the right one."


def dropped_by(band: Band, *, was_heard: bool) -> InterruptionError:
    """The band hung up, after it `was_heard` or before."""
    if not was_heard:
        return InterruptionError(
            "lost",
            f"{name(band)} dropped the connection before it sent anything.",
            f"End its connection to any phone or watch; if this stays, pair it: `bluetoothctl pair {band.address}`.",
        )
    if not band.changes_address:
        return InterruptionError("lost", f"{name(band)} dropped the connection; looking for it again.")
    return InterruptionError(
        "lost",
        f"{name(band)} dropped the connection and may come back under another address.",
        f"Pair it once, so that it is known again: `bluetoothctl pair {band.address}`.",
    )


def _not_reached(band: Band | None) -> SensorError:
    return SensorError(
        f"{name(band)} was seen but could not be connected.",
        "Bring it nearer, and end its connection to any phone or watch.",
    )


def _broke_off(band: Band | None) -> SensorError:
    return SensorError(
        f"{name(band)} broke the connection off while it was set up.",
        "It is tried again by itself; if this stays, switch the band off and on.",
    )


def _explain_adapter(*, powered_off: bool) -> SensorError:
    if powered_off:
        return SensorError("Bluetooth is switched off.", "Switch it on: `bluetoothctl power on`.")
    return SensorError("There is no Bluetooth adapter.", "Plug one in, or mend `bluetooth.adapter` in device.toml.")


def _explain_code(code: int, band: Band | None) -> SensorError:
    if code in UNPAIRED_CODES:
        return wants_pairing(band)
    return SensorError(
        f"{name(band)} refused to tell its heart rate (Bluetooth error 0x{code:02X}).",
        "It is tried again by itself; if this stays, switch the band off and on.",
    )


def _explain_reply(dbus_error: str, details: str, band: Band | None) -> IsotoneError:
    short = dbus_error.rpartition(".")[2]
    if short in NO_SERVICE:
        return SystemMissingError(
            "The Bluetooth service (bluetoothd) does not run.", "Install `bluez`, then `systemctl start bluetooth`."
        )
    if short == "AccessDenied":
        return SystemMissingError("This user may not use Bluetooth.", "Add the user to the group `bluetooth`.")
    if "acquired" in details:
        return InterruptionError(
            "failed", f"Another program on this machine listens to {band or 'the wristband'}.", "End that program."
        )
    if short in UNPAIRED:
        return wants_pairing(band)
    if short == "InProgress":
        return SensorError("Bluetooth is busy with another search or connection.", "It is tried again by itself.")
    if short == "NotReady":
        return _explain_adapter(powered_off=True)
    if short == "NotSupported":
        return no_heart_rate(band)
    if short in GONE:
        return _broke_off(band)
    if short == "ConnectionAttemptFailed" or any(word in details.lower() for word in UNREACHED):
        return _not_reached(band)
    return SensorError(f"Bluetooth refused ({short}).", "It is tried again by itself; else restart Bluetooth.")
