"""Reads any wristband or strap with the Bluetooth Heart Rate service (0x180D), over bleak.

A session keeps to the band it began with: when that one goes out of reach, another one near is asked about and never
taken, since it may be another person's. What is not needed for the heartbeat (the battery) may fail by itself.

Measured facts that shaped it: a killed bluetoothd leaves `is_connected` true and simply stops notifying, hence the data
watchdog; an unanswered read keeps a band from answering anything else, hence the battery comes after the heart rate.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from device.acquisition.adapter_check import find_adapter
from device.acquisition.bluetooth import Band, choose_bus, list_linked, look_around, parse_address
from device.acquisition.bluetooth_advice import dropped_by, explain, explain_choice, name, no_heart_rate, unanswered
from device.acquisition.hrs_reception import Reception
from device.acquisition.source import Backoff, Check, Emit, InterruptionError, StatusReporter, own_keys
from device.clock import Clock
from device.config import BluetoothConfig, Config, EntryError, SourceConfig
from device.errors import ConfigError, SystemMissingError
from device.messages import Fault

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

HEART_RATE_MEASUREMENT = "00002a37-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
CONNECT_S = 15.0
SUBSCRIBE_S = 10.0
BATTERY_S = 3.0
WATCH_S = 0.5


class AnotherBandError(InterruptionError):
    """The session's band is not there, but `other` is."""

    def __init__(self, sentence: str, action: str, other: Band) -> None:
        super().__init__("lost", sentence, action)
        self.other = other


class HrsConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a heart-rate band in device.toml."""

    address: str = ""
    """Bluetooth address; empty: the listener's own band, else the nearest that offers heart rate."""


