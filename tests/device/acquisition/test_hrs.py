"""The heart-rate source with the unchanged bleak on an emulated BlueZ: which band it takes, and what it says of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from device.acquisition import bluetooth, hrs, hrs_reception
from device.acquisition.hrs import HrsSource
from device.clock import SystemClock
from device.config import BluetoothConfig, SourceConfig
from device.errors import ConfigError, IsotoneError, SensorError, SystemMissingError
from hardware.emulators.gatt import Characteristic, Service
from hardware.emulators.wristband import (
    BATTERY_LEVEL,
    BATTERY_SERVICE,
    HEART_RATE_MEASUREMENT,
    HEART_RATE_SERVICE,
    HeartRateBand,
    encode_measurement,
)
from tests.device.acquisition.listener import Listener, rows_of, running
from tests.hardware.radio import Radio, needs_dbus, radio


class Scene(NamedTuple):
    radio: Radio
    listener: Listener

    async def until_rows(self, n_chunks: int) -> None:
        target = len(self.listener.chunks) + n_chunks
        await self.listener.until(lambda: len(self.listener.chunks) >= target)


def source_on(dbus_address: str, address: str = "") -> HrsSource:
    bus = BluetoothConfig(dbus_address=dbus_address)
    return HrsSource("wrist", SourceConfig(type="hrs", address=address), bus, SystemClock())


@contextlib.asynccontextmanager
async def beating(*bands: HeartRateBand) -> AsyncIterator[None]:
    """These bands measure ten times a second."""
    lives = [asyncio.create_task(band.run(0.1)) for band in bands]
    try:
        yield
    finally:
        for life in lives:
            life.cancel()


@contextlib.asynccontextmanager
async def worn(
    folder: Path, prepare: Callable[[Radio], object] = lambda _parts: None, address: str = ""
) -> AsyncIterator[Scene]:
    """A source that runs beside a band that measures ten times a second, after `prepare` changed the scene."""
    async with radio(folder) as parts:
        prepare(parts)
        source = source_on(parts.bus.bus_address, address)
        async with running(source) as listener, beating(parts.band):
            yield Scene(parts, listener)


def heard(folder: Path, prepare: Callable[[Radio], object], address: str = "", n_chunks: int = 3) -> Listener:
    """What is heard of the first chunks of such a scene."""

    async def scene() -> Listener:
        async with worn(folder, prepare, address) as worn_band:
            await worn_band.until_rows(n_chunks)
            return worn_band.listener

    return asyncio.run(scene())


def told(folder: Path, prepare: Callable[[Radio], object], words: str) -> Listener:
    """What is heard until the status says `words`."""

    async def scene() -> Listener:
        async with worn(folder, prepare) as worn_band:
            await worn_band.listener.until(lambda: words in worn_band.listener.sentence)
            return worn_band.listener

    return asyncio.run(scene())


@pytest.fixture(autouse=True)
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source sets the bus address of its process only where none is set: forget the last test's."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS")
    monkeypatch.setattr(bluetooth, "CHOICE_S", 0.3)


@needs_dbus
def test_it_finds_the_band_and_streams_beats_and_battery(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(3)
            return worn_band.listener

    listener = asyncio.run(scene())
    assert set(listener.states) == {"connecting", "streaming"}
    assert listener.statuses[-1].battery_percent == 87
    assert listener.statuses[-1].device == "C0:FF:EE:15:07:0E"
    assert "Isotone HR (C0:FF:EE:15:07:0E) streams" in listener.sentence
    assert rows_of(listener.chunks[0])[0].tolist() == pytest.approx([74, 815], rel=0.03)


@needs_dbus
def test_it_comes_back_after_a_drop_and_numbers_on(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(2)
            worn_band.radio.band.drop()
            await worn_band.listener.until(lambda: worn_band.listener.states[-1] == "lost")
            await worn_band.until_rows(2)
            return worn_band.listener

    listener = asyncio.run(scene())
    assert listener.states == ["connecting", "streaming", "lost", "streaming"]
    numbers = [chunk.first_sample for chunk in listener.chunks]
    assert numbers == list(range(0, 2 * len(numbers), 2))


@needs_dbus
def test_a_silent_band_is_told_and_connected_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hrs_reception, "SILENCE_NS", 500_000_000)

    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(2)
            worn_band.radio.band.silent = True
            await worn_band.listener.until(lambda: worn_band.listener.states[-1] == "silent")
            worn_band.radio.band.silent = False
            await worn_band.until_rows(2)
            return worn_band.listener

    assert asyncio.run(scene()).states == ["connecting", "streaming", "silent", "streaming"]


@needs_dbus
def test_a_killed_bluetoothd_is_noticed_by_the_missing_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hrs_reception, "SILENCE_NS", 500_000_000)
    monkeypatch.setattr(bluetooth, "SEARCH_S", 1.0)

    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(2)
            await worn_band.radio.bluez.stop()
            await worn_band.listener.until(lambda: worn_band.listener.states[-1] == "failed")
            assert "bluetoothd" in worn_band.listener.sentence
            await worn_band.radio.bluez.start()
            # The band still believes in its link and does not advertise: the adapter has to be switched off and on.
            assert worn_band.radio.band.connected
            await worn_band.until_rows(2)
            return worn_band.listener

    assert asyncio.run(scene()).states == ["connecting", "streaming", "silent", "failed", "lost", "streaming"]


@needs_dbus
def test_it_survives_the_loss_of_the_bus(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(2)
            await worn_band.radio.bluez.stop()
            await worn_band.radio.bus.stop()
            await worn_band.listener.until(lambda: worn_band.listener.states[-1] == "failed")
            assert "D-Bus" in worn_band.listener.sentence
            await worn_band.radio.bus.start()
            await worn_band.radio.bluez.start()
            worn_band.radio.band.drop()
            await worn_band.until_rows(2)
            return worn_band.listener

    assert asyncio.run(scene()).states[-1] == "streaming"


@needs_dbus
def test_a_busy_adapter_is_tried_again(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts:
            parts.bluez.busy_scans = 2
            async with running(source_on(parts.bus.bus_address)) as listener:
                await listener.until(lambda: parts.band.connected)
                return listener

    listener = asyncio.run(scene())
    assert "busy" in listener.sentence


@needs_dbus
def test_the_link_of_a_crashed_process_is_taken_over(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            # What a killed client leaves: a link that stays, so that the band does not advertise.
            worn_band.radio.bluez.adopt_link()
            await worn_band.until_rows(2)
            return worn_band.listener

    assert asyncio.run(scene()).states == ["connecting", "streaming"]


@needs_dbus
def test_lost_contact_is_said(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(1)
            worn_band.radio.band.contact = False
            await worn_band.listener.until(lambda: "skin" in worn_band.listener.sentence)
            worn_band.radio.band.contact = True
            await worn_band.listener.until(lambda: worn_band.listener.sentence.endswith("streams."))
            return worn_band.listener

    assert set(asyncio.run(scene()).states[1:]) == {"streaming"}


async def refusal_of(source: HrsSource) -> IsotoneError:
    with pytest.raises((SensorError, SystemMissingError)) as refusal:
        await source.probe()
    return refusal.value


@needs_dbus
@pytest.mark.parametrize(
    ("case", "kind", "words"),
    [
        ("no bus", SystemMissingError, "D-Bus"),
        ("no service", SystemMissingError, "bluetoothd"),
        ("no adapter", SensorError, "adapter"),
        ("adapter off", SensorError, "switched off"),
        ("no band", SensorError, "not found"),
        ("other band", SensorError, "00:11:22:33:44:55"),
        ("busy", SensorError, "busy"),
        ("deaf service", SystemMissingError, "does not answer"),
    ],
)
def test_probe_says_what_is_missing(
    case: str, kind: type[Exception], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluetooth, "SEARCH_S", 0.5)
    monkeypatch.setattr(bluetooth, "ANSWER_S", 1.0)

    async def scene() -> IsotoneError:
        async with radio(tmp_path) as (bus, bluez, band):
            if case in {"no bus", "no service"}:
                await bluez.stop()
            if case == "no bus":
                await bus.stop()
            if case == "no adapter":
                bluez.remove_adapter()
            bluez.powered = case != "adapter off"
            band.advertising = case != "no band"
            bluez.busy_scans = case == "busy"
            bluez.deaf = case == "deaf service"
            address = "00:11:22:33:44:55" if case == "other band" else ""
            return await refusal_of(source_on(bus.bus_address, address=address))

    refusal = asyncio.run(scene())
    assert isinstance(refusal, kind)
    assert words in refusal.sentence
    assert refusal.action


@needs_dbus
def test_probe_is_content_with_a_band_in_reach(tmp_path: Path) -> None:
    async def scene() -> None:
        async with radio(tmp_path) as parts:
            await source_on(parts.bus.bus_address, address=parts.band.address.lower()).probe()

    asyncio.run(scene())


# --- what is not needed may fail


def refuse_battery(parts: Radio) -> None:
    parts.band.battery.refusal = ("NotPermitted", "Read not permitted")


def hang_battery(parts: Radio) -> None:
    parts.band.battery.hangs = True


def blur_battery(parts: Radio) -> None:
    parts.band.battery.value = b"\xff"


def empty_battery(parts: Radio) -> None:
    parts.band.battery.value = b""


def add_service(band: HeartRateBand, uuid: str, characteristic: Characteristic) -> Characteristic:
    """Give the band another service, in front of its own: the lower handle."""
    band.services = (Service(uuid, (characteristic,)), *band.services)
    band.services[0].handle, characteristic.handle = 0x01, 0x02
    return characteristic


@needs_dbus
@pytest.mark.parametrize("fault", [refuse_battery, hang_battery, blur_battery, empty_battery])
def test_no_fault_of_the_battery_costs_a_heartbeat(fault: Callable[[Radio], None], tmp_path: Path) -> None:
    listener = heard(tmp_path, fault)
    assert set(listener.states) == {"connecting", "streaming"}
    assert listener.statuses[-1].battery_percent == -1
    assert rows_of(listener.chunks[0])[0].tolist() == pytest.approx([74, 815], rel=0.03)


@needs_dbus
def test_a_battery_that_hung_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hrs, "BATTERY_S", 0.3)

    async def scene() -> Listener:
        async with worn(tmp_path, hang_battery) as worn_band:
            await worn_band.until_rows(8)
            worn_band.radio.band.battery.hangs = False
            worn_band.radio.band.drop()
            await worn_band.listener.until(lambda: worn_band.listener.states[-1] == "lost")
            await worn_band.until_rows(3)
            return worn_band.listener

    assert asyncio.run(scene()).statuses[-1].battery_percent == -1


@needs_dbus
def test_of_two_batteries_the_first_that_answers_is_told(tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        first = add_service(parts.band, BATTERY_SERVICE, Characteristic(BATTERY_LEVEL, ("read",), bytes([12])))
        first.refusal = ("Failed", "Operation failed with ATT error: 0x0e")

    assert heard(tmp_path, prepare).statuses[-1].battery_percent == 87


@needs_dbus
@pytest.mark.parametrize("refusal", [None, ("NotSupported", "Operation is not supported")])
def test_of_two_heart_rates_the_one_that_speaks_is_heard(refusal: tuple[str, str] | None, tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        mute = Characteristic(HEART_RATE_MEASUREMENT, ("notify",))
        add_service(parts.band, HEART_RATE_SERVICE, mute).refusal = refusal

    listener = heard(tmp_path, prepare)
    assert rows_of(listener.chunks[0])[0].tolist() == pytest.approx([74, 815], rel=0.03)


@needs_dbus
def test_two_heart_rates_that_both_speak_are_one_heart(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path, add_second) as worn_band:
            await worn_band.until_rows(1)
            band, n_chunks = worn_band.radio.band, len(worn_band.listener.chunks)
            second = band.services[0].characteristics[0]
            for _ in range(20):
                band.notify(second, encode_measurement(140, (430.0,)))
            await worn_band.listener.until(lambda: len(worn_band.listener.chunks) >= n_chunks + 3)
            return worn_band.listener

    def add_second(parts: Radio) -> None:
        add_service(parts.band, HEART_RATE_SERVICE, Characteristic(HEART_RATE_MEASUREMENT, ("notify",)))

    rates = {float(row[0]) for chunk in asyncio.run(scene()).chunks for row in rows_of(chunk)}
    assert 140.0 not in rates


# --- what a person can do


@needs_dbus
@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (("NotPermitted", "Operation not permitted"), "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (("NotPermitted", "Not paired"), "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (("NotAuthorized", "Operation Not Authorized"), "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (("Failed", "Operation failed with ATT error: 0x05"), "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (("Failed", "Operation failed with ATT error: 0x0f"), "bluetoothctl pair C0:FF:EE:15:07:0E"),
        (("NotPermitted", "Notify acquired"), "Another program"),
        (("NotSupported", "Operation is not supported"), "offers no heart rate"),
        (("Failed", "Operation failed with ATT error: 0x0e"), "Bluetooth error 0x0E"),
    ],
)
def test_a_refused_heart_rate_says_what_to_do(refusal: tuple[str, str], words: str, tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        parts.band.measurement.refusal = refusal

    listener = told(tmp_path, prepare, words)
    assert not listener.chunks
    for status in listener.statuses:
        assert_plain(status.sentence)
        assert "nearer" not in status.sentence


def assert_plain(sentence: str) -> None:
    """A person reads it: no Python, no names of exceptions."""
    assert sentence[-1] == "."
    assert not any(mark in sentence for mark in ("<", ">", "((", "{", "Bleak", "Error.", "GATT", "None", "handle"))


@needs_dbus
def test_a_heart_rate_that_is_never_answered_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hrs, "SUBSCRIBE_S", 0.3)

    def prepare(parts: Radio) -> None:
        parts.band.measurement.hangs = True

    assert told(tmp_path, prepare, "did not answer").states[-1] == "lost"


@needs_dbus
def test_a_device_without_heart_rate_is_named(tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        parts.band.services = parts.band.services[1:]
        parts.band.advertised = (HEART_RATE_SERVICE,)

    assert "Isotone HR (C0:FF:EE:15:07:0E)" in told(tmp_path, prepare, "offers no heart rate").sentence


@needs_dbus
def test_a_band_that_hangs_up_at_once_may_be_in_use_or_want_pairing(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts, running(source_on(parts.bus.bus_address)) as listener:
            await listener.until(lambda: parts.band.connected)
            await asyncio.sleep(0.3)
            parts.band.drop()
            await listener.until(lambda: "before it sent anything" in listener.sentence)
            return listener

    assert "bluetoothctl pair" in asyncio.run(scene()).sentence


@needs_dbus
def test_a_band_off_the_skin_is_to_be_put_on_and_no_beat_is_believed(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts, running(source_on(parts.bus.bus_address)) as listener:
            await listener.until(lambda: parts.band.connected)
            while len(listener.chunks) < 3:
                parts.band.notify(parts.band.measurement, encode_measurement(98, (612.0,), contact=False))
                await asyncio.sleep(0.1)
            return listener

    listener = asyncio.run(scene())
    assert "put it on" in listener.sentence
    assert all(np.isnan(rows_of(chunk)).all() for chunk in listener.chunks)


@needs_dbus
@pytest.mark.parametrize(
    ("payload", "row"),
    [
        (encode_measurement(62, (968.0,)) + b"\x03", [62, 968]),
        (bytes([0x16, 62, 0xC8]), [62, float("nan")]),
        (bytes([0x16, 62]), [62, float("nan")]),
        (bytes([0x1F, 62, 0, 10, 0, 0, 4]), [62, 1000]),
    ],
)
def test_what_is_whole_of_a_notification_is_used(payload: bytes, row: list[float], tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts, running(source_on(parts.bus.bus_address)) as listener:
            await listener.until(lambda: parts.band.connected)
            while not listener.chunks:
                parts.band.notify(parts.band.measurement, payload)
                await asyncio.sleep(0.1)
            return listener

    listener = asyncio.run(scene())
    assert rows_of(listener.chunks[0])[0].tolist() == pytest.approx(row, abs=1, nan_ok=True)
    assert_plain(listener.sentence)


# --- which band


def another_band(rssi_dbm: int = -40, name: str = "Other strap") -> HeartRateBand:
    band = HeartRateBand(lambda _until_s: (508.0,), name=name, address="C0:FF:EE:99:99:99")
    band.rssi_dbm = rssi_dbm
    return band


@needs_dbus
@pytest.mark.parametrize("address", ["C0:FF:EE:15:07:0E", "c0:ff:ee:15:07:0e", "C0-FF-EE-15-07-0E", "c0ffee15070e"])
def test_a_band_is_found_by_its_address_though_it_advertises_no_heart_rate(address: str, tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        parts.band.advertised = ("0000fee0-0000-1000-8000-00805f9b34fb",)
        parts.bluez.add_neighbour(another_band())

    listener = heard(tmp_path, prepare, address)
    assert {status.device for status in listener.statuses} == {"", "C0:FF:EE:15:07:0E"}


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="my band"):
        source_on("unix:path=/none", address="my band")


@needs_dbus
def test_of_two_bands_the_nearest_is_taken_and_said(tmp_path: Path) -> None:
    listener = heard(tmp_path, lambda parts: parts.bluez.add_neighbour(another_band(rssi_dbm=-80)))
    assert "Isotone HR (C0:FF:EE:15:07:0E) streams" in listener.sentence
    assert "Another one is near and not taken" in listener.sentence


@needs_dbus
def test_the_listeners_own_band_is_taken_before_a_nearer_one(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts:
            parts.bluez.add_neighbour(another_band(rssi_dbm=-30))
            source = source_on(parts.bus.bus_address)
            source.prefer(parts.band.address)
            async with running(source) as listener, beating(parts.band):
                await listener.until(lambda: len(listener.chunks) >= 2)
                return listener

    assert asyncio.run(scene()).statuses[-1].device == "C0:FF:EE:15:07:0E"


@needs_dbus
def test_a_process_that_is_started_again_keeps_to_the_sessions_band(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluetooth, "SEARCH_S", 1.0)

    async def scene() -> Listener:
        async with radio(tmp_path) as parts:
            source = source_on(parts.bus.bus_address)
            source.keep_to("C0:FF:EE:99:99:99")
            async with running(source) as listener, beating(parts.band):
                await listener.until(lambda: "not taken" in listener.sentence)
                return listener

    listener = asyncio.run(scene())
    assert not listener.chunks
    assert {status.device for status in listener.statuses} == {""}, "a device is told once it was heard"
    assert "C0:FF:EE:99:99:99" in listener.sentence


@needs_dbus
def test_another_persons_band_is_asked_about_and_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluetooth, "SEARCH_S", 1.0)

    async def scene() -> tuple[Listener, int]:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(2)
            own, other = worn_band.radio.band, another_band()
            worn_band.radio.bluez.add_neighbour(other)
            own.advertising = False
            own.drop()
            async with beating(other):
                await worn_band.listener.until(lambda: "Other strap" in worn_band.listener.sentence)
                n_chunks = len(worn_band.listener.chunks)
                await asyncio.sleep(2.0)
                assert len(worn_band.listener.chunks) == n_chunks
                own.advertising = True
                await worn_band.until_rows(2)
            return worn_band.listener, n_chunks

    listener, _ = asyncio.run(scene())
    assert {status.device for status in listener.statuses} == {"", "C0:FF:EE:15:07:0E"}
    rates = {float(row[0]) for chunk in listener.chunks for row in rows_of(chunk)}
    assert max(rates) < 80
    (question,) = [status.sentence for status in listener.statuses if "Other strap" in status.sentence]
    for words in ("C0:FF:EE:15:07:0E", "C0:FF:EE:99:99:99", "end this session"):
        assert words in question
    (fault,) = listener.faults
    assert not fault.fatal
    assert question == f"{fault.sentence} {fault.action}"


@needs_dbus
def test_a_band_whose_address_was_resolved_is_still_the_same(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with radio(tmp_path) as parts:
            parts.band.address = "4A:11:22:33:44:55"
            async with running(source_on(parts.bus.bus_address)) as listener, beating(parts.band):
                await listener.until(lambda: len(listener.chunks) >= 2)
                parts.bluez.resolve("C0:FF:EE:15:07:0E")
                parts.band.drop()
                await listener.until(lambda: listener.states[-1] == "lost")
                assert "bluetoothctl pair" in listener.sentence
                n_chunks = len(listener.chunks)
                await listener.until(lambda: len(listener.chunks) >= n_chunks + 2)
                return listener

    listener = asyncio.run(scene())
    assert {status.device for status in listener.statuses} == {"", "4A:11:22:33:44:55"}


@needs_dbus
def test_a_name_cannot_steer_a_terminal(tmp_path: Path) -> None:
    def prepare(parts: Radio) -> None:
        parts.band.name = "Evil\x1b[2J\n" + "x" * 300

    sentence = heard(tmp_path, prepare).sentence
    assert sentence.isprintable()
    assert len(sentence) < 200
