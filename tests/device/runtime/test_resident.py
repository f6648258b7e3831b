"""A process that outlives sessions: no session starts or awaits it; it hears each of them, and each hears it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from device.clock import SystemClock
from device.config import DeviceConfig, SessionConfig
from device.errors import Exit
from device.messages import Marker, Message, MusicIntent
from device.processes import PROCESSES, Process, names_that_run
from device.runtime.bus import Received, Subscriber, always_dir
from device.runtime.children import ThreadChild, ThreadLauncher
from device.runtime.manager import Manager
from device.runtime.resident import ResidentContext, device_path, run_resident
from device.runtime.run_folder import claim_run_folder, make_always_dir, name_session
from device.runtime.supervisor import Supervisor
from tests.device.table import SMALL, use_table

heard: list[tuple[Path, Message]] = []
"""What the panel heard, and in which session it was when it did."""


def panel(context: ResidentContext) -> None:
    """Press a button again and again and note what sessions say."""
    while context.beat():
        for received in context.receive(20):
            heard.extend((run_dir, received.message) for run_dir in context.sessions[-1:])
        context.publish(Marker(t_ns=context.clock.now_ns(), text="a button was pressed"))


TABLE = SMALL | {"panel": Process(f"{__name__}:panel", reads=("intents",), runs="always")}


class Witness:
    def __init__(self) -> None:
        self.seen: list[Received] = []

    def see(self, received: Received) -> None:
        self.seen.append(received)

    def refresh(self, now_ns: int) -> None:
        pass


@pytest.fixture
def resident(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> Iterator[Supervisor]:
    """The panel as a daemon would run it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    use_table(monkeypatch, TABLE)
    heard.clear()
    folder = make_always_dir()
    device_path(folder).write_bytes(msgspec.json.encode(DeviceConfig()))
    launch = lambda name, incarnation: ThreadChild(name, partial(run_resident, name, incarnation, folder))  # noqa: E731
    supervisor = Supervisor(names_that_run("always"), launch, folder, SystemClock())
    supervisor.start()
    yield supervisor
    supervisor.stop(["panel"], lambda: None)
    assert supervisor.watched["panel"].child.exit_code() == 0  # type: ignore[union-attr]


def play(config: SessionConfig, folder: Path) -> Witness:
    witness = Witness()
    own = msgspec.structs.replace(config, run_dir=str(folder))
    assert Manager(own, SystemClock(), ThreadLauncher(), witness).run() is Exit.OK
    return witness


def test_a_process_outlives_two_sessions_and_hears_both(resident: Supervisor, config: SessionConfig) -> None:
    folders, witnesses = [], []
    for _ in range(2):
        with claim_run_folder(name_session()) as folder:
            folders.append(folder)
            witnesses.append(play(config, folder))
            assert always_dir(folder) == make_always_dir()
    for folder, witness in zip(folders, witnesses, strict=True):
        kinds = {type(message) for run_dir, message in heard if run_dir == folder}
        assert MusicIntent in kinds
        pressed = [item for item in witness.seen if item.process == "panel"]
        assert pressed, "the session did not hear the panel"
    assert resident.watched["panel"].incarnation == 0
    assert resident.watch(SystemClock().now_ns(), kill_hung=False) == []
    assert not any((folder / "panel.ipc").exists() for folder in folders), "no session has a panel of its own"


def test_a_session_needs_no_process_that_outlives_it(
    monkeypatch: pytest.MonkeyPatch, config: SessionConfig, run_dir: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    use_table(monkeypatch, TABLE)
    with claim_run_folder(name_session()) as folder:
        assert not any(item.process == "panel" for item in play(config, folder).seen)


def test_a_resident_that_dies_is_started_again_and_heard_under_its_new_number(resident: Supervisor) -> None:
    folder = make_always_dir()
    ears, clock = Subscriber(folder, ["panel"], ["health"]), SystemClock()

    def hear(incarnation: int) -> bool:
        healths = [item.message for item in ears.receive(20)]
        return any(health.incarnation == incarnation for health in healths)  # type: ignore[attr-defined]

    wait_for(lambda: hear(0))
    child = resident.watched["panel"].child
    assert child
    child.kill()
    wait_for(lambda: child.exit_code() is not None)
    (death,) = resident.watch(clock.now_ns(), kill_hung=False)
    assert (death.name, death.exit_code, death.fault, death.is_last) == ("panel", 0, None, False)
    resident.restart("panel")
    wait_for(lambda: hear(1))
    ears.close()


def test_a_resident_without_configuration_says_why(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    use_table(monkeypatch, TABLE)
    assert run_resident("panel", 0, run_dir, threading.Event()) == Exit.CONFIG
    assert "device.json cannot be read" in (run_dir / "panel.fault.json").read_text()


def test_it_runs_in_an_interpreter_of_its_own(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    """As a daemon starts it: `python -m device.host NAME FOLDER INCARNATION`."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    folder = make_always_dir()
    device_path(folder).write_bytes(msgspec.json.encode(DeviceConfig()))
    script = (
        "import sys; from device import host; from device.processes import PROCESSES;"
        "from tests.device.runtime.test_resident import TABLE; PROCESSES.update(TABLE);"
        f"from pathlib import Path; sys.exit(host.serve('panel', Path({str(folder)!r}), 3))"
    )
    house = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    child = subprocess.Popen([sys.executable, "-c", script], env=house)
    ears = Subscriber(folder, ["panel"], ["markers", "health"])
    try:
        wait_for(lambda: any(item.incarnation == 3 for item in ears.receive(50)))
        child.terminate()
        assert child.wait(20) == 0
    finally:
        child.kill()
        child.wait()
        ears.close()


def wait_for(is_so: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


def test_the_rows_of_a_session_are_all_there_is_until_a_box_has_more() -> None:
    assert {row.runs for row in PROCESSES.values()} <= {"always", "session"}
    assert set(names_that_run("session")) | set(names_that_run("always")) == set(PROCESSES)
