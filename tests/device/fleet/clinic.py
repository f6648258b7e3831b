"""A clinic with simulated boxes: each with its own folders of programs, its agent, and a power button."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from device.clock import SystemClock
from device.errors import BusyError
from device.fleet.agent import Agent, Renewed
from device.fleet.layout import FleetConfig
from device.messages import BoxState, BoxStatus
from device.processes import BOX
from device.runtime.bus import Publisher
from device.updates.bundle import open_bundle
from device.updates.folders import COMPATIBLE, Folders, Standing
from tests.deploy.bundling.signing import make_bundle, make_keys
from tests.device.fleet.broker import Fleet

LAUNCH = Path(__file__).parents[3] / "deploy/launch"
ALWAYS = "00:00-24:00"
OLD, NEW = "1.0.0", "1.1.0"
WAIT_S = 60.0


class SimulatedDoor:
    """The folders of one box. Its start is the launcher's, and `is_healthy` says whether a version proves itself."""

    def __init__(self, home: Path, keyring: Path, is_healthy: Callable[[str], bool]) -> None:
        self.home, self._keyring, self._is_healthy = home, keyring, is_healthy
        self.running = ""
        self.has_to_restart = self.is_busy = False
        self.started: list[str] = []

    def folders(self) -> Folders:
        return Folders(self.home, self.running)

    def standing(self) -> Standing:
        return self.folders().standing()

    def look(self, bundle: Path) -> None:
        self.folders().refuse_unfit(open_bundle(bundle, self._keyring).manifest)

    def install(self, bundle: Path) -> None:
        if self.is_busy:
            raise BusyError("A session plays.")
        self.folders().install(open_bundle(bundle, self._keyring), lambda _share: None)

    def restart(self) -> None:
        self.has_to_restart = True

    def start(self) -> None:
        """A power-on; what proves itself is kept, what does not starts again."""
        self.has_to_restart = False
        done = subprocess.run([LAUNCH, self.home, "box"], capture_output=True, text=True, check=True)
        version, self.running, *_ = done.stdout.split()
        self.started.append(version)
        if self._is_healthy(version):
            self.folders().mark_good()
        else:
            self.has_to_restart = True


class Box:
    """A simulated box; `turn` is one step of its agent and its life."""

    def __init__(self, config: FleetConfig, folder: Path, door: SimulatedDoor, hours: str = ALWAYS) -> None:
        self.name, self.door, self._folder = config.name, door, folder
        self._config, self._hours = config, hours
        self.status: BoxState = "ready"

    @contextlib.contextmanager
    def on(self) -> Iterator[Box]:
        """Its agent runs."""
        self._folder.mkdir(exist_ok=True)
        with (
            contextlib.closing(Publisher(self._folder, BOX, 0, SystemClock())) as self._publisher,
            contextlib.closing(self._agent()) as self._running,
        ):
            self._running.begin()
            yield self

    def _agent(self) -> Agent:
        renewed = Renewed(self._folder / "fetched", self.door, self._hours)
        return Agent(self._config, "0.0.0", self._folder, self._folder, lambda: (7, 1), SystemClock(), renewed)

    @property
    def is_in(self) -> bool:
        """Whether the broker lets its agent in."""
        return not self._running.trouble

    def turn(self) -> None:
        if self.door.has_to_restart:
            self.door.start()
        status = BoxStatus(t_ns=SystemClock().now_ns(), state=self.status, sentence="", light="ready", code="")
        self._publisher.send(status)
        self._running.turn()


class Clinic:
    """Boxes at version 1.0.0, those named in `bad` do not prove 1.1.0, and whoever rolls it out."""

    def __init__(self, folder: Path, names: tuple[str, ...], bad: frozenset[str]) -> None:
        self.wait_s = WAIT_S
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
        until_s = time.monotonic() + self.wait_s
        while tool.poll() is None and time.monotonic() < until_s:
            self.turn()
        tool.kill()
        out, why = tool.communicate()
        assert out, why
        return tool.returncode, [json.loads(line) for line in out.splitlines()]

    def come_in(self) -> None:
        """Until the broker knows all boxes."""
        until_s = time.monotonic() + self.wait_s
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
