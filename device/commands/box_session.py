"""A session that the box starts: `python -m device.commands.box_session FOLDER` loads, and waits for a press.

It says in lines of JSON (`box.session_child.Said`) that it waits, where the session runs and how it ended; its order
comes as a line on its input. Loaded beforehand, it is a second nearer to the first sound. What the session was is
summed up by the box afterwards, so that nobody waits for a picture.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from device.box.session_child import WAITS, Order, Said
from device.commands.intake import demand_known
from device.commands.plans import plan_session, read_plan
from device.commands.prescriptions import load_prescription
from device.commands.session import prepared, run_session
from device.commands.signals import Signals, orderly_signals
from device.config import DeviceConfig, SessionConfig
from device.console.printing import say_json
from device.errors import IsotoneError
from device.nursery import be_called, load, nursery
from device.runtime.bus import Received
from device.runtime.children import Launcher
from device.runtime.manager import Manager
from device.runtime.resident import read_device


class Guardian:
    """Watches nothing but whether the box is still there: a session without it ends as if it had been stopped."""

    def __init__(self) -> None:
        self._box_pid = os.getppid()
        self._manager: Manager | None = None

    def attach(self, manager: Manager) -> None:
        self._manager = manager

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def see(self, received: Received) -> None:
        pass

    def refresh(self, now_ns: int) -> None:
        del now_ns
        if self._manager and os.getppid() != self._box_pid:
            self._manager.request_stop()


def play(device: DeviceConfig, order: Order, signals: Signals, launcher: Launcher) -> None:
    """Play what is ordered; a refusal is said as how it ended."""
    try:
        with _ordered(device, order) as config:
            signals.check()
            known = config.known_devices
            say_json(Said(session=config.session_dir, run_dir=config.run_dir, known_devices=known))
            end = run_session(config, Guardian(), signals, launcher)
        say_json(Said(session=config.session_dir, exit=int(end.code), fault=end.sentence))
    except IsotoneError as error:
        say_json(Said(exit=int(error.exit_code), fault=str(error), code=type(error).__name__))
        sys.exit(int(error.exit_code))
    sys.exit(int(end.code))


@contextmanager
def _ordered(device: DeviceConfig, order: Order) -> Iterator[SessionConfig]:
    """The session of an order, prepared."""
    demand_known(device, order.listener)
    path = Path(order.prescription) if order.prescription else None
    prescription = load_prescription(path)
    written = read_plan(Path(order.plan) if order.plan else None, prescription, path)
    planned = plan_session(written, prescription, order.minutes, device.session.minutes, device.affect.baseline_s)
    with prepared(
        device, planned.prescription, listener=order.listener, minutes=planned.minutes, seed=None, out=None
    ) as config:
        yield config


def main() -> None:
    with orderly_signals() as signals:
        with signals.interrupting():
            device = read_device(Path(sys.argv[1]))
            load()
            be_called(WAITS)
            say_json(Said(waits=True))
            line = sys.stdin.buffer.readline()
        if line:
            be_called("manager")
            with nursery() as launcher:
                play(device, msgspec.json.decode(line, type=Order), signals, launcher)


if __name__ == "__main__":
    main()
