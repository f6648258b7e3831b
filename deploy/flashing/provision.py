"""Puts a provisioning file onto the boot partition of what was flashed, without mounting it."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.imaging.programs import call
from device.errors import DiskError, SystemMissingError
from device.provisioning.layout import FILE_NAME, read


def check(path: Path) -> str:
    """Gives the name of the box that a file is for, before anything is written.

    Raises:
        ConfigError: the file is not understood; with its line.
    """
    return read(path).name


def put(path: Path, target: Path) -> None:
    """Copies the file to where the box looks for it at its next start.

    Raises:
        DiskError: the target has no boot partition of ours.
    """
    start = _boot_start(target)
    try:
        call("mcopy", "-o", "-i", f"{target}@@{start}", path, f"::/{FILE_NAME}")
    except SystemMissingError as error:
        raise DiskError(f"{path.name} cannot be put onto {target}: {error}", "Flash it again, or use sudo.") from error


def _boot_start(target: Path) -> int:
    """Where the boot partition begins, in bytes."""
    table = json.loads(call("sfdisk", "--json", target))["partitiontable"]
    found = [row["start"] for row in table["partitions"] if row.get("name") == "isotone-boot"]
    if not found:
        raise DiskError(f"{target} has no boot partition of a box.", "Give an image that deploy/image made.")
    return int(found[0]) * int(table.get("sectorsize", 512))
