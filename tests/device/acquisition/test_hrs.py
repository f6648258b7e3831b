"""The heart-rate source: its decoder over all payloads, and itself with the unchanged bleak on an emulated BlueZ."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition import hrs
from device.acquisition.hrs import BeatRows, HeartRateMeasurement, HrsSource, decode
from device.clock import SystemClock
from device.config import BluetoothConfig, SourceConfig
from device.errors import SensorError, SystemMissingError
from hardware.emulators.wristband import encode_measurement
from tests.device.acquisition.listener import Listener, rows_of, running
from tests.hardware.radio import Radio, needs_dbus, radio

contacts = st.none() | st.booleans()
intervals_ms = st.lists(st.integers(1, 0xFFFF).map(lambda steps: steps * 1000 / 1024), max_size=9)


@given(st.integers(0, 0xFFFF), intervals_ms, contacts, st.none() | st.integers(0, 0xFFFF))
def test_every_measurement_survives_encoding(
    hr_bpm: int, rr_ms: list[float], contact: bool | None, energy_kj: int | None
) -> None:
    decoded = decode(encode_measurement(hr_bpm, rr_ms, contact, energy_kj))
    assert decoded == HeartRateMeasurement(hr_bpm, contact, energy_kj, tuple(rr_ms))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_measurement_or_refused(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decoded = decode(data)
        assert 0 <= decoded.hr_bpm <= 0xFFFF
        assert all(0 <= interval < 64_000 for interval in decoded.rr_ms)


@given(st.integers(0, 300), intervals_ms, st.integers(1, 30))
def test_torn_measurements_are_refused_or_lack_whole_intervals(hr_bpm: int, rr_ms: list[float], cut: int) -> None:
    data = encode_measurement(hr_bpm, rr_ms, contact=True, energy_kj=12)[:-cut]
    try:
        assert decode(data).rr_ms == tuple(rr_ms[: -cut // 2])
    except ValueError:
        assert cut % 2 or cut > 2 * len(rr_ms)


def test_fields_move_with_the_flags() -> None:
    assert decode(bytes([0b00110, 72])) == HeartRateMeasurement(72, contact=True, energy_kj=None, rr_ms=())
    assert decode(bytes([0b11101, 0x2C, 1, 5, 0, 0, 4])) == (300, False, 5, (1000.0,))


MEASUREMENTS = st.builds(HeartRateMeasurement, st.integers(0, 250), contacts, st.none(), intervals_ms.map(tuple))


@given(st.lists(st.tuples(MEASUREMENTS, st.integers(0, 3_000_000_000)), min_size=1, max_size=8))
def test_rows_are_numbered_and_their_times_only_rise(said: list[tuple[HeartRateMeasurement, int]]) -> None:
    rows, now_ns, times_ns, n_rows = BeatRows("wrist"), 10**12, [], 0
    for measurement, later_ns in said:
        now_ns += later_ns
        chunk = rows.chunk(measurement, now_ns)
        assert chunk.first_sample == n_rows
        assert chunk.t_ns == chunk.times_ns[0]
        assert len(rows_of(chunk)) == len(chunk.times_ns) == max(1, len(chunk.times_ns))
        n_rows += len(chunk.times_ns)
        times_ns += chunk.times_ns
    assert all(later > earlier for earlier, later in itertools.pairwise(times_ns))


def test_beats_are_counted_back_from_the_notification() -> None:
    chunk = BeatRows("wrist").chunk(decode(encode_measurement(75, (750.0, 1000.0, 500.0))), 10**10)
    assert np.diff(chunk.times_ns).tolist() == pytest.approx([1e9, 5e8])
    assert chunk.times_ns[-1] == 10**10
    assert rows_of(chunk).tolist() == [[75.0, 750.0], [75.0, 1000.0], [75.0, 500.0]]


@pytest.mark.parametrize("payload", [encode_measurement(0, (800.0,)), encode_measurement(70, (800.0,), contact=False)])
def test_without_signal_or_contact_the_row_is_empty(payload: bytes) -> None:
    row = rows_of(BeatRows("wrist").chunk(decode(payload), 10**10))
    assert row.shape == (1, 2)
    assert np.isnan(row).all()


def test_without_rr_only_the_rate_is_told() -> None:
    (row,) = rows_of(BeatRows("wrist").chunk(decode(encode_measurement(70)), 10**10)).tolist()
    assert row[0] == 70.0
    assert math.isnan(row[1])


# --- on the emulated BlueZ


class Scene(NamedTuple):
    radio: Radio
    listener: Listener

    async def until_rows(self, n_chunks: int) -> None:
        target = len(self.listener.chunks) + n_chunks
        await self.listener.until(lambda: len(self.listener.chunks) >= target)


def source_on(dbus_address: str, address: str = "") -> HrsSource:
    bluetooth = BluetoothConfig(dbus_address=dbus_address)
    return HrsSource("wrist", SourceConfig(type="hrs", address=address), bluetooth, SystemClock())


@contextlib.asynccontextmanager
async def worn(folder: Path) -> AsyncIterator[Scene]:
    """A source that runs beside a band that measures ten times a second."""
    async with radio(folder) as parts, running(source_on(parts.bus.bus_address)) as listener:
        beating = asyncio.create_task(parts.band.run(0.1))
        try:
            yield Scene(parts, listener)
        finally:
            beating.cancel()


@pytest.fixture(autouse=True)
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source sets the bus address of its process only where none is set: forget the last test's."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS")


@needs_dbus
def test_it_finds_the_band_and_streams_beats_and_battery(tmp_path: Path) -> None:
    async def scene() -> Listener:
        async with worn(tmp_path) as worn_band:
            await worn_band.until_rows(3)
            return worn_band.listener

    listener = asyncio.run(scene())
    assert listener.states == ["connecting", "streaming"]
    assert listener.statuses[-1].battery_percent == 87
    assert rows_of(listener.chunks[0])[0].tolist() == pytest.approx([75, 800], abs=1)


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
    monkeypatch.setattr(hrs, "SILENCE_NS", 500_000_000)

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
    monkeypatch.setattr(hrs, "SILENCE_NS", 500_000_000)
    monkeypatch.setattr(hrs, "SEARCH_S", 1.0)

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
            await worn_band.listener.until(lambda: worn_band.listener.sentence == hrs.STREAMING)
            return worn_band.listener

    assert set(asyncio.run(scene()).states[1:]) == {"streaming"}


async def refusal_of(source: HrsSource) -> SensorError | SystemMissingError:
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
    ],
)
def test_probe_says_what_is_missing(
    case: str, kind: type[Exception], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hrs, "SEARCH_S", 0.5)

    async def scene() -> SensorError | SystemMissingError:
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
