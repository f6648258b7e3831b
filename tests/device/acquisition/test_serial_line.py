from __future__ import annotations

import os
import tty
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from device.acquisition.serial_line import PortMissingError, SerialLine, find_dongle
from device.acquisition.source import InterruptionError
from device.errors import SensorError


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The host's end of a terminal and the name of the device's end."""
    host, device = os.openpty()
    tty.setraw(device)
    yield host, os.ttyname(device)
    os.close(device)
    os.close(host)


def test_bytes_go_both_ways_without_waiting(pty: tuple[int, str]) -> None:
    host, name = pty
    with SerialLine("headset", name, 115200) as line:
        assert line.read() == b""
        os.write(host, b"\xa0\x00\xff")
        assert line.read() == b"\xa0\x00\xff"
        line.write(b"b")
        assert os.read(host, 10) == b"b"


def test_a_second_opening_is_refused(pty: tuple[int, str]) -> None:
    _, name = pty
    with SerialLine("headset", name, 115200), pytest.raises(SensorError, match="in use by another program"):
        SerialLine("headset", name, 115200)
    with SerialLine("headset", name, 115200):
        pass


def test_unplugging_is_an_interruption_on_reading_and_writing() -> None:
    host, device = os.openpty()
    line = SerialLine("headset", os.ttyname(device), 115200)
    os.close(device)
    os.close(host)
    with line:
        for use in (line.read, lambda: line.write(b"b")):
            with pytest.raises(InterruptionError, match="headset was unplugged") as caught:
                use()
            assert caught.value.state == "lost"


def test_a_file_is_no_serial_port(tmp_path: object) -> None:
    with pytest.raises(SensorError, match="cannot be opened"):
        SerialLine("headset", os.devnull, 115200)


def test_a_bare_name_is_looked_for_in_dev() -> None:
    with pytest.raises(PortMissingError, match="port /dev/ttyNONE9 is not there"):
        SerialLine("headset", "ttyNONE9", 115200)


def test_ports_that_are_there_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    modem = SimpleNamespace(device="/dev/ttyACM0", vid=0x1234, pid=1)
    monkeypatch.setattr(list_ports, "comports", lambda: [modem])
    with pytest.raises(PortMissingError, match="serial ports here: /dev/ttyACM0"):
        find_dongle("headset")
    monkeypatch.setattr(list_ports, "comports", list)
    with pytest.raises(PortMissingError, match="no serial port on this machine"):
        find_dongle("headset")


def test_the_dongle_is_found_by_its_usb_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    modem = SimpleNamespace(device="/dev/ttyACM0", vid=0x1234, pid=1)
    dongle = SimpleNamespace(device="/dev/ttyUSB3", vid=0x0403, pid=0x6015)
    monkeypatch.setattr(list_ports, "comports", lambda: [modem, dongle])
    assert find_dongle("headset") == "/dev/ttyUSB3"
