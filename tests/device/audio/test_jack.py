"""Headphones that are pulled from their jack are noticed, whatever else is there; other jacks mean nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.audio import jack
from device.audio.jack import EVIOCGBIT_SW, HEADPHONE_INSERT, Jacks
from device.clock import VirtualClock

IN = bytes([1 << HEADPHONE_INSERT, 0])
OUT = bytes(2)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Kernel:
    """Switches of devices by the name of their node; what is not among them has none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, bytes] = {}

    def add(self, name: str, state: bytes | None = None) -> None:
        (self.folder / name).touch()
        if state is not None:
            self.states[name] = state

    def ask(self, descriptor: int, request: int) -> bytes:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        if name not in self.states:
            raise OSError(25, "Inappropriate ioctl for device")
        return IN if request == EVIOCGBIT_SW else self.states[name]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel(tmp_path)
    monkeypatch.setattr(jack, "ask", kernel.ask)
    return kernel


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(10**9)


@pytest.fixture
def jacks(kernel: Kernel, clock: VirtualClock) -> Iterator[Jacks]:
    jacks = Jacks(kernel.folder, clock)
    yield jacks
    jacks.close()


def test_a_plug_that_is_pulled_is_told_once_and_so_is_its_return(kernel: Kernel, jacks: Jacks) -> None:
    kernel.add("event0", IN)
    kernel.add("event1")
    assert [jacks.look(), jacks.look(), jacks.are_out] == [False, False, False]
    kernel.states["event0"] = OUT
    assert [jacks.look(), jacks.look(), jacks.are_out] == [True, False, True]
    kernel.states["event0"] = IN
    assert [jacks.look(), jacks.look(), jacks.are_out] == [True, False, False]


def test_a_jack_that_nothing_was_ever_in_keeps_nothing_silent(kernel: Kernel, jacks: Jacks) -> None:
    kernel.add("event0", OUT)
    assert not jacks.look()
    assert not jacks.are_out


def test_another_jack_that_takes_the_plug_will_do(kernel: Kernel, jacks: Jacks) -> None:
    kernel.add("event0", IN)
    kernel.add("event1", OUT)
    jacks.look()
    kernel.states |= {"event0": OUT, "event1": IN}
    jacks.look()
    assert not jacks.are_out


def test_a_jack_that_comes_later_is_heard_and_one_that_goes_with_its_card_keeps_nothing_silent(
    kernel: Kernel, jacks: Jacks, clock: VirtualClock
) -> None:
    jacks.look()
    kernel.add("event0", IN)
    clock.advance(1.1)
    jacks.look()
    kernel.states["event0"] = OUT
    assert jacks.look()
    del kernel.states["event0"]
    assert jacks.look()
    assert not jacks.are_out


def test_real_files_pipes_and_a_folder_that_is_not_there_are_passed_over(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "event0").touch()
    os.mkfifo(tmp_path / "event1")
    for folder in (tmp_path, tmp_path / "none"):
        jacks = Jacks(folder, clock)
        assert not jacks.look()
        jacks.close()


def test_many_devices_leave_no_descriptor_behind(kernel: Kernel, jacks: Jacks) -> None:
    for number in range(40):
        kernel.add(f"event{number}", IN if number < 20 else None)
    before = open_descriptors()
    jacks.look()
    assert open_descriptors() - before <= jack.JACKS_MAX
    jacks.close()
    assert open_descriptors() == before
