"""Writes what a format made into a folder: each file whole, and nothing over what somebody else put there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from device.errors import DiskError
from device.files.outputs import write_whole

File = tuple[str, bytes]
"""Name below the folder, and what stands in it."""


def write_files(files: Iterable[File], folder: Path) -> list[Path]:
    """Write the files; one that is there already with the same in it stays.

    Raises:
        DiskError: another file has the name of one, and nothing was written; or the disk does not take it.
    """
    made = [(folder / name, data) for name, data in files]
    try:
        for path, data in made:
            if path.exists() and path.read_bytes() != data:
                raise DiskError(f"{path} is there already, with something else in it.", "Give a new folder with --out.")
        for path, data in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
    except OSError as error:
        reason = error.strerror or error
        raise DiskError(
            f"{error.filename or folder} cannot be written: {reason}.",
            "Free some space, or give another folder with --out.",
        ) from error
    return [path for path, _ in made]
