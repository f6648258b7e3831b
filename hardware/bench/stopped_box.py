"""Stop to silence from a whole box on JACK while something else of it hangs: the button of a headset, or the box's own.

    python -m hardware.bench.stopped_box [--rounds 5] [--out FILE.jsonl]

`hung` processes are stopped by SIGSTOP before the button; a dead bus hangs everybody but audio and the panel, and takes
the sockets away. What is heard is caught, and judged, as in `hardware.bench.stops`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.errors import SystemMissingError
from device.messages import Health, Prompt
from device.processes import ALWAYS_FOLDER, names_that_run
from device.runtime.bus import Subscriber
from device.runtime.interpreter import environment, interpreter
from hardware.bench.input_node import Node
from hardware.bench.jack_capture import Capture, jack_server
from hardware.bench.running_box import RunningBox, running
from hardware.bench.stops import Stopped, judge

ROUNDS = 5
SETTLE_S, SOUND_S, READY_S, AFTER_S = 0.3, 30.0, 90.0, 0.8
SPEAKS_S = (1.6, 3.0)
"""When an announcement is stopped: after the second of silence in which it opens its card."""
LONG_PROMPT = Prompt(t_ns=0, name="needs-help-code", digits="99999999")


class State(NamedTuple):
    """Who hangs while music plays, and which button is pressed."""

    hung: tuple[str, ...] = ()
    is_headset: bool = True
    """Heard by the panel; otherwise the box's own key, which the panel has no part in."""
    is_bus_dead: bool = False


STATES = {
    "nothing hung, headset": State(),
    "hung panel, the box's own key": State(("panel",), is_headset=False),
    "hung box": State(("box",)),
    "hung manager": State(("manager",)),
    "hung loop": State(("loop",)),
    "hung composer": State(("composer",)),
    "dead bus": State(("box", "manager", "loop", "composer", "sensors", "recorder"), is_bus_dead=True),
}
ANNOUNCING = {"announcing": State(), "announcing, hung box": State(("box",))}


class Rig:
    """A box on JACK, and the button of a headset."""

    def __init__(self, box: RunningBox, headset: Node, folder: Path) -> None:
        self.box, self._headset, self._folder = box, headset, folder
        """`folder` is that of run folders."""

    def stop(self, name: str, state: State, seed: int) -> Stopped:
        """Play, hang who is to hang, press a button at a random moment and listen."""
        self.box.wait_for_state("ready", READY_S)
        self.box.type(" ")
        self.box.wait_for(lambda: self.box.status["session_id"], SOUND_S)
        run_dir = self._folder / self.box.status["session_id"]
        pids = self._pids(run_dir)
        capture = Capture()
        time.sleep(random.Random(seed).uniform(0.5, 4.0))
        with _hung([pids[victim] for victim in state.hung]):
            if state.is_bus_dead:
                for socket in run_dir.glob("*.ipc"):
                    socket.unlink()
            asked_s = self._press(is_headset=state.is_headset)
            time.sleep(AFTER_S)
            capture.close()
        return judge(name, seed, capture.blocks, asked_s, is_torn=capture.has_lost)

    def hush(self, name: str, state: State, seed: int) -> Stopped:
        """Have something said while nothing plays, and press the headset's button meanwhile."""
        self.box.wait_for_state("ready", READY_S)
        time.sleep(READY_S / 20)
        always = self._folder / ALWAYS_FOLDER
        words = interpreter(
            "-m", "device.commands.announcement", str(always), msgspec.json.encode(LONG_PROMPT).decode()
        )
        pids = {"box": self.box.process.pid}
        around = environment() | {"XDG_RUNTIME_DIR": str(self._folder.parent)}
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=around) as announcer:
            capture = _caught(announcer)
            time.sleep(random.Random(seed).uniform(*SPEAKS_S))
            with _hung([pids[victim] for victim in state.hung]):
                asked_s = self._press(is_headset=True)
                time.sleep(AFTER_S)
                capture.close()
            announcer.wait(READY_S)
        return judge(name, seed, capture.blocks, asked_s, is_torn=capture.has_lost)

    def _press(self, *, is_headset: bool) -> float:
        """Press stop; the moment before."""
        asked_s = time.monotonic()
        if is_headset:
            self._headset.down("KEY_STOPCD")
            self._headset.up("KEY_STOPCD")
        else:
            self.box.type("s")
        return asked_s

    def _pids(self, run_dir: Path) -> dict[str, int]:
        """Process -> its number, as they tell themselves."""
        found = {"box": self.box.process.pid}
        wanted = {*names_that_run("session"), "manager", "panel"}
        with (
            contextlib.closing(Subscriber(run_dir, wanted - {"panel"}, ["health"])) as session,
            contextlib.closing(Subscriber(self._folder / ALWAYS_FOLDER, ["panel"], ["health"])) as always,
        ):
            deadline_s = time.monotonic() + SOUND_S
            while wanted - found.keys():
                assert time.monotonic() < deadline_s, f"nothing was heard of {wanted - found.keys()}"
                for received in (*session.receive(100), *always.receive(100)):
                    health = received.message
                    assert isinstance(health, Health)
                    found[health.process] = health.pid
        return found


def _caught(announcer: subprocess.Popen[bytes]) -> Capture:
    """Catch what an announcer says; where it says nothing, its own words tell why."""
    try:
        return Capture()
    except SystemMissingError as error:
        announcer.kill()
        said = announcer.communicate()[0].decode().strip() or "nothing"
        raise SystemMissingError(f"{error.sentence} The announcer said: {said}.", error.action) from error


@contextmanager
def _hung(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def rig() -> Iterator[Rig]:
    """A box with its own JACK server, folders and headset."""
    with (
        jack_server(f"isotone-box-{os.getpid()}") as surroundings,
        tempfile.TemporaryDirectory(prefix="isobench", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="isorun", ignore_cleanup_errors=True) as runtime,
    ):
        os.environ.update(surroundings)
        inputs = Path(folder) / "input"
        inputs.mkdir()
        headset = Node(inputs)
        with running(Path(folder), Path(runtime), "--rig", minutes=2.0, card="system", inputs=inputs) as box:
            yield Rig(box, headset, Path(runtime) / "isotone")


def stop_all(rounds: int) -> Iterator[Stopped]:
    """Every state so often, one box for each round."""
    for number in range(rounds):
        with rig() as bench:
            for place, (name, state) in enumerate(ANNOUNCING.items()):
                yield bench.hush(name, state, 100 * number + 50 + place)
            for place, (name, state) in enumerate(STATES.items()):
                yield bench.stop(name, state, 100 * number + place)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, required=True, help="a line of JSON for each stop")
    options = parser.parse_args(argv)
    with options.out.open("ab", buffering=0) as out:
        for stopped in stop_all(options.rounds):
            out.write(msgspec.json.encode(stopped) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
