"""`isotone buttons`: what is pressed, at which button, headset or knob, and what it would do."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import click

from device.clock import Clock, SystemClock
from device.commands.options import DEVICE_TOML, Seconds, device_option, json_option
from device.commands.signals import orderly_signals
from device.config import DeviceConfig, PanelConfig, load
from device.console.printing import has_reader, say, say_json
from device.messages import Press
from device.panel.fittings import Fittings
from device.panel.gestures import DOES, Edge, Gestures
from device.panel.source import Gone, Happening, Unused
from device.runtime.bus import Subscriber, is_publishing
from device.runtime.run_folder import make_always_dir

TURN_MS = 100
Line = tuple[str, dict[str, Any]]
"""What is shown: a sentence, and the same for programs."""


@click.command()
@device_option
@click.option("--seconds", type=Seconds(min=0.1), help="End after this time (default: when you press Ctrl-C).")
@json_option
def buttons(device_path: Path | None, seconds: float | None, as_json: bool) -> None:
    """Show what is pressed, at which button, headset or knob, and what it would do.

    Beside a running box its own panel is heard, and a press does what it always does; else nothing is done.
    """
    path = device_path or (DEVICE_TOML if DEVICE_TOML.exists() else None)
    device = load(path, DeviceConfig) if path else DeviceConfig()
    clock, folder = SystemClock(), make_always_dir()
    end_ns = clock.now_ns() + round(seconds * 1e9) if seconds else None
    lines = _heard_by_box(folder) if is_publishing(folder, "panel") else _heard_here(device.panel, clock)
    with orderly_signals() as signals, contextlib.closing(lines):
        for sentence, told in lines:
            if sentence:
                say_json(told) if as_json else say(sentence)
            if signals.number or not has_reader() or (end_ns is not None and clock.now_ns() >= end_ns):
                return


def _heard_by_box(folder: Path) -> Generator[Line, None, None]:
    """What the box's panel understood; an empty line at least at every turn."""
    yield "The box is running: this is what it hears, and does.", {"box": True}
    ears = Subscriber(folder, ["panel"], ["presses"])
    try:
        while True:
            for received in ears.receive(TURN_MS):
                if isinstance(received.message, Press):
                    yield _line_of(received.message)
            yield "", {}
    finally:
        ears.close()


def _heard_here(config: PanelConfig, clock: Clock) -> Generator[Line, None, None]:
    """What is heard without a box, beginning with what there is to be heard."""
    fittings, gestures = Fittings(config, clock), Gestures()
    shown: list[str] | None = None
    try:
        while True:
            happenings = fittings.read()
            found = [*fittings.heard, *map(str, fittings.troubles.values())]
            if found != shown:
                shown = found
                yield _inventory(fittings)
            for happening in happenings:
                yield from _lines_of(happening, gestures, clock)
            yield from map(_line_of, gestures.wait(clock.now_ns()))
            yield "", {}
            select.select([fittings], [], [], TURN_MS / 1000)
    finally:
        fittings.close()


def _inventory(fittings: Fittings) -> Line:
    troubles = [str(trouble) for trouble in fittings.troubles.values()]
    heard = f"Heard: {', '.join(fittings.heard) or 'nothing yet; plug in a headset, or name pins in device.toml'}."
    return " ".join([heard, *troubles]), {"heard": fittings.heard, "troubles": troubles}


def _lines_of(happening: Happening, gestures: Gestures, clock: Clock) -> Iterator[Line]:
    match happening:
        case Edge():
            yield from map(_line_of, gestures.take(happening))
        case Gone(source):
            yield from map(_line_of, gestures.forget(source, clock.now_ns()))
            yield f"{source} has gone.", {"gone": source}
        case Unused(source, key):
            hint = f'{key} at {source}: nothing; `[panel.keys] {key} = "play"` in device.toml gives it a meaning.'
            yield hint, {"unused": key, "source": source}


def _line_of(press: Press) -> Line:
    does = DOES[press.meaning] if press.meaning else "nothing"
    told = {"button": press.button, "kind": press.kind, "meaning": press.meaning, "source": press.source}
    return f"{press.button} {press.kind} at {press.source}: {does}", told
