"""A roll-out by the command, over a real broker to boxes with folders of their own: it halts, and outlives a kill."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.cli import main
from device.fleet import agent
from device.updates.folders import COMPATIBLE
from tests.deploy.bundling.signing import make_bundle, make_keys
from tests.device.fleet.broker import Fleet, needs_mosquitto
from tests.device.fleet.clinic import Box, SimulatedDoor

pytestmark = needs_mosquitto
OLD, NEW = "1.0.0", "1.1.0"
WAIT_S = 60.0


@pytest.fixture(autouse=True)
def alone_and_quick(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens here, and what is new is told at once."""
    monkeypatch.setattr(agent, "SOON_NS", 100_000_000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))


class Clinic:
    """Boxes at version 1.0.0, those named in `bad` do not prove 1.1.0, and whoever rolls it out."""

    def __init__(self, folder: Path, names: tuple[str, ...], bad: frozenset[str]) -> None:
        (folder / "broker").mkdir()
        self.fleet = Fleet(folder / "broker")
        self._folder, self._signing = folder, make_keys(folder)
        old = make_bundle(folder, OLD, self._signing, COMPATIBLE)
        self.bundle = make_bundle(folder, NEW, self._signing, COMPATIBLE, n_bytes=900_000)
        self.boxes = [self._box(name, old, is_bad=name in bad) for name in names]
        self._config = self.fleet.write(self.fleet.member("technician"))

    def _box(self, name: str, old: Path, *, is_bad: bool) -> Box:
        folder = self._folder / name
        door = SimulatedDoor(folder / "home", self._signing[0], lambda version: version == OLD or not is_bad)
        door.install(old)
        door.start()
        return Box(self.fleet.member(name, "ward"), folder, door)

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        with contextlib.ExitStack() as boxes:
            for box in self.boxes:
                boxes.enter_context(box.on())
            yield

    def words(self, *more: str) -> list[str]:
        places = ("--config", self._config, "--keyring", self._signing[0], "--state", self._folder / "state")
        return ["fleet", "update", *map(str, (self.bundle, "--group", "ward", "--json", "--now", *places)), *more]

    def begin(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "device.cli", *self.words(*more)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def turn_until_over(self, tool: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]]]:
        until_s = time.monotonic() + WAIT_S
        while tool.poll() is None and time.monotonic() < until_s:
            self.turn()
        tool.kill()
        out, why = tool.communicate()
        assert out, why
        return tool.returncode, [json.loads(line) for line in out.splitlines()]

    def come_in(self) -> None:
        """Until the broker knows all boxes."""
        until_s = time.monotonic() + WAIT_S
        self.turn()
        while not all(box.is_in for box in self.boxes) and time.monotonic() < until_s:
            self.turn()

    def turn(self) -> None:
        for box in self.boxes:
            box.turn()
        time.sleep(0.02)

    def versions(self) -> dict[str, str]:
        """What each box starts into."""
        for box in self.boxes:
            box.door.start()
        return {box.name: box.door.started[-1] for box in self.boxes}


def test_it_halts_by_itself_and_who_failed_is_back_on_the_old_version(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, ("box-0", "box-1", "box-2", "box-3"), frozenset({"box-1", "box-2"}))
    with clinic.fleet.running(), clinic.on():
        clinic.come_in()
        code, told = clinic.turn_until_over(clinic.begin("--failures", "1", "--at-once", "1"))
        assert (code, told[-1]["state"]) == (13, "halted")
        assert "2 failed (box-1, box-2)" in told[-1]["why"]
        seen = {row["box"]: row for row in told if "box" in row}
        assert (seen["box-2"]["before"], seen["box-2"]["version"]) == (OLD, OLD)
    assert clinic.versions() == {"box-0": NEW, "box-1": OLD, "box-2": OLD, "box-3": OLD}


def test_killed_tool_and_broker_lose_nothing(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, ("box-0", "box-1"), frozenset())
    with clinic.on():
        with clinic.fleet.running():
            clinic.come_in()
            tool = clinic.begin()
            until_s = time.monotonic() + WAIT_S
            while not (tmp_path / "state/ward.json").exists() and time.monotonic() < until_s:
                clinic.turn()
            assert (tmp_path / "state/ward.json").exists()
            tool.kill()
            tool.communicate()
        with clinic.fleet.running():
            code, told = clinic.turn_until_over(clinic.begin())
        assert (code, told[-1]["state"], told[-1]["told"]) == (0, "done", {"good": 2})
    assert set(clinic.versions().values()) == {NEW}


@pytest.fixture
def groups(tmp_path: Path) -> list[str]:
    return ["--groups", str(tmp_path / "groups.toml"), "--json"]


def test_a_group_is_a_list_in_the_clinics_file(groups: list[str]) -> None:
    def ask(*words: str) -> Any:
        done = CliRunner().invoke(main, ["fleet", "group", *words, *groups])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert ask() == {}
    assert ask("ward-3", "ben-2", "anna-1") == {"ward-3": ["anna-1", "ben-2"]}
    ask("ward-4", "ben-2")
    assert ask() == {"ward-3": ["anna-1"], "ward-4": ["ben-2"]}
    assert ask("ward-3", "--dissolve") == {}
    assert ask() == {"ward-4": ["ben-2"]}


@pytest.mark.parametrize("words", [("Ward", "anna-1"), ("ward", "anna 1"), ("--dissolve",)])
def test_a_name_that_is_none_is_refused(words: tuple[str, ...], groups: list[str], tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["fleet", "group", *words, *groups]).exit_code in {2, 3}
    assert not (tmp_path / "groups.toml").exists()
