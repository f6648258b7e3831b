"""`isotone fleet agent`: a box tells its clinic how it is, and takes what the clinic offers it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device import __version__
from device.commands.fleet_files import config_option
from device.commands.options import device_of, device_option
from device.config import DeviceConfig, load
from device.console.printing import say
from device.fleet.layout import FleetConfig

if TYPE_CHECKING:
    from device.fleet.agent import Agent

FETCHED = "fleet"
"""The agent's own folder, beside the sessions."""


@click.command()
@config_option
@device_option
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), envvar="ISOTONE_HOME", show_envvar=True,
    help="The folder that holds both versions; without it the clinic cannot renew this box.",
)  # fmt: skip
def agent(path: Path, device_path: Path | None, home: Path | None) -> None:
    """Tell the clinic's broker how this box is, for as long as it is on, and take the updates that it offers.

    State, version, free disk, hearing dose in a word, and how many sessions there were: nothing else leaves the box.
    """
    from device.commands.signals import orderly_signals  # noqa: PLC0415 - who only asks how boxes are waits for none of it

    config, device = load(path, FleetConfig), device_of(device_path)
    told = ""
    with orderly_signals() as signals, closing(_agent(config, device, home)) as running:
        running.begin()
        while not signals.count:
            running.turn()
            if running.trouble != told:
                told = running.trouble
                say(told or "The broker lets this box in again.", err=True)


def _agent(config: FleetConfig, device: DeviceConfig, home: Path | None) -> Agent:
    from device.box.ledger import LEDGER_FILE, Ledger  # noqa: PLC0415
    from device.clock import SystemClock  # noqa: PLC0415
    from device.commands.session_folder import sessions_root  # noqa: PLC0415
    from device.commands.update_doors import FoldersDoor  # noqa: PLC0415
    from device.fleet.agent import Agent, Renewed  # noqa: PLC0415
    from device.runtime.run_folder import make_always_dir  # noqa: PLC0415

    data = sessions_root(device).parent
    door = FoldersDoor(home, Path(device.updates.keyring)) if home else None
    return Agent(
        config,
        __version__,
        make_always_dir(),
        data,
        lambda: Ledger(data / LEDGER_FILE).tally(),
        SystemClock(),
        Renewed(data / FETCHED, door, device.updates.hours) if door else None,
    )