class HrsSource:
    """A heart-rate band: the one of `config.address`, else the listener's own (`prefer`), else the nearest.

    Raises:
        ConfigError: the address is none.
    """

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        self._name, self._bluetooth, self._clock = name, bluetooth, clock
        self._preferred = ""
        self._kept = self._title = ""
        """Address of the session's band and what it is called in a sentence; empty: none has been heard yet."""
        self._same: set[str] = set()
        """All addresses and bus names under which that band was seen."""
        self._band: Band | None = None
        """The band that is spoken to."""
        self._choice = ""
        """Why just that one, where others were near."""
        self._asked: set[str] = set()
        """Addresses of others that were asked about."""
        self._reception = Reception(name)
        self._battery_percent = -1
        self._tells_battery = True
        self._predecessor = True
        """A process before us may have left its link up. Later bleak may only remember links of a dead bluetoothd."""
        self._lingering_adapter = ""
        """Adapter whose last link may still be up, unknown to a new bluetoothd: the band then does not advertise."""

        address = _address_of(name, own_keys(name, config, HrsConfig))
        self._is_configured = bool(address)
        self.keep_to(address)

    def checks(self) -> list[Check]:
        """A Bluetooth adapter that works."""
        return [Check("bluetooth", partial(find_adapter, self._bluetooth))]

    def keep_to(self, device: str) -> None:
        """Be the band of this address and no other."""
        if address := parse_address(device):
            self._kept, self._title, self._same = address, f"The wristband {address}", {address}

    def prefer(self, device: str) -> None:
        """Be the band of this address if it is near; what is no address is nobody's."""
        with contextlib.suppress(ConfigError):
            self._preferred = parse_address(device)

    async def run(self, emit: Emit) -> None:
        """Emit SampleChunks of kind `heart` and SensorStatus until cancelled."""
        status = StatusReporter(self._name, self._clock, emit)
        backoff = Backoff()
        status.tell("connecting", "Looking for the wristband.")
        while True:
            self._band = None
            self._reception.begin(self._clock.now_ns())
            try:
                await self._listen(emit, status)
            except Exception as error:  # noqa: BLE001 - `explain` re-raises what it does not know
                self._tell(error, emit, status)
            if self._reception.is_heard:
                backoff.reset()
            await asyncio.sleep(backoff.next_s())

    def _tell(self, error: Exception, emit: Emit, status: StatusReporter) -> None:
        """Say why nothing is heard; a question is also an event of its own, once, since nobody may look now."""
        refusal = explain(error, self._band)
        if isinstance(refusal, InterruptionError):
            status.tell(refusal.state, str(refusal))
        else:
            status.tell("failed" if isinstance(refusal, SystemMissingError) else "lost", str(refusal))
        if isinstance(refusal, AnotherBandError) and refusal.other.address not in self._asked:
            self._asked.add(refusal.other.address)
            sentence, action = refusal.sentence, refusal.action
            t_ns = self._clock.now_ns()
            emit(Fault(t_ns=t_ns, process="sensors", code="another-band", sentence=sentence, action=action))

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

    async def _find(self) -> Band:
        bluez = choose_bus(self._bluetooth)
        if self._predecessor:
            linked = await list_linked(bluez)
            if found := next(filter(self._is_own, linked), None if self._same else next(iter(linked), None)):
                return found
        seen = await look_around(bluez, self._is_own, patient=bool(self._same))
        if seen and (not self._same or self._is_own(seen[0])):
            self._choice = explain_choice(len(seen) - 1)
            return seen[0]
        await self._free_link()
        raise self._not_found(seen)

    def _is_own(self, band: Band) -> bool:
        """Whether it is the session's, or before that is known, the listener's."""
        if self._same:
            return not self._same.isdisjoint({band.address, band.path})
        return band.address == self._preferred

    def _not_found(self, others: list[Band]) -> InterruptionError:
        if not self._same:
            return InterruptionError(
                "lost",
                "A wristband with heart rate was not found over Bluetooth.",
                "Put it on, switch it on and bring it near; some bands must be set to broadcast heart rate, and some "
                "are only found by `address` in device.toml.",
            )
        sentence = f"{self._title} was not found over Bluetooth"
        action = "Put it on, switch it on and bring it near; it must not be connected to a phone or watch."
        if not others:
            return InterruptionError("lost", f"{sentence}.", action)
        way_out = (
            "mend `address` in device.toml" if self._is_configured else "end this session and begin a new one with it"
        )
        return AnotherBandError(
            f"{sentence}. Another one, {others[0]}, is near and is not taken: it may be another person's.",
            f"Bring the first one back. To go on with the other, {way_out}.",
            others[0],
        )

    async def _free_link(self) -> None:
        if self._lingering_adapter:
            from device.acquisition.adapter_power import cycle_power  # noqa: PLC0415 - reads the bus address

            adapter, self._lingering_adapter = self._lingering_adapter, ""
            await cycle_power(adapter)

    async def _listen(self, emit: Emit, status: StatusReporter) -> None:
        """Connect, subscribe and stay; raises InterruptionError once the data end."""
        self._band = band = await self._find()
        self._predecessor = False
        from bleak import BleakClient  # noqa: PLC0415 - reads the bus address

        dropped = asyncio.Event()
        async with BleakClient(
            band.device,
            disconnected_callback=lambda _client: dropped.set(),
            timeout=CONNECT_S,
            bluez=choose_bus(self._bluetooth),
        ) as client:
            self._lingering_adapter = band.adapter
            self._reception.begin(self._clock.now_ns())
            await self._subscribe(client, band, emit, status)
            await self._read_battery(client)
            await self._watch(dropped, band, status)

    async def _subscribe(self, client: BleakClient, band: Band, emit: Emit, status: StatusReporter) -> None:
        """Hear all its characteristics of heart rate (some bands have two): the first that speaks is believed."""
        refusals: list[Exception] = []
        found = _find_all(client, HEART_RATE_MEASUREMENT)

        def take(sender: BleakGATTCharacteristic, data: bytearray) -> None:
            self._take(sender.handle, bytes(data), band, emit, status)

        for characteristic in found:
            try:
                async with asyncio.timeout(SUBSCRIBE_S):
                    await client.start_notify(characteristic, take)
            except TimeoutError:
                refusals.append(unanswered(band))
            except Exception as error:  # noqa: BLE001 - raised below if none can be heard
                refusals.append(error)
        if len(refusals) == len(found):
            raise refusals[0] if refusals else no_heart_rate(band)

    async def _read_battery(self, client: BleakClient) -> None:
        """Ask once for the battery; whatever goes wrong is not worth a heartbeat. One that hung is not asked again."""
        from bleak.exc import BleakError  # noqa: PLC0415 - reads the bus address

        self._battery_percent = -1
        for characteristic in _find_all(client, BATTERY_LEVEL) if self._tells_battery else ():
            try:
                async with asyncio.timeout(BATTERY_S):
                    value = await client.read_gatt_char(characteristic)
            except TimeoutError:
                self._tells_battery = False
                return
            except (BleakError, OSError, EOFError):
                continue
            if value and value[0] <= 100:
                self._battery_percent = value[0]
                return

    def _take(self, handle: int, data: bytes, band: Band, emit: Emit, status: StatusReporter) -> None:
        chunk = self._reception.take(handle, data, self._clock.now_ns())
        if chunk is None:
            return
        self._keep(band)
        status.device = self._kept
        sentence = self._reception.describe(name(band))
        # Told before its beats, so that whoever hears another device does not take them for the last one's.
        status.tell("streaming", f"{sentence} {self._choice}".strip(), self._battery_percent)
        emit(chunk)

    def _keep(self, band: Band) -> None:
        """Stay with this band: for the session there is no other."""
        self._kept, self._title = self._kept or band.address, name(band)
        self._same |= {band.address, band.path}

    async def _watch(self, dropped: asyncio.Event, band: Band, status: StatusReporter) -> None:
        while not dropped.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(dropped.wait(), WATCH_S)
            if not dropped.is_set() and self._reception.is_silent(self._clock.now_ns()):
                silence = InterruptionError("silent", *self._reception.describe_silence(name(band)))
                # Told before the disconnect, which may take seconds on a dead link.
                status.tell(silence.state, str(silence))
                raise silence
        raise dropped_by(band, was_heard=self._reception.is_heard)


def _find_all(client: BleakClient, uuid: str) -> list[BleakGATTCharacteristic]:
    found = (item for item in client.services.characteristics.values() if item.uuid == uuid)
    return sorted(found, key=lambda item: item.handle)


def _address_of(name: str, own: HrsConfig) -> str:
    try:
        return parse_address(own.address)
    except ConfigError as error:
        problem = f"is `{own.address}`, and that is no Bluetooth address"
        raise EntryError(["sources", name], "address", problem, error.action) from error
