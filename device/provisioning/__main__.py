"""`python -m device.provisioning`: what a box does with a provisioning file before anything else of it starts.

A file that is understood is put into effect and wiped, since it holds a password; a power cut between the two does it
again. One that is not understood stays, the reason beside it where a technician sees it, and the box stays as it was.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path

from device.console.printing import say
from device.errors import DiskError, IsotoneError
from device.files.outputs import write_whole
from device.files.toml_text import read_text
from device.provisioning.layout import FILE_NAME, Provision, read
from device.provisioning.settings import settings

SHIPPED = "usr/share/isotone/device.toml"
REASON = "isotone-refused.txt"


def apply(boot: Path, root: Path) -> str:
    """Puts the provisioning file of a boot partition into effect below `root`; gives the name of the box.

    Raises:
        ConfigError: the file is not understood.
        DiskError: what it says cannot be kept.
    """
    provision = read(boot / FILE_NAME)
    try:
        _keep(provision, root)
        wipe(boot / FILE_NAME)
    except (OSError, LookupError) as error:  # a user who is not there is a LookupError
        raise DiskError(
            f"What {FILE_NAME} says cannot be kept: {error}.", "Flash the card again, or another."
        ) from error
    return provision.name


def _keep(provision: Provision, root: Path) -> None:
    for place, setting in settings(provision, read_text(root / SHIPPED)).items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, setting.text.encode(), setting.mode)
        if setting.owner:
            shutil.chown(path, setting.owner)
    _point(root / "etc/localtime", f"/usr/share/zoneinfo/{provision.timezone}")


def wipe(path: Path) -> None:
    """Removes a file and what was in it. A card may keep old blocks where nobody reads them without opening it."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _point(link: Path, target: str) -> None:
    scratch = link.with_name(".localtime")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target)
    scratch.replace(link)


def main(boot: Path, root: Path) -> int:
    """Gives the exit code."""
    try:
        name = apply(boot, root)
    except IsotoneError as error:
        write_whole(boot / REASON, f"{error}\n".encode())
        say(str(error), err=True)
        return error.exit_code
    (boot / REASON).unlink(missing_ok=True)
    socket.sethostname(name)
    say(f"This box is {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path("/boot/isotone"), Path("/")))
