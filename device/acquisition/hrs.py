"""Any wristband or strap with the Bluetooth Heart Rate service (0x180D): pure `decode`, and `HrsSource` over bleak.

Measured facts that shaped it: a killed bluetoothd leaves `is_connected` true and simply stops notifying, hence the data
watchdog; a crashed client leaves the link up, and a connected band does not advertise, hence the look at connected
devices before the scan; bleak tells a missing bus, service and adapter by three unrelated exceptions (`explain`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from device.acquisition.source import Backoff, Emit, InterruptionError, StatusReporter
from device.clock import Clock
from device.config import BluetoothConfig, SourceConfig
from device.errors import IsotoneError, SensorError, SystemMissingError
from device.messages import SampleChunk
from device.modalities import MODALITIES

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.device import BLEDevice

HEART_RATE_SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
HEART_RATE_MEASUREMENT = "00002a37-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
CH_NAMES = MODALITIES["heart"].ch_names
SEARCH_S = 8.0
CONNECT_S = 15.0
SILENCE_NS = 5_000_000_000
WATCH_S = 0.5
MS_PER_RR_STEP = 1000 / 1024
NO_CONTACT = "The wristband streams but feels no skin: tighten it or moisten its electrodes."
SILENT = "The wristband is connected but sends nothing; connecting anew."
STREAMING = "The wristband streams."


class HeartRateMeasurement(NamedTuple):
    """One notification of 0x2A37."""

    hr_bpm: int
    """0: the band has no clean signal."""
    contact: bool | None
    """None: the band does not sense skin contact."""
    energy_kj: int | None
    rr_ms: tuple[float, ...]
    """Intervals between beats, oldest first; may be empty."""


def decode(data: bytes) -> HeartRateMeasurement:
    """Payload of a Heart Rate Measurement (Bluetooth SIG, GATT supplement 3.116).

    Flags: b0 heart rate is u16, b1 contact, b2 contact supported, b3 energy u16 present, b4 RR u16[] in 1/1024 s.

    Raises:
        ValueError: the payload is shorter than its flags say, or ends within a value.
    """
    if not data:
        raise ValueError("empty heart rate measurement")
    flags = data[0]
    layout = ("<H" if flags & 0b1 else "<B") + ("H" if flags & 0b1000 else "")
    head = 1 + struct.calcsize(layout)
    n_rr, torn = divmod(len(data) - head, 2) if flags & 0b10000 else (0, 0)
    if len(data) < head or torn:
        raise ValueError(f"torn heart rate measurement of {len(data)} bytes")
    hr_bpm, *energy_kj = struct.unpack_from(layout, data, 1)
    steps = struct.unpack_from(f"<{n_rr}H", data, head)
    contact = bool(flags & 0b10) if flags & 0b100 else None
    return HeartRateMeasurement(
        hr_bpm, contact, energy_kj[0] if energy_kj else None, tuple(step * MS_PER_RR_STEP for step in steps)
    )


class BeatRows:
    """Turns measurements into SampleChunks: one row per RR interval, or one row without RR."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._n_rows = 0
        self._last_ns = -1

    def chunk(self, measurement: HeartRateMeasurement, now_ns: int) -> SampleChunk:
        """Rows of a notification that came at `now_ns`; NaN without skin contact or a clean signal."""
        trusted = measurement.contact is not False and measurement.hr_bpm > 0
        rr_ms = [interval for interval in measurement.rr_ms if interval > 0] if trusted else []
        times_ns = self._times(rr_ms, now_ns)
        rows = np.full((len(times_ns), len(CH_NAMES)), np.nan, "<f4")
        if trusted:
            rows[:, 0] = measurement.hr_bpm
            rows[: len(rr_ms), 1] = rr_ms
        chunk = SampleChunk(
            t_ns=times_ns[0],
            source=self._source,
            kind="heart",
            sfreq_hz=0.0,
            ch_names=CH_NAMES,
            first_sample=self._n_rows,
            data=rows.tobytes(),
            times_ns=times_ns,
        )
        self._n_rows += len(times_ns)
        return chunk

    def _times(self, rr_ms: Sequence[float], now_ns: int) -> tuple[int, ...]:
        """Beat times counted back from the notification, which carries none; always later than the last."""
        ages_ms = np.cumsum([0.0, *rr_ms[:0:-1]])[::-1]
        times_ns: list[int] = []
        for age_ms in ages_ms.tolist():
            self._last_ns = max(now_ns - round(age_ms * 1e6), self._last_ns + 1)
            times_ns.append(self._last_ns)
        return tuple(times_ns)


