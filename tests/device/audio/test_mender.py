from __future__ import annotations

from collections.abc import Callable

import pytest

from device.audio import mender
from device.audio.mender import Mender
from device.audio.player import ClockSink
from device.clock import VirtualClock
from device.config import AudioConfig
from device.errors import SoundError


class InlineThread:
    """A thread that has done its work once it is started."""

    def __init__(self, target: Callable[[], None], name: str, daemon: bool) -> None:
        assert daemon, "it must never keep the process from ending"
        self.target = target

    def start(self) -> None:
        self.target()

    def is_alive(self) -> bool:
        return False


class BlockedThread(InlineThread):
    def start(self) -> None:
        pass

    def is_alive(self) -> bool:
        return True


class Dead(ClockSink):
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def dead(clock: VirtualClock) -> Dead:
    return Dead(AudioConfig(), clock)


def test_it_gives_the_dead_card_back_and_looks_once_a_second(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, dead: Dead
) -> None:
    tried: list[int] = []

    def open_card(config: AudioConfig, clock: VirtualClock) -> ClockSink:
        tried.append(clock.now_ns())
        if len(tried) < 2:
            raise SoundError("There is no sound card.")
        return ClockSink(config, clock, "card")

    monkeypatch.setattr(mender, "Thread", InlineThread)
    monkeypatch.setattr(mender, "CardSink", open_card)
    mending = Mender(AudioConfig(), clock, dead)
    assert dead.closed
    found = None
    while found is None:
        clock.advance(0.25)
        found = mending.attempt()
    assert tried == [1_000_000_000, 2_000_000_000]
    assert found.name == "card"
    clock.advance(5.0)
    assert mending.attempt() is found


def test_a_card_that_cannot_be_closed_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, dead: Dead
) -> None:
    monkeypatch.setattr(mender, "Thread", BlockedThread)
    mending = Mender(AudioConfig(), clock, dead)
    clock.advance(60.0)
    assert mending.attempt() is None
    assert not dead.closed


def test_where_its_own_card_stays_away_any_card_is_better_than_none(
    monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, dead: Dead
) -> None:
    def open_card(config: AudioConfig, clock: VirtualClock) -> ClockSink:
        if config.device:
            raise SoundError("There is no sound card `DAC`.")
        return ClockSink(config, clock, "the other")

    monkeypatch.setattr(mender, "Thread", InlineThread)
    monkeypatch.setattr(mender, "CardSink", open_card)
    mending = Mender(AudioConfig(device="DAC"), clock, dead)
    clock.advance(4.0)
    assert mending.attempt() is None
    clock.advance(2.0)
    found = mending.attempt()
    assert found is not None
    assert found.name == "the other"
