"""A clinic with simulated boxes: each with its own folders of programs, its agent, and a power button."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from device.clock import SystemClock
from device.errors import BusyError
from device.fleet.agent import Agent, Renewed
from device.fleet.layout import FleetConfig
from device.messages import BoxState, BoxStatus
from device.processes import BOX
from device.runtime.bus import Publisher
from device.updates.bundle import open_bundle
from device.updates.folders import Folders, Standing

LAUNCH = Path(__file__).parents[3] / "deploy/launch"
ALWAYS = "00:00-24:00"


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
