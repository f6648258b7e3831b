"""Boxes tell a real broker how they are, and whoever may ask sees it; nobody speaks for another."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.cli import main
from device.clock import SystemClock
from device.errors import ConfigError, SystemMissingError
from device.fleet.agent import Agent
from device.fleet.board import Board, Line
from device.fleet.broker import Broker
from device.fleet.layout import FleetConfig, Groups
from device.messages import BoxStatus
from device.processes import BOX
from device.runtime.bus import Publisher
from tests.device.fleet.broker import Fleet, needs_mosquitto

pytestmark = needs_mosquitto
WAIT_S = 20.0


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    folder = tmp_path / "broker"
    folder.mkdir()
    return Fleet(folder)


@contextlib.contextmanager
def box(config: FleetConfig, folder: Path) -> Iterator[tuple[Agent, Publisher]]:
    """An agent, and the bus of its box."""
    folder.mkdir()
    with (
        contextlib.closing(Publisher(folder, BOX, 0, SystemClock())) as publisher,
        contextlib.closing(Agent(config, "0.7.0", folder, folder, lambda: (7, 1), SystemClock())) as agent,
    ):
        agent.begin()
        yield agent, publisher


def turn_until(agents: list[tuple[Agent, Publisher]], state: str, is_so: Callable[[], bool]) -> None:
    """Let the boxes be in a state until something is so."""
    until_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < until_s
        for agent, publisher in agents:
            publisher.send(BoxStatus(t_ns=SystemClock().now_ns(), state=state, sentence="", light="ready", code=""))  # type: ignore[arg-type]
            agent.turn()


def seen(config: FleetConfig, group: str | None = None) -> list[Line]:
    board = Board()
    broker = Broker(config, board.hear, is_box=False)
    broker.connect()
    board.wait()
    broker.end()
    return board.lines(Groups(), group)


def test_how_boxes_are_is_seen_and_who_goes_is_missed(fleet: Fleet, tmp_path: Path) -> None:
    technician = fleet.member("technician")
    with fleet.running():
        with contextlib.ExitStack() as boxes:
            configs = [fleet.member("anna-1", "ward"), fleet.member("ben-2")]
            agents = [boxes.enter_context(box(config, tmp_path / config.name)) for config in configs]
            turn_until(agents, "ready", lambda: [line.report.state for line in seen(technician)] == ["ready", "ready"])
            assert all(line.online for line in seen(technician))
            (line,) = seen(technician, "ward")
            assert (line.report.name, line.report.version, line.report.n_sessions) == ("anna-1", "0.7.0", 7)
            turn_until(agents, "session", lambda: {line.report.state for line in seen(technician)} == {"session"})
        assert [line.online for line in seen(technician)] == [False, False]


def test_a_broker_that_comes_later_is_told_as_well(fleet: Fleet, tmp_path: Path) -> None:
    technician, config = fleet.member("technician"), fleet.member("anna-1")
    with box(config, tmp_path / "anna") as running:
        for _ in range(4):
            running[0].turn()
        with fleet.running():
            turn_until([running], "ready", lambda: [line.online for line in seen(technician)] == [True])


def test_nobody_speaks_for_another_box(fleet: Fleet, tmp_path: Path) -> None:
    technician = fleet.member("technician")
    anna = fleet.member("anna-1")
    thief = FleetConfig(
        name="ben-2", broker=anna.broker, port=anna.port,
        authority=anna.authority, certificate=anna.certificate, key=anna.key,
    )  # fmt: skip
    with fleet.running(), box(thief, tmp_path / "thief") as running:
        for _ in range(8):
            running[0].turn()
        assert seen(technician) == []


def test_the_command_shows_boxes_that_need_somebody_first(fleet: Fleet, tmp_path: Path) -> None:
    technician = fleet.member("technician")
    written = fleet.write(technician)
    with fleet.running(), box(fleet.member("anna-1"), tmp_path / "anna") as running:
        turn_until([running], "ready", lambda: bool(seen(technician)))
        done = CliRunner().invoke(main, ["fleet", "status", "--config", str(written), "--json"])
        told: list[dict[str, Any]] = json.loads(done.stdout)
        assert [(box["name"], box["online"]) for box in told] == [("anna-1", True)]
        shown = CliRunner().invoke(main, ["fleet", "status", "--config", str(written)])
        assert "anna-1" in shown.stdout


def test_who_looks_with_a_boxs_certificate_is_told_that_it_may_not_and_the_box_stays_in(
    fleet: Fleet, tmp_path: Path
) -> None:
    technician, anna = fleet.member("technician"), fleet.member("anna-1")
    with fleet.running(), box(anna, tmp_path / "anna") as running:
        turn_until([running], "ready", lambda: bool(seen(technician)))
        assert seen(anna) == []
        running[0].turn()
        assert [line.online for line in seen(technician)] == [True]


def test_something_else_than_a_broker_is_said(fleet: Fleet) -> None:
    technician = fleet.member("technician")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", technician.port))
        with pytest.raises(SystemMissingError, match="does not"):
            seen(technician)


def test_no_broker_and_no_certificate_are_said(fleet: Fleet) -> None:
    technician = fleet.member("technician")
    with pytest.raises(SystemMissingError, match="does not answer"):
        seen(technician)
    broken = FleetConfig(name="x", broker="localhost", authority="/none", certificate="/none", key="/none")
    with pytest.raises(ConfigError, match="certificates of the fleet"):
        Broker(broken, lambda _kind, _name, _payload: None, is_box=True)
