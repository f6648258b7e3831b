"""Finds what is missing or misconfigured and says the command that mends it: `isotone doctor`, and before each run."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from device.acquisition.source import Check
from device.clock import SystemClock
from device.commands.checks import REINSTALL, box_checks, find_listener, machine_checks, session_checks
from device.commands.self_test import self_test_checks
from device.config import DeviceConfig, EntryError, SessionConfig
from device.errors import Exit, IsotoneError, SensorError
from device.imports import import_name

PROBE_TIMEOUT_S = 20.0
"""Time longer than a search for a wristband takes."""
WAITED_FOR = (Exit.SENSOR, Exit.SYSTEM)
"""What `start_without_sensors` lets a source lack; a wrong configuration is refused all the same."""
REFUSALS = {kind.exit_code: kind for kind in IsotoneError.__subclasses__()}


class Finding(msgspec.Struct, frozen=True):
    name: str
    state: Literal["ok", "warn", "fail"]
    sentence: str
    """What was found."""
    action: str = ""
    """What mends it, a command where there is one."""
    exit_code: int = 0
    """Exit code of the refusal that this is or would be."""


def diagnose(device: DeviceConfig, models_dir: Path, *, deep: bool, path: Path | None = None) -> list[Finding]:
    """Examine the machine for this configuration, read from `path`; `deep` talks to the sensors too."""
    findings = examine_session(device, models_dir, deep=deep, path=path)
    return findings + [_examine(check) for check in machine_checks(device)]


def refuse_if_unfit(config: SessionConfig, path: Path | None = None) -> None:
    """Raise what a session of this configuration, whose device.toml is `path`, would fail by.

    Raises:
        IsotoneError: the kind, sentence and action of the first finding that fails.
    """
    for finding in examine_session(config.device, Path(config.models_dir), deep=True, path=path):
        if finding.state == "fail":
            raise REFUSALS.get(Exit(finding.exit_code), IsotoneError)(finding.sentence, finding.action)


def examine_session(device: DeviceConfig, models_dir: Path, *, deep: bool, path: Path | None) -> list[Finding]:
    if device.bluetooth.dbus_address:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = device.bluetooth.dbus_address
    findings = [_examine(check) for check in session_checks(device, models_dir)]
    if not device.sources:
        action = "Name them in device.toml ([sources.NAME], type = ...); `isotone demo` needs none."
        sentence = "No sensor is configured: the music would not know the listener."
        return [*findings, Finding("sensors", "warn", sentence, action)]
    return findings + asyncio.run(_probe_all(device, deep=deep, path=path))


def examine_box(device: DeviceConfig, listener: str, models_dir: Path, path: Path | None) -> list[Finding]:
    """What a box would fail by, or do without; no sensor is asked."""
    findings = examine_session(device, models_dir, deep=False, path=path)
    return [*findings, *map(_examine, box_checks(device)), examine_intake(device, listener)]


def self_test(device: DeviceConfig) -> list[Finding]:
    """What a box tests at each start, while it is on."""
    return [_examine(check) for check in self_test_checks(device)]


def examine_intake(device: DeviceConfig, listener: str) -> Finding:
    """Whether a box at home may play to this listener."""
    return _examine(Check("listener", partial(find_listener, device, listener)))


def _examine(check: Check) -> Finding:
    try:
        return Finding(check.name, "ok", check.examine())
    except Exception as error:  # noqa: BLE001 - a check that breaks must not stop the others
        return _refusal(check.name, error, is_needed=check.is_needed)


def _refusal(name: str, error: Exception, *, is_needed: bool) -> Finding:
    state: Literal["warn", "fail"] = "fail" if is_needed else "warn"
    if isinstance(error, IsotoneError):
        return Finding(name, state, error.sentence, error.action, int(error.exit_code))
    if isinstance(error, ImportError):
        return Finding(name, state, f"A package cannot be loaded: {error}.", REINSTALL, int(Exit.SYSTEM))
    sentence = f"This check broke ({type(error).__name__}: {error})."
    return Finding(name, state, sentence, "Report it with this line.", int(Exit.INTERNAL))


async def _probe_all(device: DeviceConfig, *, deep: bool, path: Path | None) -> list[Finding]:
    return list(await asyncio.gather(*(_probe(name, device, deep=deep, path=path) for name in device.sources)))


async def _probe(name: str, device: DeviceConfig, *, deep: bool, path: Path | None) -> Finding:
    """Build the source, which refuses what can never work, and when `deep` ask whether it is there."""
    try:
        source = import_name("device.acquisition.sensors:build_source")(name, device, SystemClock())
        if not deep:
            return Finding(name, "ok", "Well configured; not asked whether it is there.")
        await asyncio.wait_for(source.probe(), PROBE_TIMEOUT_S)
    except TimeoutError:
        late = SensorError(f"The source `{name}` did not answer in {PROBE_TIMEOUT_S:.0f} s.", "Switch it off and on.")
        return _refusal(name, late, is_needed=not device.session.start_without_sensors)
    except EntryError as error:
        return _refusal(name, error.at(path), is_needed=True)
    except Exception as error:  # noqa: BLE001 - one broken source must not hide the others
        may_come = device.session.start_without_sensors and getattr(error, "exit_code", None) in WAITED_FOR
        return _refusal(name, error, is_needed=not may_come)
    return Finding(name, "ok", "It answers.")
