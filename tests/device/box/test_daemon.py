"""The box with a real session process: a refusal for the ears' sake is told, and is no fault."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar, NamedTuple
from unittest.mock import Mock

import msgspec
import pytest

from device.audio.safety.dose import allowance_pa2h
from device.box import speaker
from device.box.daemon import Box, Setup
from device.box.ears import Ears
from device.box.machine import GO_ON, Event
from device.clock import SystemClock, moment
from device.commands.session_folder import listeners_root
from device.config import BoxConfig, DeviceConfig
from device.listeners.hearing import hear
from device.listeners.store import open_store
from device.messages import BoxStatus, Press, Prompt, Spoken
from device.processes import BOX
from device.programme_layout import Programme
from device.runtime.bus import Publisher
from device.runtime.resident import device_path


class Listening:
    """An announcer that keeps what it was to say."""

    told: ClassVar[list[str]] = []
    found_no_card = False

    def __init__(self, _folder: Path, prompt: Prompt) -> None:
        self.name = prompt.name
        self.told.append(prompt.name)

    def is_over(self, _now_ns: int) -> bool:
        return True

    def said(self, now_ns: int) -> Spoken:
        return Spoken(t_ns=now_ns, name=self.name, manner="words", length_s=1.0)

    def hush(self, _now_ns: int) -> None:
        pass

    def end(self) -> None:
        pass


def turn_until(box: Box, wanted: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60.0
    while not wanted():
        assert time.monotonic() < deadline_s
        box.turn()


@pytest.fixture
def lone(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LoneBox]]:
    """Makes a box that has nobody else's data, and whose announcements are only kept."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setenv("XDG_DATA_HOME", str(run_dir))
    monkeypatch.setattr(speaker, "Announcer", Listening)
    monkeypatch.setattr(Listening, "told", [])
    with contextlib.ExitStack() as stack:

        def make(device: DeviceConfig, programme: Programme | None = None) -> LoneBox:
            device_path(run_dir).write_bytes(msgspec.json.encode(device))
            setup = Setup(device, run_dir, run_dir / "sessions", programme=programme or Programme(), examines=False)
            publisher = stack.enter_context(closing(Publisher(run_dir, BOX, 0, SystemClock())))
            lone = LoneBox([], [])
            box = Box(setup, publisher, SystemClock(), lone.told.append, lone.shown.append)
            stack.callback(box.close)
            box.machine.hear(Event("up"))
            return lone._replace(box=box)

        yield make


class LoneBox(NamedTuple):
    """A box, its log and what it showed."""

    told: list[str]
    shown: list[BoxStatus]
    box: Box = None  # type: ignore[assignment]


def press_play(box: Box) -> None:
    box.press(Press(t_ns=0, button="play", kind="short", meaning="play"))


def test_a_week_that_is_used_up_is_told_at_a_press_and_is_no_fault(lone: Callable[..., LoneBox]) -> None:
    device = DeviceConfig(box=BoxConfig(guests_asked_by="a test"))
    with open_store(listeners_root(device)) as store:
        hear(store, "earlier", "", allowance_pa2h(), 3600.0, moment())
    box = lone(device).box
    for _ in range(4):  # more often than a box bears faults
        press_play(box)
        assert box.machine.state == "fitting"
        turn_until(box, lambda: box.machine.state == "ready")
    assert "allowed in a week" in box.machine.sentence
    turn_until(box, lambda: "hearing-rests" in Listening.told)
    assert "session-fault" not in Listening.told
    assert "needs-help-code" not in Listening.told


def test_a_box_that_knows_no_listener_says_so_by_light_voice_and_log_with_its_code(
    lone: Callable[..., LoneBox],
) -> None:
    found = lone(DeviceConfig())
    press_play(found.box)
    turn_until(found.box, lambda: found.box.machine.state == "needs_help")
    turn_until(found.box, lambda: {"needs-help-code", "intake-missing"} <= set(Listening.told))
    assert (found.shown[-1].light, found.shown[-1].code) == ("help", "12")
    assert "does not know who listens" in found.shown[-1].sentence
    assert not any("plays" in status.sentence for status in found.shown), "nobody is told of music that never was"
    assert any("does not know who listens" in told and "code 12" in told for told in found.told)


def test_in_quiet_hours_nobody_is_spoken_to_who_pressed_nothing(lone: Callable[..., LoneBox]) -> None:
    box = lone(DeviceConfig(), Programme(quiet=("00:00-24:00",))).box
    box._happen(Event("failing", sentence="There is no card.", code="5"))
    assert box.machine.light == "help"
    for _ in range(5):
        box.turn()
    assert Listening.told == []
    press_play(box)
    turn_until(box, lambda: Listening.told == ["quiet-hours"])


def test_whoever_ends_the_box_is_told_that_it_ended_and_not_that_it_is_ready(lone: Callable[..., LoneBox]) -> None:
    found = lone(DeviceConfig())
    found.box.leave()
    assert found.box.is_over
    found.box.close()
    assert "ready" not in found.shown[-1].sentence
    assert found.shown[-1].light == "wait"
    assert found.told[-1] == "The box has ended."


def test_headphones_that_are_back_do_not_lift_what_a_therapist_holds(lone: Callable[..., LoneBox]) -> None:
    box = lone(DeviceConfig()).box
    assert box
    box._child, box._ears = Mock(), Ears({}, 0)
    box._ears.is_held_by_therapist = True
    box._do(GO_ON)
    box._child.wish.assert_not_called()
    box._ears.is_held_by_therapist = False
    box._do(GO_ON)
    box._child.wish.assert_called_once_with({"kind": "resume_phase"})
