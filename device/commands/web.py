"""`isotone web`: the pages in a browser, beside a box or a running session; and whom they know.

The box that is always on asks here where its pages are: what only a person's command needs is imported by that command.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from device.clock import SystemClock, wall_time
from device.commands.options import device_of, device_option, json_option
from device.commands.session_folder import listeners_root, sessions_root
from device.commands.signals import Signals, orderly_signals
from device.config import DeviceConfig, WebConfig, path_of
from device.console.printing import say, say_json, say_script
from device.console.terminal import Terminal
from device.errors import ConfigError
from device.runtime.resident import ResidentContext
from device.runtime.run_folder import make_always_dir
from device.web.roles import ROLES, Role

if TYPE_CHECKING:
    from device.web.registry import Registry

NAME = "web"
role_argument = click.argument("role", type=click.Choice(ROLES))


def with_places(device: DeviceConfig) -> DeviceConfig:
    """The same with the folders named that device.toml leaves to the user's data directory."""
    sessions, listeners = sessions_root(device), listeners_root(device)
    directory = path_of(device.web.directory, "web.directory") if device.web.directory else sessions.parent / NAME
    return msgspec.structs.replace(
        device,
        session=msgspec.structs.replace(device.session, directory=str(sessions)),
        listeners=msgspec.structs.replace(device.listeners, directory=str(listeners)),
        web=msgspec.structs.replace(device.web, directory=str(directory)),
    )


def registry_of(device: DeviceConfig) -> Registry:
    """Whom the pages know."""
    from device.web.registry import Registry  # noqa: PLC0415 - the box without pages does not load what knows PINs

    return Registry(Path(with_places(device).web.directory), lambda: wall_time().timestamp())


def address_of(web: WebConfig) -> str:
    """Where a browser finds the pages."""
    host = f"[{web.address}]" if ":" in web.address else web.address
    return f"http{'' if web.is_local else 's'}://{host}:{web.port}/"


@click.group(invoke_without_command=True)
@device_option
@click.option("--port", type=click.IntRange(0, 65_535), help="The port to listen at.")
@click.pass_context
def web(context: click.Context, device_path: Path | None, port: int | None) -> None:
    """Show a box or a running session in a browser (a box does so by itself where `[web] on = true`)."""
    if context.invoked_subcommand is not None:
        return
    device = with_places(device_of(device_path))
    if port is not None:
        device = msgspec.structs.replace(device, web=msgspec.structs.replace(device.web, port=port))
    os.umask(0o077)
    with orderly_signals() as signals:
        say(f"The pages are at {address_of(device.web)}; pair a browser by `isotone web pair patient`.")
        _serve(device, signals)


def _serve(device: DeviceConfig, signals: Signals) -> None:
    """Be the process `web`, until a signal."""
    from device.web.server import main  # noqa: PLC0415 - what it loads is not for `isotone web pair`

    stop = threading.Event()
    with signals.acting(stop.set):
        context = ResidentContext(NAME, 0, device, make_always_dir(), SystemClock(), stop)
        try:
            main(context)
        finally:
            context.close()


@web.command()
@role_argument
@device_option
@json_option
def pair(role: Role, device_path: Path | None, as_json: bool) -> None:
    """Show a code by which one browser may become a patient's, a therapist's or a technician's."""
    device = device_of(device_path)
    code = registry_of(device).make_code(role)
    if as_json:
        say_json({"role": role, "code": code, "address": address_of(device.web) + role})
    else:
        say(f"{address_of(device.web)}{role} takes the code {code[:4]} {code[4:]} once, within ten minutes.")
        # A phone reaches what is on the network, and its camera reads from a terminal alone.
        if sys.stdout.isatty() and not device.web.is_local:
            say_script(square_of(address_of(device.web) + role))


def square_of(address: str) -> str:
    """The address as a square for a phone's camera (QR code), in half blocks of a terminal."""
    import segno  # noqa: PLC0415 - only where somebody pairs

    lines = io.StringIO()
    segno.make(address, micro=False).terminal(lines, compact=True)
    return lines.getvalue().rstrip("\n")


@web.command()
@device_option
@json_option
def devices(device_path: Path | None, as_json: bool) -> None:
    """Browsers that are paired."""
    from rich.table import Table  # noqa: PLC0415 - only where somebody looks

    rows = [
        {"id": pair.id, "role": pair.role, "name": pair.label, "since_s": round(pair.made_s)}
        for pair in registry_of(device_of(device_path)).pairs()
    ]
    if as_json:
        say_json(rows)
        return
    table = Table("id", "role", "name")
    for row in rows:
        table.add_row(str(row["id"]), str(row["role"]), str(row["name"]))
    Terminal().print(table) if rows else say("No browser is paired.")


@web.command()
@click.argument("device_id")
@device_option
def revoke(device_id: str, device_path: Path | None) -> None:
    """Forget a browser, and sign it out at once."""
    if not registry_of(device_of(device_path)).revoke(device_id):
        raise ConfigError(f"No browser `{device_id}` is paired.", "See `isotone web devices`.")
    say("It is forgotten, and signed out.")