class HrsSource:
    """A heart-rate band: found by its service (or by `config.address`), subscribed to, and found again for ever."""

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        self._name, self._address, self._clock = name, config.address.lower(), clock
        self._bluetooth = bluetooth
        self._rows = BeatRows(name)
        self._heard_ns = 0
        self._battery_percent = -1
        self._predecessor = True
        """A process before us may have left its link up. Later bleak may only remember links of a dead bluetoothd."""
        self._link_may_linger = False
        """The last link may be up still, unknown to a new bluetoothd, and keep the band from advertising."""

    async def run(self, emit: Emit) -> None:
        """Emit SampleChunks of kind `heart` and SensorStatus until cancelled."""
        status = StatusReporter(self._name, self._clock, emit)
        backoff = Backoff()
        status.tell("connecting", "Looking for the wristband.")
        while True:
            self._heard_ns = 0
            try:
                await self._listen(emit, status)
            except InterruptionError as error:
                status.tell(error.state, str(error))
            except Exception as error:  # noqa: BLE001 - `explain` re-raises what it does not know
                explained = explain(error)
                status.tell("failed" if isinstance(explained, SystemMissingError) else "lost", str(explained))
            if self._heard_ns:
                backoff.reset()
            await asyncio.sleep(backoff.next_s())

    async def probe(self) -> None:
        """Find the band without connecting to it.

        Raises:
            SystemMissingError: no D-Bus, or no bluetoothd on it.
            SensorError: no adapter, adapter off or busy, band not found.
        """
        try:
            await self._find()
        except Exception as error:
            raise explain(error) from error

    async def _find(self) -> BLEDevice:
        self._choose_bus()
        from bleak import BleakAdapter, BleakScanner  # noqa: PLC0415 - reads the bus address

        bluez = self._bluez()
        if self._predecessor:
            adapter = await BleakAdapter.get(bluez=bluez)
            for device in filter(self._is_wanted, await adapter.get_connected_devices([HEART_RATE_SERVICE])):
                return device
        found = await BleakScanner.find_device_by_filter(
            lambda device, _advertised: self._is_wanted(device),
            timeout=SEARCH_S,
            service_uuids=[HEART_RATE_SERVICE],
            bluez=bluez,
        )
        if found is None:
            await self._free_link()
            wanted = f"The wristband {self._address}" if self._address else "A wristband with heart rate"
            raise InterruptionError(
                "lost",
                f"{wanted} was not found over Bluetooth.",
                "Put it on, switch it on and bring it near; some bands must be set to broadcast heart rate.",
            )
        return found

    async def _free_link(self) -> None:
        if self._link_may_linger:
            from device.acquisition.adapter_power import cycle_power  # noqa: PLC0415 - reads the bus address

            self._link_may_linger = False
            await cycle_power(self._bluetooth.adapter or "hci0")

    def _choose_bus(self) -> None:
        if self._bluetooth.dbus_address:
            os.environ.setdefault("DBUS_SYSTEM_BUS_ADDRESS", self._bluetooth.dbus_address)
        # bleak warns when bluetoothctl is absent, which nobody here needs.
        logging.getLogger("bleak.backends.bluezdbus.version").setLevel(logging.ERROR)

    def _bluez(self) -> dict[str, str]:
        return {"adapter": self._bluetooth.adapter} if self._bluetooth.adapter else {}

    def _is_wanted(self, device: BLEDevice) -> bool:
        return not self._address or device.address.lower() == self._address

    async def _listen(self, emit: Emit, status: StatusReporter) -> None:
        """Connect, subscribe and stay; raises InterruptionError once the data end."""
        device = await self._find()
        self._predecessor = False
        from bleak import BleakClient  # noqa: PLC0415 - reads the bus address

        dropped = asyncio.Event()
        bluez = self._bluez()
        async with BleakClient(
            device, disconnected_callback=lambda _client: dropped.set(), timeout=CONNECT_S, bluez=bluez
        ) as client:
            self._link_may_linger = True
            self._battery_percent = await self._read_battery(client)
            self._heard_ns = self._clock.now_ns()
            await client.start_notify(
                HEART_RATE_MEASUREMENT, lambda _sender, data: self._take(bytes(data), emit, status)
            )
            await self._watch(dropped, status)

    async def _read_battery(self, client: BleakClient) -> int:
        if client.services.get_characteristic(BATTERY_LEVEL) is None:
            return -1
        value = await client.read_gatt_char(BATTERY_LEVEL)
        return min(100, value[0]) if value else -1

    def _take(self, data: bytes, emit: Emit, status: StatusReporter) -> None:
        try:
            measurement = decode(data)
        except ValueError:
            return  # A torn notification is no data: the watchdog speaks if nothing better comes.
        self._heard_ns = self._clock.now_ns()
        emit(self._rows.chunk(measurement, self._heard_ns))
        sentence = NO_CONTACT if measurement.contact is False else STREAMING
        status.tell("streaming", sentence, self._battery_percent)

    async def _watch(self, dropped: asyncio.Event, status: StatusReporter) -> None:
        while not dropped.is_set():
            try:
                await asyncio.wait_for(dropped.wait(), WATCH_S)
            except TimeoutError:
                if self._clock.now_ns() - self._heard_ns > SILENCE_NS:
                    # Told before the disconnect, which may take seconds on a dead link.
                    status.tell("silent", SILENT)
                    raise InterruptionError("silent", SILENT) from None
        raise InterruptionError("lost", "The wristband dropped the connection; looking for it again.")


