"""The box with a real session process: a refusal for the ears' sake is told, and is no fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from device.audio.safety.dose import allowance_pa2h
from device.box import speaker
from device.box.daemon import Box, Setup
from device.box.machine import Event
from device.clock import SystemClock, moment
from device.commands.memory import listeners_root
from device.config import BoxConfig, DeviceConfig
from device.listeners.hearing import hear
from device.listeners.store import open_store
from device.messages import Press, Prompt
from device.processes import BOX
from device.runtime.bus import Publisher
from device.runtime.resident import device_path


class Listening:
    """An announcer that keeps what it was to say."""

    told: ClassVar[list[str]] = []

    def __init__(self, _folder: Path, prompt: Prompt) -> None:
        self.name = prompt.name
        self.told.append(prompt.name)

    def is_over(self, _now_ns: int) -> bool:
        return True

    def hush(self, _now_ns: int) -> None:
        pass

    def end(self) -> None:
        pass


def turn_until(box: Box, wanted: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60.0
    while not wanted():
        assert time.monotonic() < deadline_s
        box.turn()


def test_a_week_that_is_used_up_is_told_at_a_press_and_is_no_fault(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setenv("XDG_DATA_HOME", str(run_dir))
    monkeypatch.setattr(speaker, "Announcer", Listening)
    monkeypatch.setattr(Listening, "told", [])
    device = DeviceConfig(box=BoxConfig(guests_asked_by="a test"))
    with open_store(listeners_root(device)) as store:
        hear(store, "earlier", "", allowance_pa2h(), 3600.0, moment())
    device_path(run_dir).write_bytes(msgspec.json.encode(device))
    setup = Setup(device, run_dir, run_dir / "sessions", examines=False)
    publisher = Publisher(run_dir, BOX, 0, SystemClock())
    box = Box(setup, publisher, SystemClock(), lambda _: None, lambda _: None)
    try:
        box.machine.hear(Event("up"))
        for _ in range(4):  # more often than a box bears faults
            box.press(Press(t_ns=0, button="play", kind="short", meaning="play"))
            assert box.machine.state == "fitting"
            turn_until(box, lambda: box.machine.state == "ready")
        assert "allowed in a week" in box.machine.sentence
        turn_until(box, lambda: "hearing-rests" in Listening.told)
        assert "session-fault" not in Listening.told
        assert "needs-help-code" not in Listening.told
    finally:
        box.close()
        publisher.close()
