"""`isotone update`: install a newer version beside the one that runs, keep it when it proves itself, or go back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from device import __version__
from device.commands.options import json_option
from device.commands.update_doors import FoldersDoor
from device.commands.update_image import image
from device.console.printing import say, say_json
from device.console.terminal import Terminal
from device.slots.boot_block import SLOTS
from device.updates.bundle import Bundle, open_bundle
from device.updates.folders import Folders

BUNDLE = click.Path(path_type=Path, dir_okay=False)
HOME = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), envvar="ISOTONE_HOME", required=True, show_envvar=True,
    help="The folder that holds both versions; deploy/launch says which.",
)  # fmt: skip
KEYRING = click.option(
    "--keyring", type=click.Path(path_type=Path, dir_okay=False), default=Path("/etc/isotone/keyring.pem"),
    envvar="ISOTONE_KEYRING", show_default=True, show_envvar=True, help="The certificates that may sign updates.",
)  # fmt: skip


@click.group()
def update() -> None:
    """Install a newer version, keep it or go back."""


update.add_command(image)


@update.command()
@click.argument("bundle", type=BUNDLE)
@KEYRING
@json_option
def show(bundle: Path, keyring: Path, *, as_json: bool) -> None:
    """Say what a bundle is, if it is ours; its payload is looked at when it is installed."""
    _tell(_described(open_bundle(bundle, keyring)), as_json=as_json)


@update.command()
@click.argument("bundle", type=BUNDLE)
@click.option("--restart", is_flag=True, help="Have the box start again into it as soon as nobody listens.")
@HOME
@KEYRING
@json_option
def install(bundle: Path, home: Path, keyring: Path, *, restart: bool, as_json: bool) -> None:
    """Install a bundle beside the version that runs; it is tried at the next start.

    Nothing is installed while a session plays. What proves nothing in three starts is left again.
    """
    door = FoldersDoor(home, keyring)
    with Progress(console=Terminal(stderr=True), transient=True) as shown:
        opened = open_bundle(bundle, keyring)
        task = shown.add_task(f"Installing {opened.manifest.version}", total=1.0)
        slot = door.install(bundle, lambda share: shown.update(task, completed=share))
    if restart:
        door.restart()
    _tell(_described(opened) | {"slot": slot, "told": "It is tried at the next start."}, as_json=as_json)


@update.command()
@HOME
@json_option
def status(home: Path, *, as_json: bool) -> None:
    """Say which versions there are, which runs, and which starts next."""
    folders = _folders(home)
    block, record = folders.block(), folders.record()
    told: dict[str, Any] = {
        "running": folders.running or "",
        "version": __version__,
        "newest": record.newest,
        "order": " ".join(block.order),
    }
    for slot in SLOTS:
        told |= {slot: getattr(record, slot), f"{slot}_tries": block.left(slot)}
    _tell(told, as_json=as_json)


@update.command()
@HOME
def good(home: Path) -> None:
    """Keep the version that runs: it has proven itself."""
    say(f"Version {_folders(home).mark_good()} is kept.")


@update.command()
@HOME
def back(home: Path) -> None:
    """Go back to the other version at the next start."""
    _folders(home).mark_bad()
    say("The other version starts next.")


def _folders(home: Path) -> Folders:
    return Folders(home, os.environ.get("ISOTONE_SLOT", ""))


def _described(bundle: Bundle) -> dict[str, Any]:
    manifest = bundle.manifest
    return {
        "version": manifest.version,
        "compatible": manifest.compatible,
        "signed": f"{bundle.signed:%Y-%m-%d %H:%M} UTC",
    }


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(told)
        return
    for name, value in told.items():
        say(f"{name.replace('_', ' ')}: {value}")
