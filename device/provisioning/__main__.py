"""`python -m device.provisioning`: what a box does with a provisioning file before anything else of it starts.

A file that is understood is put into effect and wiped, since it holds secrets, and one without them takes its place; a
power cut between does it again. One that is not understood stays, the reason beside it where a technician sees it, the
box stays as it was, and says so by light and voice (`refusal`).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from device.console.printing import say
from device.errors import DiskError, IsotoneError
from device.files.outputs import write_whole
from device.files.toml_text import read_text
from device.provisioning.layout import FILE_NAME, Provision, read
from device.provisioning.refusal import REFUSED
from device.provisioning.sealing import seal
from device.provisioning.settings import Setting, settings, without_secrets

SHIPPED = "usr/share/isotone/device.toml"
REASON = "isotone-refused.txt"
APPLIED = "isotone-applied.toml"
SALT_BYTES = 16


def apply(boot: Path, root: Path) -> str:
    """Puts the provisioning file of a boot partition into effect below `root`; gives the name of the box.

    Raises:
        ConfigError: the file is not understood.
        DiskError: what it says cannot be kept.
        SystemMissingError: a secret cannot be sealed.
    """
    provision = read(boot / FILE_NAME)
    try:
        _keep(provision, root)
        write_whole(boot / APPLIED, without_secrets(provision).encode())
        wipe(boot / FILE_NAME)
    except (OSError, LookupError) as error:  # a user who is not there is a LookupError
        raise DiskError(
            f"What {FILE_NAME} says cannot be kept: {error}.", "Flash the card again, or another."
        ) from error
    return provision.name


def _keep(provision: Provision, root: Path) -> None:
    wanted = settings(provision, read_text(root / SHIPPED), os.urandom(SALT_BYTES))
    # All is sealed before anything is written: a box is what it was, or what the file says.
    contents = {place: _content(setting) for place, setting in wanted.items()}
    for place, setting in wanted.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, contents[place], setting.mode)
        path.chmod(setting.mode)
        if setting.owner:
            shutil.chown(path, setting.owner)
    _point(root / "etc/localtime", f"/usr/share/zoneinfo/{provision.timezone}")


def _content(setting: Setting) -> bytes:
    return seal(setting.text, setting.credential) if setting.credential else setting.text.encode()


def wipe(path: Path) -> None:
    """Overwrites a file in its own blocks, then removes it.

    More cannot be promised: to wear evenly a card writes elsewhere than it is told, and may keep old blocks where
    nobody reads them without opening it.
    """
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


def main(boot: Path, root: Path, refused: Path) -> int:
    """Gives the exit code; what is refused stands in `refused` for as long as the box is on."""
    try:
        name = apply(boot, root)
    except IsotoneError as error:
        for place in (boot / REASON, refused):
            write_whole(place, f"{error}\n".encode(), 0o644)
        say(str(error), err=True)
        return error.exit_code
    for place in (boot / REASON, refused):
        place.unlink(missing_ok=True)
    say(f"This box is {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path("/boot/isotone"), Path("/"), REFUSED))
