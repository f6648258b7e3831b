"""`deploy/flash`: writes an image onto a card, and nothing onto anything else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from deploy.flashing import bmap, provision
from deploy.flashing.devices import Device, devices
from deploy.flashing.write import verify, write
from deploy.imaging.programs import call
from device.console.printing import say
from device.console.terminal import Terminal
from device.errors import DiskError, IsotoneError


@click.command()
@click.argument("image", type=click.Path(path_type=Path), required=False)
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--provision", "provisioning", type=click.Path(path_type=Path), help="What this box becomes (TOML).")
def flash(image: Path | None, target: Path | None, *, yes: bool, provisioning: Path | None) -> None:
    """Write IMAGE onto TARGET, a card or a plain file, and read it back.

    Without TARGET it lists the cards and sticks that are plugged in.
    """
    if image is None or target is None:
        _list()
        return
    device = _checked(image, target)
    name = provision.check(provisioning) if provisioning else ""
    if not yes:
        what = f"{device.name}, {device.size_bytes / 1e9:.1f} GB" if device else "a plain file"
        click.confirm(f"All that is on {target} ({what}) will be lost. Write {image.name}?", abort=True)
    block_map = _map_of(image)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Terminal(stderr=True),
    ) as bar:  # fmt: skip
        writing, reading = (bar.add_task(step, total=block_map.mapped_bytes) for step in ("writing", "reading back"))
        write(image, block_map, target, partial(bar.advance, writing))
        verify(block_map, target, partial(bar.advance, reading))
    if provisioning:
        provision.put(provisioning, target)
    if device:
        call("udisksctl", "power-off", "--no-user-interaction", "--block-device", device.path)
    say(f"{target} holds {image.name} and was read back without a difference.")
    if name:
        say(f"At its first start the box becomes {name}, and wipes the file that says so from the card.")


def _list() -> None:
    offered = [device for device in devices() if device.offered]
    for device in offered:
        say(f"{device.path}  {device.size_bytes / 1e9:6.1f} GB  {device.name}")
    if not offered:
        say("No card or stick is plugged in. A disk that this machine runs from is never offered.")


def _checked(image: Path, target: Path) -> Device | None:
    """The device that is meant, or None for a plain file.

    Raises:
        DiskError: it is a device that is not there, not offered, a part of one or in use, or it is the image.
    """
    if target.exists() and target.samefile(image):
        raise DiskError(f"{target} is the image itself.", "Name the card, or another file.")
    if not target.exists() and target.resolve().is_relative_to("/dev"):
        raise DiskError(f"There is no device {target}.", "`deploy/flash` lists the cards there are.")
    if target.is_file() or not target.exists():
        return None
    found = next((device for device in devices() if Path(device.path) == target.resolve()), None)
    if found is None or not found.offered:
        raise DiskError(
            f"{target} is no card or stick that may be overwritten.", "`deploy/flash` lists those that may."
        )
    if found.mounted:
        raise DiskError(
            f"{target} is in use at {', '.join(found.mounted)}.", "Eject it there, and leave it plugged in."
        )
    return found


def _map_of(image: Path) -> bmap.BlockMap:
    beside = image.with_name(image.name.removesuffix(".zst") + ".bmap")
    if beside.exists():
        return bmap.parse(beside.read_bytes()[: bmap.BYTES_MAX + 1], str(beside))
    if image.suffix == ".zst":
        raise DiskError(f"{beside} is missing beside the image.", "Copy both files that deploy/image made.")
    try:
        return bmap.whole(image)
    except OSError as error:
        raise DiskError(f"{image} cannot be read: {error.strerror}.") from error


try:
    flash()
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
