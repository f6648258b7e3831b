"""The processes that outlive sessions: started with the box, started again when they die, and never given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from device.clock import Clock, Standstill
from device.config import DeviceConfig
from device.errors import IsotoneError
from device.messages import Health
from device.processes import PROCESSES, names_that_run
from device.runtime.children import Child
from device.runtime.supervisor import Supervisor

CODE = "21"
"""What is said where a process does not stay alive."""
PATIENCE_NS = 30_000_000_000
"""One that died too often rests for so long before it is tried again, and counts as mended when it lived as long."""


def needed() -> tuple[str, ...]:
    """Those without which the box needs help."""
    return tuple(name for name in names_that_run("always") if not PROCESSES[name].switch)


def extras(device: DeviceConfig) -> tuple[str, ...]:
    """Those that device.toml switches on: they may die at any time, and music goes on without them."""
    switches = {name: PROCESSES[name].switch for name in names_that_run("always")}
    return tuple(name for name, switch in switches.items() if switch and getattr(device, switch).on)


class Residents:
    """`launch(name, incarnation)` starts one. Call `turn` several times a second."""

    def __init__(self, names: Iterable[str], launch: Callable[[str, int], Child], folder: Path, clock: Clock) -> None:
        self._supervisor = Supervisor(names, launch, folder, clock)
        self._clock, self._standstill = clock, Standstill(clock)
        self._again_ns: dict[str, int] = {}
        self._ill_until_ns: dict[str, int] = {}
        self.problem = ""
        """What is wrong with them, as a sentence; empty: nothing."""

    def start(self) -> None:
        for name in self._supervisor.watched:
            self._try(name, self._clock.now_ns())

    def hear(self, health: Health) -> None:
        self._supervisor.hear(health)

    def are_up(self) -> bool:
        return not self._supervisor.unready()

    def turn(self) -> list[str]:
        """Bury and start again what died; returns what happened, in words."""
        now_ns = self._clock.now_ns()
        if self._standstill.passed_ns():
            self._supervisor.forgive()
        told = []
        for death in self._supervisor.watch(now_ns, kill_hung=True):
            reason = f" {death.fault.sentence}" if death.fault else ""
            sentence = f"The process `{death.name}` ended ({death.exit_code}).{reason}"
            told.append(sentence)
            if death.is_last or death.fault:
                self._put_off(death.name, sentence, now_ns)
            else:
                self._try(death.name, now_ns)
        for name in [name for name, at_ns in self._again_ns.items() if now_ns >= at_ns]:
            del self._again_ns[name]
            self._try(name, now_ns)
        self._recover(now_ns)
        return told

    def _try(self, name: str, now_ns: int) -> None:
        try:
            self._supervisor.restart(name)
        except (OSError, IsotoneError) as error:
            self._put_off(name, f"The process `{name}` cannot be started: {error}.", now_ns)

    def _put_off(self, name: str, problem: str, now_ns: int) -> None:
        """Try it again later, and ask for help until it has lived for a while."""
        self.problem = problem
        self._ill_until_ns[name] = now_ns + 2 * PATIENCE_NS
        self._again_ns[name] = now_ns + PATIENCE_NS

    def _recover(self, now_ns: int) -> None:
        """What has lived long enough is no problem any more."""
        watched = self._supervisor.watched
        for name, until_ns in list(self._ill_until_ns.items()):
            if now_ns >= until_ns and watched[name].ready and name not in self._again_ns:
                del self._ill_until_ns[name]
        self.problem = self.problem if self._ill_until_ns else ""

    def stop(self, meanwhile: Callable[[], None]) -> None:
        self._supervisor.stop(self._supervisor.watched, meanwhile)
