"""The process `sensors`: all sources of device.toml side by side in one event loop, none able to end another."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Protocol

from device.acquisition import SOURCES
from device.acquisition.kept_devices import KeptDevices
from device.acquisition.source import Backoff, Emit, PersonalSource, Source
from device.clock import Clock
from device.config import BluetoothConfig, DeviceConfig, EntryError, SourceConfig
from device.errors import IsotoneError
from device.imports import import_name
from device.messages import Fault, Message, SensorStatus
from device.runtime.context import ProcessContext

BEAT_S = 0.15
FAREWELL_S = 1.0
"""How long sources may take to say goodbye to their devices."""

_log = logging.getLogger(__name__)


class SourceFactory(Protocol):
    def __call__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> Source: ...


def build_source(name: str, device: DeviceConfig, clock: Clock) -> Source:
    """The source `name` of device.toml.

    Raises:
        EntryError, ConfigError: its type is no row of SOURCES, or its configuration can never work.
    """
    config = device.sources[name]
    if config.type not in SOURCES:
        problem = f"is the unknown type `{config.type}`"
        raise EntryError(["sources", name], "type", problem, f"Set it to one of: {', '.join(SOURCES)}.")
    factory: SourceFactory = import_name(SOURCES[config.type])
    return factory(name=name, config=config, bluetooth=device.bluetooth, clock=clock)


def main(context: ProcessContext) -> None:
    device = context.config.device
    if device.bluetooth.dbus_address:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = device.bluetooth.dbus_address
    kept = KeptDevices(Path(context.config.run_dir))
    sources = {name: build_source(name, device, context.clock) for name in device.sources}
    for name, source in sources.items():
        if isinstance(source, PersonalSource):
            source.prefer(context.config.known_devices.get(name, ""))
            source.keep_to(kept.of(name))

    def emit(message: Message) -> None:
        kept.see(message)
        context.publish(message)

    asyncio.run(_serve(context, sources, emit))


async def _serve(context: ProcessContext, sources: dict[str, Source], emit: Emit) -> None:
    tasks: list[asyncio.Task[None]] = []
    context.loaded()
    while context.beat():
        context.receive(timeout_ms=0)
        if context.started and not tasks:
            tasks = [
                asyncio.create_task(keep_running(name, source, emit, context.clock)) for name, source in sources.items()
            ]
        await asyncio.sleep(BEAT_S)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=FAREWELL_S)


async def keep_running(name: str, source: Source, emit: Emit, clock: Clock) -> None:
    """Run one source for ever: whatever ends it becomes a Fault and a SensorStatus, and it is tried again."""
    backoff = Backoff(first_s=1.0, longest_s=30.0)
    while True:
        try:
            await source.run(emit)
            error: Exception = RuntimeError("its loop ended")
        except Exception as caught:  # noqa: BLE001 - one broken source must not silence the others
            error = caught
        code, sentence, action = _describe(name, error)
        now_ns = clock.now_ns()
        emit(Fault(t_ns=now_ns, process="sensors", code=code, sentence=sentence, action=action))
        emit(SensorStatus(t_ns=now_ns, source=name, state="failed", sentence=f"{sentence} {action}"))
        await asyncio.sleep(backoff.next_s())


def _describe(name: str, error: Exception) -> tuple[str, str, str]:
    """Code, sentence and action; a refusal brings its own words, a bug leaves its traceback in the journal."""
    if isinstance(error, IsotoneError):
        return type(error).__name__, error.sentence, error.action
    _log.error("source %s crashed", name, exc_info=error)
    sentence = f"The source `{name}` stopped with an internal error ({type(error).__name__}); it is started again."
    return "source-crashed", sentence, "If this repeats, report it with the session's log."
