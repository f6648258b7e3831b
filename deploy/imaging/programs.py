"""Other programs that an image is made by: they are looked for first, and what they say is shown when they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from device.errors import SystemMissingError

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "mksquashfs": "squashfs-tools",
    "sfdisk": "fdisk",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "mkfs.ext4": "e2fsprogs",
    "cpio": "cpio",
    "rauc": "rauc",
    "openssl": "openssl",
    "bmaptool": "bmap-tools",
    "git": "git",
}
"""The Debian package of each program."""
SAID_LINES = 15


def demand() -> None:
    """Refuses in one sentence when programs are missing.

    Raises:
        SystemMissingError: with the command that installs them.
    """
    missing = sorted(package for name, package in PACKAGES.items() if shutil.which(name) is None)
    if missing:
        raise SystemMissingError(
            f"An image cannot be made without {', '.join(missing)}.", f"sudo apt install {' '.join(missing)}"
        )


def call(*command: str | Path, environment: Mapping[str, str] | None = None, stdin: bytes = b"") -> bytes:
    """Runs a program and gives what it printed.

    Raises:
        SystemMissingError: it is missing or failed; the last lines of what it said are in the sentence.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    except OSError as error:
        raise SystemMissingError(f"{words[0]} cannot be run: {error.strerror}.") from error
    if done.returncode:
        said = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()[-SAID_LINES:]
        raise SystemMissingError(f"{' '.join(words[:3])} ... failed:\n" + "\n".join(said))
    return done.stdout
