"""The wristband "Isotone HR": the standard Heart Rate service with every quirk that bands on the market show."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable, Sequence

from hardware.emulators.gatt import Characteristic, Peripheral, Service


def uuid_of(short: int) -> str:
    """Full form of a 16-bit UUID of the Bluetooth SIG."""
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


HEART_RATE_SERVICE = uuid_of(0x180D)
HEART_RATE_MEASUREMENT = uuid_of(0x2A37)
BODY_SENSOR_LOCATION = uuid_of(0x2A38)
BATTERY_SERVICE = uuid_of(0x180F)
BATTERY_LEVEL = uuid_of(0x2A19)
WRIST = b"\x02"
RR_PER_FRAME_MAX = 8
"""Intervals that fit beside heart rate and energy into the 20 bytes of the smallest MTU."""


def encode_measurement(
    hr_bpm: int, rr_ms: Sequence[float] = (), contact: bool | None = None, energy_kj: int | None = None
) -> bytes:
    """Payload of 0x2A37. `contact` None: the band does not sense contact. RR goes in steps of 1/1024 s."""
    wide = hr_bpm > 0xFF
    sensed = 0 if contact is None else 0b100 | (contact << 1)
    flags = wide | sensed | ((energy_kj is not None) << 3) | (bool(rr_ms) << 4)
    payload = struct.pack("<BH" if wide else "<BB", flags, hr_bpm)
    if energy_kj is not None:
        payload += struct.pack("<H", energy_kj)
    steps = (min(0xFFFF, round(interval * 1.024)) for interval in rr_ms)
    return payload + b"".join(struct.pack("<H", step) for step in steps)


class HeartRateBand(Peripheral):
    """Notifies once a second what the wearer's heart did since the last time.

    `feed(until_s)` returns the RR intervals (ms) of the beats since the last call, up to `until_s` seconds of the
    band's life, and `is_touched(second)` whether it lies on skin. The attributes `silent`, `contact`, `sends_rr` and
    `confused` are the faults.
    """

    def __init__(
        self,
        feed: Callable[[float], Sequence[float]],
        battery_percent: int = 87,
        name: str = "Isotone HR",
        address: str = "C0:FF:EE:15:07:0E",
        is_touched: Callable[[int], bool] = lambda _second: True,
    ) -> None:
        self.measurement = Characteristic(HEART_RATE_MEASUREMENT, ("notify",))
        location = Characteristic(BODY_SENSOR_LOCATION, ("read",), WRIST)
        self.battery = Characteristic(BATTERY_LEVEL, ("read", "notify"), bytes([battery_percent]))
        services = (
            Service(HEART_RATE_SERVICE, (self.measurement, location)),
            Service(BATTERY_SERVICE, (self.battery,)),
        )
        super().__init__(name, address, services)
        self._feed, self._is_touched = feed, is_touched
        self._recent_ms: list[float] = []
        self._energy_kj = 0.0
        self.silent = False
        """The link stays, no notification comes."""
        self.contact = True
        self.sends_rr = True
        self.confused = False
        """Sends heart rate 0, which means "no clean signal" on some bands."""

    def measure(self, until_s: float) -> None:
        """Take the beats up to `until_s` and notify them."""
        rr_ms = list(self._feed(until_s))[-RR_PER_FRAME_MAX:]
        self._recent_ms = (self._recent_ms + rr_ms)[-5:]
        self._energy_kj += 0.005 * len(rr_ms)
        if not self.silent:
            self.notify(self.measurement, self._payload(rr_ms, contact=self.contact and self._is_touched(int(until_s))))

    def _payload(self, rr_ms: Sequence[float], *, contact: bool) -> bytes:
        if self.confused or not contact or not self._recent_ms:
            return encode_measurement(0, contact=contact)
        hr_bpm = round(60_000 * len(self._recent_ms) / sum(self._recent_ms))
        return encode_measurement(hr_bpm, rr_ms if self.sends_rr else (), contact, int(self._energy_kj))

    async def run(self, period_s: float = 1.0) -> None:
        """Measure in real time until cancelled."""
        began_s = time.monotonic()
        tick = 0
        while True:
            tick += 1
            await asyncio.sleep(max(0.0, began_s + tick * period_s - time.monotonic()))
            self.measure(tick * period_s)
