"""`isotone box`: the box that is always on; with `--rig` it runs here, with emulated sensors and keys for buttons."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import click
import msgspec

from device.box.daemon import Box, Setup
from device.box.ledger import claim
from device.box.picture import draw
from device.box.programme import plan_of
from device.clock import SystemClock
from device.commands.options import DEVICE_TOML, Bounded, Words, device_option, json_option
from device.commands.plans import plan_session, read_plan
from device.commands.prescriptions import load_prescription
from device.commands.rig import RigProcess
from device.commands.session_folder import sessions_root
from device.commands.signals import Signals, orderly_signals
from device.commands.web import address_of, registry_of, with_places
from device.config import DeviceConfig, load, path_of
from device.console.keyboard import Keys
from device.console.printing import say, say_json, say_script
from device.errors import Exit
from device.messages import BoxStatus, Button, Press
from device.processes import BOX
from device.programme_layout import DayRow
from device.runtime.bus import Publisher
from device.runtime.run_folder import make_always_dir
from device.web.roles import ROLES

KEYS: dict[str, Button] = {
    " ": "play", "p": "play", "s": "stop", "-": "softer", "+": "louder", "m": "more", "t": "too_much",
}  # fmt: skip
KEYS_HELP = ", ".join(f"{'space' if key == ' ' else key} {button}" for key, button in KEYS.items()) + ", q ends the box"
SCRIPT = re.compile(rf"(\d+(?:\.\d+)?):({'|'.join(get_args(Button))})")


class Timed(NamedTuple):
    """A press that is to come."""

    at_s: float
    button: Button


class Presses(click.types.StringParamType):
    """`0:play 20:stop`: seconds since the box was ready, and the button."""

    name = "presses"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = [SCRIPT.fullmatch(word) for word in str(value).split()]
        if not all(found):
            self.fail(f"give presses as in `0:play 20:stop`, with {', '.join(get_args(Button))}.", param, ctx)
        return tuple(sorted(Timed(float(each[1]), each[2]) for each in found if each))  # type: ignore[arg-type]


@click.command()
@device_option
@click.option("--prescription", "prescription_path", type=click.Path(path_type=Path), help="prescription.toml.")
@click.option("--listener", type=Words(), help="Who plays on this box.")
@click.option("--minutes", type=Bounded(min=0.2, max=240), help="Length of sessions where no plan says it.")
@click.option("--rig", "with_rig", is_flag=True, help=f"Emulated sensors, and keys for buttons: {KEYS_HELP}.")
@click.option("--no-sound", is_flag=True, help="No sound card: record what would be heard, in real time.")
@click.option("--web", "with_web", is_flag=True, help="Show it in a browser, whatever device.toml says.")
@click.option("--press", "script", type=Presses(), default="", help="Press buttons by itself: `0:play 20:stop`.")
@click.option("--check", "is_checked", is_flag=True, help="Say what the programme means and what is missing, and end.")
@click.option("--draw", "is_drawn", is_flag=True, help="Print the picture of what the box does (Mermaid), and end.")
@json_option
def box(
    device_path: Path | None,
    with_rig: bool,
    with_web: bool,
    script: tuple[Timed, ...],
    is_checked: bool,
    is_drawn: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Be the box that is always on: ready until a button is pressed, then a session, and ready again."""
    if is_drawn:
        say_script(draw())
        return
    device = DeviceConfig() if with_rig and device_path is None else load(device_path or DEVICE_TOML, DeviceConfig)
    setup = _with_web(_set_up(device, **options), is_wanted=with_web)
    if is_checked:
        from device.commands.box_check import check  # noqa: PLC0415 - a box that idles carries nothing it does not need

        sys.exit(check(setup, device_path, as_json=as_json))
    os.umask(0o077)  # what is kept and said is for this user alone
    tell, show = _teller(as_json=as_json), _viewer(as_json=as_json)
    # There is one box, and whatever it starts, its rig too, it starts once that is sure.
    with (
        orderly_signals() as signals,
        closing(Publisher(setup.folder, BOX, 0, SystemClock())) as publisher,
        claim(setup.sessions.parent),
        _worn(setup, signals, with_rig=with_rig) as worn,
    ):
        if with_web:
            _tell_codes(setup.device, as_json=as_json)
        running = Box(worn, publisher, SystemClock(), tell, show)
        _run(running, script, signals)
    if running.is_to_start_again:
        sys.exit(Exit.RESTART)


