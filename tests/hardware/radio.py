"""A private bus with an emulated BlueZ and a worn band, for tests on either side of it."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hardware.emulators.bluez import EmulatedBluez
from hardware.emulators.private_bus import PrivateBus
from hardware.emulators.wristband import HeartRateBand

needs_dbus = pytest.mark.skipif(
    not (shutil.which("dbus-daemon") and shutil.which("setpriv")), reason="needs dbus-daemon and setpriv"
)


class Radio(NamedTuple):
    bus: PrivateBus
    bluez: EmulatedBluez
    band: HeartRateBand


@contextlib.asynccontextmanager
async def radio(folder: Path, rr_ms: tuple[float, ...] = (800.0, 810.0)) -> AsyncIterator[Radio]:
    """A band whose wearer's heart beats about `rr_ms` between any two measurements, never twice quite the same.

    `band.measure` is the test's to call.
    """
    bus = PrivateBus(folder)
    ticks = itertools.count()

    def feed(_until_s: float) -> tuple[float, ...]:
        later_ms = 7 * next(ticks) % 31
        return tuple(interval + later_ms for interval in rr_ms)

    band = HeartRateBand(feed)
    bluez = EmulatedBluez(bus.bus_address, band)
    await bus.start()
    await bluez.start()
    try:
        yield Radio(bus, bluez, band)
    finally:
        await bluez.stop()
        await bus.stop()
