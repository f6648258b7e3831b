"""One card: what may be written onto, and the steps from an image to a card that was read back and knows its box."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from deploy.flashing import bmap, provision
from deploy.flashing.devices import Device, devices
from deploy.flashing.write import verify, write
from device.console.terminal import Terminal
from device.errors import DiskError


def checked(image: Path, target: Path) -> Device | None:
    """The device that is meant, or None for a plain file.

    Raises:
        DiskError: it is a device that is not there, not offered, a part of one or in use, or it is the image.
    """
    if target.exists() and image.exists() and target.samefile(image):
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


def map_of(image: Path) -> bmap.BlockMap:
    """What of an image is written.

    Raises:
        DiskError: a packed image came without its map, or the image cannot be read.
        RecordingError: its map is damaged.
    """
    beside = image.with_name(image.name.removesuffix(".zst") + ".bmap")
    if beside.exists():
        return bmap.parse(beside.read_bytes()[: bmap.BYTES_MAX + 1], str(beside))
    if image.suffix == ".zst":
        raise DiskError(f"{beside} is missing beside the image.", "Copy both files that deploy/image made.")
    try:
        return bmap.whole(image)
    except OSError as error:
        raise DiskError(f"{image} cannot be read: {error.strerror}.") from error


def fill(image: Path, block_map: bmap.BlockMap, target: Path, provisioning: Path | None) -> None:
    """Writes an image onto a card, reads it back and puts the provisioning file there, with progress on the terminal.

    Raises:
        DiskError: the card is too small, fails, was pulled out, or does not give back what was written.
        RecordingError: the image is not what its map says.
    """
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Terminal(stderr=True),
    ) as bar:  # fmt: skip
        writing, reading = (bar.add_task(step, total=block_map.mapped_bytes) for step in ("writing", "reading back"))
        write(image, block_map, target, partial(bar.advance, writing))
        verify(block_map, target, partial(bar.advance, reading))
    if provisioning:
        provision.put(provisioning, target)
