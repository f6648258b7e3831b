"""Puts a provisioning file onto the boot partition of what was flashed, without mounting it."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from pathlib import Path

from deploy.flashing.write import opened
from deploy.imaging.programs import call
from device.errors import DiskError, SystemMissingError
from device.provisioning.layout import FILE_NAME, read


def check(path: Path) -> str:
    """Gives the name of the box that a file is for, before anything is written.

    Raises:
        ConfigError: the file is not understood; with its line.
    """
    return read(path).name


def refuse_without_boot(image: Path, size_bytes: int) -> None:
    """An image that no provisioning file can be put onto is found before anything is written.

    Raises:
        DiskError: it has no boot partition of ours.
        RecordingError: it cannot be read.
    """
    with opened(image) as source, tempfile.NamedTemporaryFile(prefix="isotone-head-") as head:
        head.write(source.read(HEAD_BYTES))
        head.truncate(size_bytes)  # the table says how large the whole is
        head.flush()
        try:
            _boot_start(Path(head.name))
        except DiskError as error:
            raise DiskError(f"{image} has no boot partition of a box.", MADE_BY) from error


HEAD_BYTES = 2**20
"""The partition table is in it."""
MADE_BY = "Give an image that deploy/image made, or leave --provision out; nothing was written."


def put(path: Path, target: Path) -> None:
    """Copies the file to where the box looks for it at its next start, down to the card itself.

    Raises:
        DiskError: the target has no boot partition of ours, or fails.
    """
    start = _boot_start(target)
    try:
        call("mcopy", "-o", "-i", f"{target}@@{start}", path, f"::/{FILE_NAME}")
        with target.open("r+b") as card:
            os.fsync(card.fileno())
    except (SystemMissingError, OSError) as error:
        raise DiskError(f"{path.name} cannot be put onto {target}: {error}", "Flash it again, or use sudo.") from error


def name_on(target: Path) -> str:
    """The name of the box that a card was written for and that has not started yet; empty: of none."""
    try:
        text = call("mtype", "-i", f"{target}@@{_boot_start(target)}", f"::/{FILE_NAME}").decode()
        return str(tomllib.loads(text).get("name", ""))
    except (DiskError, SystemMissingError, ValueError):
        return ""


def _boot_start(target: Path) -> int:
    """Where the boot partition begins, in bytes.

    Raises:
        DiskError: there is none.
    """
    try:
        table = json.loads(call("sfdisk", "--json", target))["partitiontable"]
        found = [row["start"] for row in table["partitions"] if row.get("name") == "isotone-boot"]
        return int(found[0]) * int(table.get("sectorsize", 512))
    except (SystemMissingError, ValueError, LookupError, TypeError) as error:
        raise DiskError(f"{target} has no boot partition of a box.", "Give an image that deploy/image made.") from error
