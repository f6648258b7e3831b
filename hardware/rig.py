"""The rig as one process: a Cyton on a pseudo-terminal, a wristband on a private D-Bus, and the person who wears them.

`python -m hardware.rig --dir DIR` leaves DIR/rig.json once everything is there, prints nothing, and takes faults at
DIR/control.ipc (`control.send`). It ends on SIGTERM or when its parent dies, and leaves no process behind.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from device.clock import SystemClock
from device.errors import Exit, IsotoneError
from device.messages import PlayedBar
from device.recordings.files import load_recording
from device.runtime.asking import ask
from device.runtime.bus import Subscriber
from device.runtime.run_folder import living_sessions
from hardware.control import Control
from hardware.emulators.bluez import EmulatedBluez
from hardware.emulators.cyton import PtyCyton
from hardware.emulators.private_bus import PrivateBus
from hardware.emulators.wristband import HeartRateBand
from hardware.faults import list_faults
from hardware.recorded import Body, RecordedPerson
from hardware.twin.behaviour import Acts
from hardware.twin.patient import Patient
from hardware.twin.profiles import PROFILES

LISTEN_S = 0.25
SPEAK_S = 1.0
LOOK_S = 0.5


class Rig:
    """All parts of the rig around one body, in `folder`."""

    def __init__(self, folder: Path, body: Body) -> None:
        self._folder, self._body = folder, body
        self._cyton = PtyCyton(folder / "ttyCyton", body.eeg)
        self._band = HeartRateBand(body.heartbeats, is_touched=body.is_touched)
        self._band.sends_rr = body.has_rr
        self._bus = PrivateBus(folder)
        self._bluez = EmulatedBluez(self._bus.bus_address, self._band)
        self._control = Control(folder, list_faults(self._cyton, self._band, self._bluez, self._bus))

    async def start(self) -> None:
        """Start all parts and tell in rig.json where they are."""
        await self._bus.start()
        await self._bluez.start()
        await self._cyton.start()
        await self._control.start()
        about = {
            "port": str(self._cyton.link),
            "dbus_address": self._bus.bus_address,
            "pid": os.getpid(),
            "montage": self._body.montage,
        }
        unfinished = self._folder / "rig.json.part"
        unfinished.write_text(json.dumps(about), "utf-8")
        unfinished.replace(self._folder / "rig.json")

    async def run(self, run_dir: Path | None, *, hears_any: bool = False) -> None:
        """Live in real time until cancelled, hearing the session of `run_dir`, or each that comes."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._band.run())
            if hears_any:
                tasks.create_task(self._hear_each())
            if run_dir is not None:
                tasks.create_task(self._listen(run_dir))
                tasks.create_task(self._speak(run_dir))

    async def _hear_each(self) -> None:
        """Hear the newest session for as long as it lives, then the next."""
        heard: Path | None = None
        hearing: list[asyncio.Task[None]] = []
        try:
            while True:
                newest = next(reversed(living_sessions()), None)
                if newest != heard:
                    for task in hearing:
                        task.cancel()
                    heard = newest
                    tasks = [self._listen(newest), self._speak(newest)] if newest else []
                    hearing = [asyncio.create_task(task) for task in tasks]
                await asyncio.sleep(LOOK_S)
        finally:
            for task in hearing:
                task.cancel()

    async def _listen(self, run_dir: Path) -> None:
        subscriber = Subscriber(run_dir, ["audio"], ["played"])
        try:
            while True:
                for received in subscriber.receive(timeout_ms=0):
                    if isinstance(bar := received.message, PlayedBar):
                        self._body.hear(bar)
                await asyncio.sleep(LISTEN_S)
        finally:
            subscriber.close()

    async def _speak(self, run_dir: Path) -> None:
        """Give the session what the listener wishes, by the patient's door."""
        loop = asyncio.get_running_loop()
        began_s, clock = loop.time(), SystemClock()
        while True:
            await asyncio.sleep(SPEAK_S)
            for wish in wishes_of(self._body.acts(loop.time() - began_s)):
                await asyncio.to_thread(ask, run_dir, "patient", wish, clock)

    async def stop(self) -> None:
        (self._folder / "rig.json").unlink(missing_ok=True)
        await self._control.stop()
        await self._cyton.stop()
        await self._bluez.stop()
        await self._bus.stop()


def wishes_of(acts: Iterable[Acts]) -> Iterator[dict[str, Any]]:
    """What a listener did, as wishes to the session."""
    for act in acts:
        arousal, valence = float(act.arousal[0]), float(act.valence[0])
        if not math.isnan(arousal):
            yield {"kind": "self_report", "value": arousal, "valence": valence}
        if act.wished[0]:
            yield {"kind": "more" if act.wished[0] > 0 else "too_much"}
        if act.steered[0]:
            yield {"kind": "livelier" if act.steered[0] > 0 else "calmer"}


def build_body(seed: int, listener: str, recordings: list[Path]) -> Body:
    """The virtual patient `listener`, or the person of `recordings` with that patient for what they lack.

    A name that no profile has is worn by the guest.
    """
    patient = Patient(seed, PROFILES.get(listener, PROFILES["guest"]))
    return RecordedPerson(load_recording(recordings), patient) if recordings else patient


async def _live(options: argparse.Namespace) -> None:
    rig = Rig(options.dir, build_body(options.seed, options.listener, options.recording))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        loop.add_reader(os.pidfd_open(options.parent), stopped.set)
    except ProcessLookupError:  # killed before the rig was up
        return
    try:
        await rig.start()
        life = asyncio.create_task(rig.run(options.run_dir, hears_any=options.any_session))
        end = asyncio.create_task(stopped.wait())
        await asyncio.wait({life, end}, return_when=asyncio.FIRST_COMPLETED)
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
    finally:
        await rig.stop()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m hardware.rig",
        description="Emulated sensors and a virtual patient.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    about = "\n".join(f"{name:14} {profile.about}" for name, profile in PROFILES.items())
    parser.add_argument("--list-listeners", action="version", version=about, help="say who can be worn, and end")
    parser.add_argument("--dir", type=Path, required=True, help="folder for the sensors' names and the control socket")
    parser.add_argument("--run-dir", type=Path, help="run folder of the session whose music is heard")
    parser.add_argument("--any-session", action="store_true", help="hear the music of each session that comes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--listener", default="guest", help=f"{', '.join(sorted(PROFILES))}, or any name")
    parser.add_argument("--recording", type=Path, nargs="+", default=[], help="recordings to replay instead")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="process to die with [default: the parent]")
    options = parser.parse_args(arguments)
    options.dir = options.dir.resolve()
    options.dir.mkdir(parents=True, exist_ok=True)
    return options


def main() -> int:
    options = _parse(sys.argv[1:])
    try:
        asyncio.run(_live(options))
    except IsotoneError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return int(Exit.OK)


if __name__ == "__main__":
    sys.exit(main())