def _set_up(
    device: DeviceConfig, prescription_path: Path | None, listener: str | None, minutes: float | None, *, no_sound: bool
) -> Setup:
    """What the box plays, from the command line, the programme and device.toml, in this order.

    Raises:
        ConfigError: a file cannot be read, or a plan of the programme cannot be played.
    """
    if no_sound:
        device = msgspec.structs.replace(device, audio=msgspec.structs.replace(device.audio, sink="wav"))
    if prescription_path is None and device.box.prescription:
        prescription_path = path_of(device.box.prescription, "box.prescription")
    prescription = load_prescription(prescription_path)
    programme = prescription.programme
    for row in programme.days or (DayRow(),):
        written = read_plan(plan_of(row, prescription_path), prescription, prescription_path)
        length = minutes if row.minutes is None else row.minutes
        plan_session(written, prescription, length, device.session.minutes, device.affect.baseline_s)
    return Setup(
        device=device,
        folder=make_always_dir(),
        sessions=sessions_root(device),
        prescription=str(prescription_path.resolve()) if prescription_path else "",
        programme=programme,
        listener=listener or programme.listener or device.box.listener,
        minutes=minutes,
    )


def _with_web(setup: Setup, *, is_wanted: bool) -> Setup:
    """The box with its pages, where they are asked for: they are told whom it plays to, and where all is kept."""
    device = setup.device
    if not (is_wanted or device.web.on):
        return setup
    web, box = (
        msgspec.structs.replace(device.web, on=True),
        msgspec.structs.replace(device.box, listener=setup.listener),
    )
    return setup._replace(device=with_places(msgspec.structs.replace(device, web=web, box=box)))


def _tell_codes(device: DeviceConfig, *, as_json: bool) -> None:
    """Say where each role's page is, and by which code a browser is let in once."""
    with closing(registry_of(device)) as registry:
        for role in ROLES:
            code = registry.make_code(role)
            address = f"{address_of(device.web)}{role}"
            if as_json:
                say_json({"role": role, "address": address, "code": code})
            else:
                say(f"{address:<40} code {code[:4]} {code[4:]}")


@contextmanager
def _worn(setup: Setup, signals: Signals, *, with_rig: bool) -> Iterator[Setup]:
    """The box with the rig's sensors in place of real ones, where that is asked for."""
    if not with_rig:
        yield setup
        return
    seed = int.from_bytes(os.urandom(4), "big")
    with RigProcess(setup.folder / "rig", None, setup.listener, seed, (), SystemClock(), signals) as rig:
        box = msgspec.structs.replace(setup.device.box, guests_asked_by="the rig, whose listener is no person")
        yield setup._replace(device=msgspec.structs.replace(rig.connect(setup.device), box=box))


def _run(box: Box, script: tuple[Timed, ...], signals: Signals) -> None:
    """Turn until a signal, or `q`, has ended it."""
    waiting, clock, began_ns = list(script), SystemClock(), 0
    try:
        box.start()
        with Keys() as keys:
            while not box.is_over:
                box.turn()
                if signals.number:
                    box.leave()
                for key in keys.pressed():
                    _press_key(box, key)
                if not began_ns and box.machine.state != "starting":
                    began_ns = clock.now_ns()
                while waiting and began_ns and clock.now_ns() - began_ns >= waiting[0].at_s * 1e9:
                    box.press(_short(waiting.pop(0).button, clock.now_ns()))
    finally:
        box.close()


def _press_key(box: Box, key: str) -> None:
    if key == "q":
        box.leave()
    elif key in KEYS:
        box.press(_short(KEYS[key], SystemClock().now_ns()))


def _short(button: Button, now_ns: int) -> Press:
    return Press(t_ns=now_ns, button=button, meaning=button, source="terminal")


def _teller(*, as_json: bool) -> Callable[[str], None]:
    """Prints what happens, for the log or for programs."""
    return (lambda sentence: say_json({"told": sentence})) if as_json else say


def _viewer(*, as_json: bool) -> Callable[[BoxStatus], None]:
    """Prints what the light shows and why, at each change."""
    if as_json:
        return say_json
    return lambda status: say(f"[{status.light}{status.code and f', code {status.code}'}] {status.sentence}")
