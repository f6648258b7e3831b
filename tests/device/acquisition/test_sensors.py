from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from device.acquisition import SOURCES, sensors
from device.acquisition.source import Backoff, Emit
from device.clock import SystemClock
from device.config import BluetoothConfig, DeviceConfig, SessionConfig, SourceConfig
from device.errors import ConfigError, SensorError
from device.messages import Fault, Message, SampleChunk, SensorStatus
from device.runtime.context import ProcessContext
from tests.device.recordings.recordings import write_eeg


class Context:
    """Stands in for ProcessContext: lives until `enough` of what was published is there, 20 s at most."""

    def __init__(self, tmp_path: Path, device: DeviceConfig, enough: Any) -> None:
        self.config = SessionConfig(
            session_id="s", run_dir=str(tmp_path), session_dir=str(tmp_path), models_dir=str(tmp_path), device=device
        )
        self.clock = SystemClock()
        self.published: list[Message] = []
        self.ready = False
        self.started = True
        self._enough, self._beats_left = enough, 130

    def loaded(self) -> None:
        self.ready = True

    def publish(self, message: Message) -> None:
        self.published.append(message)

    def receive(self, timeout_ms: int) -> list[Any]:
        assert timeout_ms == 0
        return []

    def beat(self) -> bool:
        self._beats_left -= 1
        return self._beats_left > 0 and not self._enough(self.published)

    def of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.published if isinstance(message, kind)]


class Faulty:
    """A source with a bug, or a refusal."""

    error: Exception = ZeroDivisionError("a bug")

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: object) -> None:
        self._name = name

    async def run(self, emit: Emit) -> None:
        raise self.error

    async def probe(self) -> None:
        raise self.error


class Refusing(Faulty):
    error = SensorError("The band is missing.", "Put it on.")


class Ending(Faulty):
    async def run(self, emit: Emit) -> None:
        return


class Worn(Faulty):
    """A band that tells which device it is: the one it must be, else the one it would rather be, else the nearest."""

    _kept = _preferred = ""

    def keep_to(self, device: str) -> None:
        self._kept = device

    def prefer(self, device: str) -> None:
        self._preferred = device

    async def run(self, emit: Emit) -> None:
        device = self._kept or self._preferred or "nearest"
        emit(SensorStatus(t_ns=0, source=self._name, state="streaming", sentence="It streams.", device=device))
        await asyncio.Event().wait()


def worn_device(tmp_path: Path, known_devices: dict[str, str]) -> str:
    """Which device the process `sensors` hears in a session whose listener wore `known_devices` before."""
    device = DeviceConfig(sources={"wrist": SourceConfig(type="worn")})
    context = Context(tmp_path, device, lambda published: bool(published))
    context.config = msgspec.structs.replace(context.config, known_devices=known_devices)
    run_main(context)
    heard: str = context.of(SensorStatus)[0].device
    return heard


def test_a_process_that_is_started_again_goes_on_with_the_sessions_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES, "worn", f"{__name__}:Worn")
    assert worn_device(tmp_path, {"wrist": "A", "other": "B"}) == "A"
    assert worn_device(tmp_path, {"wrist": "C"}) == "A"


def test_without_anything_known_the_source_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "worn", f"{__name__}:Worn")
    assert worn_device(tmp_path, {}) == "nearest"


def run_main(context: Context) -> None:
    sensors.main(cast("ProcessContext", context))


def test_samples_of_a_source_are_published(tmp_path: Path) -> None:
    path = str(write_eeg(tmp_path / "a.npz", seconds=30))
    device = DeviceConfig(sources={"tape": SourceConfig(type="playback", path=path)})
    context = Context(tmp_path, device, lambda published: any(isinstance(item, SampleChunk) for item in published))
    run_main(context)
    assert context.ready
    assert context.of(SensorStatus)[0].state == "streaming"
    assert {chunk.source for chunk in context.of(SampleChunk)} == {"tape"}


@pytest.mark.parametrize("broken", ["Faulty", "Refusing", "Ending"])
def test_one_broken_source_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setitem(SOURCES, "broken", f"{__name__}:{broken}")
    monkeypatch.setattr(sensors, "Backoff", lambda **_: Backoff(0.05, 0.05))
    path = str(write_eeg(tmp_path / "a.npz", seconds=30))
    device = DeviceConfig(
        sources={"bad": SourceConfig(type="broken"), "tape": SourceConfig(type="playback", path=path)}
    )

    def is_enough(published: list[Message]) -> bool:
        n_faults = sum(isinstance(item, Fault) for item in published)
        return n_faults >= 2 and any(isinstance(item, SampleChunk) for item in published)

    context = Context(tmp_path, device, is_enough)
    run_main(context)
    faults = context.of(Fault)
    assert len(faults) >= 2
    assert not any(fault.fatal for fault in faults)
    assert all(fault.sentence and fault.action for fault in faults)
    assert {status.state for status in context.of(SensorStatus) if status.source == "bad"} == {"failed"}
    assert context.of(SampleChunk)


def test_a_refusal_keeps_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "broken", f"{__name__}:Refusing")
    device = DeviceConfig(sources={"bad": SourceConfig(type="broken")})
    context = Context(tmp_path, device, lambda published: len(published) >= 2)
    run_main(context)
    assert context.of(Fault)[0].sentence == "The band is missing."
    assert context.of(SensorStatus)[0].sentence == "The band is missing. Put it on."


def test_an_unknown_type_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    device = DeviceConfig(sources={"x": SourceConfig(type="muse9")})
    with pytest.raises(ConfigError, match=r"`sources\.\w+\.type` is the unknown type `muse9`.*cyton, hrs, playback"):
        run_main(Context(tmp_path, device, len))


def test_no_sources_is_no_error(tmp_path: Path) -> None:
    context = Context(tmp_path, DeviceConfig(), lambda _: context.ready)
    run_main(context)
    assert context.published == []


def test_the_private_bus_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/else")
    device = DeviceConfig(bluetooth=BluetoothConfig(dbus_address="unix:path=/private"))
    run_main(Context(tmp_path, device, lambda _: True))
    assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] == "unix:path=/private"


def test_stopping_lets_a_source_say_goodbye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goodbyes: list[str] = []

    class Polite(Faulty):
        async def run(self, emit: Emit) -> None:
            emit(SensorStatus(t_ns=0, source=self._name, state="streaming", sentence="It streams."))
            try:
                await asyncio.Event().wait()
            finally:
                goodbyes.append(self._name)

    monkeypatch.setattr(f"{__name__}.Polite", Polite, raising=False)
    monkeypatch.setitem(SOURCES, "polite", f"{__name__}:Polite")
    device = DeviceConfig(sources={"band": SourceConfig(type="polite")})
    run_main(Context(tmp_path, device, bool))
    assert goodbyes == ["band"]
