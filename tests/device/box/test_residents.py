"""What outlives sessions is started again when it dies, told when it keeps dying, and never given up."""

from pathlib import Path

import pytest

from device.box.residents import PATIENCE_NS, Residents
from device.clock import VirtualClock
from device.errors import SystemMissingError
from device.messages import Fault, Health
from device.processes import Process
from device.runtime.life import leave_fault
from tests.device.box.processes import FakeChild
from tests.device.table import SMALL, use_table


class House:
    """The panel, and how it fares."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(1_000_000_000)
        self.started: list[FakeChild] = []
        self.can_start = True
        self.residents = Residents(["panel"], self._launch, folder, self.clock)
        self.residents.start()

    def _launch(self, name: str, incarnation: int) -> FakeChild:
        if not self.can_start:
            raise SystemMissingError("No process can be had.")
        self.incarnation = incarnation
        self.started.append(FakeChild())
        return self.started[-1]

    def live(self, seconds: float) -> list[str]:
        told = []
        for _ in range(round(seconds * 2)):
            self.clock.advance(0.5)
            self.residents.hear(self._heartbeat())
            told += self.residents.turn()
        return told

    def _heartbeat(self) -> Health:
        now = self.incarnation
        return Health(t_ns=0, process="panel", pid=1, incarnation=now, ready=True, rss_mb=1.0, cpu_s=0.0)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:
    use_table(monkeypatch, SMALL | {"panel": Process(f"{__name__}:panel", runs="always")})
    return House(tmp_path)


def test_one_that_dies_is_started_again_at_once(house: House) -> None:
    house.live(1)
    assert house.residents.are_up()
    house.started[-1].code = 1
    assert "panel" in house.live(1)[0]
    assert len(house.started) == 2
    assert house.residents.problem == ""


def test_one_that_keeps_dying_is_a_problem_until_it_lives(house: House) -> None:
    for _ in range(3):
        house.started[-1].code = 1
        house.live(1)
    assert "panel" in house.residents.problem
    n_started = len(house.started)
    house.live(PATIENCE_NS / 1e9 - 5)
    assert len(house.started) == n_started, "it is not tried all the time"
    house.live(10)
    assert len(house.started) == n_started + 1
    assert house.residents.problem
    house.live(2 * PATIENCE_NS / 1e9)
    assert house.residents.problem == ""


def test_one_that_says_nothing_is_started_again(house: House) -> None:
    house.live(1)
    for _ in range(20):
        house.clock.advance(0.5)
        house.residents.turn()
    assert len(house.started) == 2


def test_its_own_reason_is_told(house: House, tmp_path: Path) -> None:
    leave_fault(tmp_path, Fault(t_ns=0, process="panel", code="ConfigError", sentence="No such pin.", action=""))
    house.started[-1].code = 3
    house.live(1)
    assert "No such pin." in house.residents.problem


def test_where_none_can_be_started_it_is_tried_again(house: House) -> None:
    house.can_start = False
    house.started[-1].code = 1
    house.live(1)
    assert "cannot be started" in house.residents.problem
    house.can_start = True
    house.live(3 * PATIENCE_NS / 1e9)
    assert house.residents.problem == ""
