"""What every source in SOURCES must do, shown with the emulator that each must have."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from device.acquisition import SOURCES
from device.acquisition.sensors import build_source
from device.acquisition.source import Check, Emit, Source, own_keys
from device.clock import Clock, SystemClock
from device.commands.diagnosis import diagnose, refuse_if_unfit
from device.config import BluetoothConfig, Config, DeviceConfig, EntryError, SessionConfig, SourceConfig, load
from device.errors import ConfigError, Exit
from device.files.models import MODELS_DIR
from hardware.emulators.cyton import PtyCyton
from tests.device.acquisition.listener import Listener, rows_of, running
from tests.device.recordings.recordings import eeg_chunk, write_session
from tests.hardware.radio import needs_dbus, radio

NAME = "sensor"


class Rig(NamedTuple):
    """A source beside its emulator. `interrupt` takes data away for a while; `loses` whether it then owns to a gap."""

    source: Source
    interrupt: Callable[[], None]
    restore: Callable[[], None]
    loses: bool


def build(config: SourceConfig, bluetooth: BluetoothConfig | None = None) -> Source:
    device = DeviceConfig(sources={NAME: config}, bluetooth=bluetooth or BluetoothConfig())
    return build_source(NAME, device, SystemClock())


@contextlib.asynccontextmanager
async def cyton_rig(folder: Path) -> AsyncIterator[Rig]:
    cyton = PtyCyton(folder / "ttyCyton", lambda first, n: np.arange(first, first + n)[:, None] * np.ones(8))
    await cyton.start()
    try:
        yield Rig(build(SourceConfig(type="cyton", port=str(cyton.link))), cyton.unplug, cyton.replug, loses=True)
    finally:
        await cyton.stop()


@contextlib.asynccontextmanager
async def hrs_rig(folder: Path) -> AsyncIterator[Rig]:
    async with radio(folder) as parts:
        beating = asyncio.create_task(parts.band.run(0.1))
        bluetooth = BluetoothConfig(dbus_address=parts.bus.bus_address)
        yield Rig(build(SourceConfig(type="hrs"), bluetooth), parts.band.drop, lambda: None, loses=False)
        beating.cancel()


@contextlib.asynccontextmanager
async def playback_rig(folder: Path) -> AsyncIterator[Rig]:
    """A session with half a second missing: its gap is the interruption."""
    numbers = [n for n in range(100) if not 8 <= n < 13]
    path = write_session(folder / "session", [eeg_chunk(n * 25, n * 100_000_000) for n in numbers])
    yield Rig(build(SourceConfig(type="playback", path=str(path))), lambda: None, lambda: None, loses=True)


RIGS: dict[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "cyton": cyton_rig,
    "hrs": hrs_rig,
    "playback": playback_rig,
}

rows = pytest.mark.parametrize("row", [pytest.param(row, marks=needs_dbus) if row == "hrs" else row for row in SOURCES])


@pytest.fixture(autouse=True)
def _own_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source may set the bus address of its process: forget it after each test."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS")


def test_every_source_has_an_emulator() -> None:
    assert set(RIGS) == set(SOURCES)


@rows
def test_probe_is_content_with_a_sensor_that_works(row: str, tmp_path: Path) -> None:
    async def scene() -> None:
        async with RIGS[row](tmp_path) as rig:
            assert inspect.iscoroutinefunction(rig.source.run)
            await rig.source.probe()

    asyncio.run(scene())


@rows
def test_rate_time_and_gaps(row: str, tmp_path: Path) -> None:
    async def scene() -> tuple[Listener, bool]:
        async with RIGS[row](tmp_path) as rig, running(rig.source) as listener:
            await listener.until(lambda: len(listener.chunks) >= 3)
            rig.interrupt()
            await asyncio.sleep(0.5)
            n_chunks = len(listener.chunks)
            rig.restore()
            await listener.until(lambda: len(listener.chunks) >= n_chunks + 3 and (listener.n_lost > 0) == rig.loses)
            return listener, rig.loses

    listener, loses = asyncio.run(scene())
    assert "streaming" in listener.states
    assert all(status.source == NAME and status.sentence.endswith(".") for status in listener.statuses)
    assert_shapes(listener)
    assert_gaps(listener, loses=loses)


def assert_shapes(listener: Listener) -> None:
    """Every chunk is whole, in order, and its times rise."""
    assert {chunk.source for chunk in listener.chunks} == {NAME}
    assert len({(chunk.kind, chunk.ch_names, chunk.sfreq_hz) for chunk in listener.chunks}) == 1
    assert (np.diff([chunk.t_ns for chunk in listener.chunks]) > 0).all()
    for chunk in listener.chunks:
        assert len(rows_of(chunk)) >= 1
        if chunk.sfreq_hz:
            assert len(rows_of(chunk)) <= chunk.sfreq_hz / 10
        else:
            assert len(chunk.times_ns) == len(rows_of(chunk))
            assert chunk.times_ns[0] == chunk.t_ns


def assert_gaps(listener: Listener, *, loses: bool) -> None:
    """The sample index goes on, what is lost is counted in, and index and time agree."""
    expected = 0
    for chunk in listener.chunks:
        assert chunk.first_sample == expected + chunk.n_lost
        expected = chunk.first_sample + len(rows_of(chunk))
    assert (listener.n_lost > 0) == loses
    first, last = listener.chunks[0], listener.chunks[-1]
    if first.sfreq_hz:
        elapsed_s = (last.t_ns - first.t_ns) / 1e9
        assert elapsed_s * first.sfreq_hz == pytest.approx(last.first_sample - first.first_sample, abs=25)


@pytest.mark.parametrize("row", SOURCES)
def test_a_key_that_a_sensor_does_not_have_is_refused_by_name(row: str) -> None:
    given = {"path": "x"} if row == "playback" else {}
    for config in (
        SourceConfig(type=row, options={"colour": "red"}, **given),
        SourceConfig(type=row, ch_names=("Fp1",), address="aa:bb", port="/dev/x", path="x"),
    ):
        with pytest.raises(EntryError) as caught:
            build(config)
        assert caught.value.tables[:2] == ["sources", NAME]
        assert f"type `{row}`" in caught.value.sentence


@rows
def test_a_sensor_says_what_it_needs_of_the_machine(row: str, tmp_path: Path) -> None:
    async def scene() -> None:
        async with RIGS[row](tmp_path) as rig:
            for check in rig.source.checks():
                assert (await asyncio.to_thread(check.examine)).endswith(".")

    asyncio.run(scene())


class NewConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port: str
    preset: str = "p21"


class NewSensor:
    """What a new sensor is: one file."""

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        del bluetooth, clock
        self._name, self._own = name, own_keys(name, config, NewConfig)

    def checks(self) -> list[Check]:
        return [Check(f"preset of {self._name}", lambda: f"{self._own.preset}.")]

    async def probe(self) -> None:
        """It is there."""

    async def run(self, emit: Emit) -> None:
        """It never sends."""
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("keys", "line", "words"),
    [
        ('port = "x"\n[sources.new.options]\npreset = "p50"\n', 0, ""),
        ('port = "x"\naddress = "aa:bb"\n', 4, "`sources.new.address` is no key of a sensor of type `new`"),
        ('port = "x"\n[sources.new.options]\n\npresett = "p50"\n', 6, "`sources.new.options.presett` is no key"),
        ("", 1, "`sources.new.port` is missing"),
    ],
)
def test_adding_a_sensor_is_one_file_and_one_line(
    keys: str, line: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its keys are read from device.toml, its checks run by the doctor, its mistakes told with file and line."""
    monkeypatch.setitem(SOURCES, "new", f"{__name__}:NewSensor")
    path = tmp_path / "device.toml"
    path.write_text(f'[sources.new]\ntype = "new"\n{keys}[audio]\nsink = "wav"\n', "utf-8")
    device = load(path, DeviceConfig)
    findings = {finding.name: finding for finding in diagnose(device, MODELS_DIR, deep=True, path=path)}
    if not words:
        assert findings["new"].state == "ok"
        assert findings["preset of new"].sentence == "p50."
        return
    assert findings["new"].exit_code == Exit.CONFIG
    assert findings["new"].sentence.startswith(f"{path}:{line}: {words}")
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir=str(MODELS_DIR), device=device)
    with pytest.raises(ConfigError, match=f"device.toml:{line}: "):
        refuse_if_unfit(config, path)
