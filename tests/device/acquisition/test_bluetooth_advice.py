"""What bleak and the bus raise, in words that fit the cause and show nothing of Python."""

from __future__ import annotations

import pytest
from bleak import exc
from dbus_fast.errors import DBusFastError
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.bluetooth_advice import explain
from device.errors import IsotoneError, SensorError, SystemMissingError
from tests.device.acquisition.test_bluetooth import band

Reason = exc.BleakBluetoothNotAvailableReason


def dbus(name: str, *body: str) -> exc.BleakDBusError:
    return exc.BleakDBusError(name, list(body))


def bluez(name: str, *body: str) -> exc.BleakDBusError:
    return dbus(f"org.bluez.Error.{name}", *body)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FileNotFoundError(2, "No such file"), SystemMissingError, "no D-Bus"),
        (EOFError(), SystemMissingError, "no D-Bus"),
        (DBusFastError(), SystemMissingError, "no D-Bus"),
        (dbus("org.freedesktop.DBus.Error.ServiceUnknown", "x"), SystemMissingError, "systemctl start bluetooth"),
        (dbus("org.freedesktop.DBus.Error.AccessDenied", "x"), SystemMissingError, "group `bluetooth`"),
        (exc.BleakBluetoothNotAvailableError("x", Reason.POWERED_OFF), SensorError, "bluetoothctl power on"),
        (exc.BleakBluetoothNotAvailableError("x", Reason.NO_BLUETOOTH), SensorError, "no Bluetooth adapter"),
        (bluez("NotReady", "Resource Not Ready"), SensorError, "bluetoothctl power on"),
        (bluez("InProgress", "Operation already in progress"), SensorError, "busy"),
        (bluez("NotPermitted", "Not paired"), SensorError, "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (bluez("AuthenticationFailed", "Authentication Failed"), SensorError, "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (exc.BleakGATTProtocolError(0x0F), SensorError, "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (exc.BleakGATTProtocolError(0x0E), SensorError, "error 0x0E"),
        (bluez("NotPermitted", "Notify acquired"), SensorError, "Another program"),
        (bluez("Failed", "le-connection-abort-by-local"), SensorError, "nearer"),
        (bluez("Failed", "Software caused connection abort"), SensorError, "nearer"),
        (TimeoutError(), SensorError, "nearer"),
        (exc.BleakDeviceNotFoundError("x", "x"), SensorError, "nearer"),
        (exc.BleakCharacteristicNotFoundError("2a37"), SensorError, "offers no heart rate"),
        (bluez("NotConnected", "Not Connected"), SensorError, "broke the connection off"),
        (exc.BleakError("failed to discover services, device disconnected"), SensorError, "broke the connection off"),
        (exc.BleakError("Multiple Characteristics with this UUID"), SensorError, "broke the connection off"),
        (bluez("Failed", "Operation failed"), SensorError, "restart Bluetooth"),
    ],
)
def test_the_advice_fits_the_cause(error: Exception, kind: type[IsotoneError], words: str) -> None:
    refusal = explain(error, band("Strap"))
    assert isinstance(refusal, kind)
    assert words in str(refusal)
    assert ("nearer" in str(refusal)) == (words == "nearer")


@given(st.text(max_size=30), st.text(max_size=60))
def test_whatever_bluetoothd_says_is_not_handed_on(name: str, text: str) -> None:
    refusal = explain(bluez(f"Failed{name}", text), band("Strap"))
    assert refusal.action
    assert "(<" not in str(refusal)
    assert len(str(refusal)) < 250


def test_a_bug_is_not_explained_away() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(ZeroDivisionError())


def test_a_refusal_stays_what_it_is() -> None:
    refusal = SensorError("It is gone.")
    assert explain(refusal) is refusal