def explain(error: Exception) -> IsotoneError:
    """What an exception of bleak, dbus-fast or the socket below means to a person; re-raises what it does not know."""
    from bleak import exc  # noqa: PLC0415 - see `_find`
    from dbus_fast.errors import DBusFastError  # noqa: PLC0415

    if isinstance(error, IsotoneError):
        return error
    if isinstance(error, exc.BleakBluetoothNotAvailableError):
        return _explain_adapter(error.reason is exc.BleakBluetoothNotAvailableReason.POWERED_OFF)
    if isinstance(error, exc.BleakDBusError):
        return _explain_reply(error.dbus_error)
    if isinstance(error, exc.BleakError) and "adapter" in str(error):
        return _explain_adapter(powered_off=False)
    if isinstance(error, TimeoutError | exc.BleakError):
        return SensorError(f"The wristband did not connect ({error}).".replace(" ()", ""), "Bring it nearer.")
    if isinstance(error, OSError | EOFError | DBusFastError):
        bus = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "/run/dbus/system_bus_socket")
        return SystemMissingError(f"There is no D-Bus at {bus}.", "Start it: `systemctl start dbus`.")
    raise error


def _explain_adapter(powered_off: bool) -> SensorError:
    if powered_off:
        return SensorError("Bluetooth is switched off.", "Switch it on: `bluetoothctl power on`.")
    return SensorError("There is no Bluetooth adapter.", "Plug one in, or mend `bluetooth.adapter` in device.toml.")


def _explain_reply(dbus_error: str) -> IsotoneError:
    short = dbus_error.rpartition(".")[2]
    if short in {"ServiceUnknown", "NameHasNoOwner", "NoReply", "ChildExited", "Disconnected"}:
        return SystemMissingError(
            "The Bluetooth service (bluetoothd) does not run.", "Install `bluez`, then `systemctl start bluetooth`."
        )
    if short == "AccessDenied":
        return SystemMissingError("This user may not use Bluetooth.", "Add the user to the group `bluetooth`.")
    if short == "InProgress":
        return SensorError("Bluetooth is busy with another search.", "It is tried again by itself.")
    return SensorError(f"Bluetooth refused ({short}).", "It is tried again by itself; else restart Bluetooth.")
