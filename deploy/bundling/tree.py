"""Lays out a folder of programs that runs wherever it lies: Isotone as committed, and the locked packages.

It is a virtual environment whose paths are all its own, but for the Python of the machine.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from deploy.imaging.programs import call
from deploy.imaging.root import CARRIED, REPOSITORY
from device.errors import SystemMissingError

COMMAND = '#!/bin/sh\nexec "$(dirname -- "$0")/python" -P -m device.cli "$@"\n'
LOCKED = re.compile(r"^[A-Za-z0-9._-]+==[^\\\n]+", re.MULTILINE)


def lay_out(folder: Path) -> None:
    """Fills an empty folder.

    Raises:
        SystemMissingError: a locked package is not installed here.
        OSError: the disk is full or fails.
    """
    archive = call("git", "-C", REPOSITORY, "archive", "--format=tar", "HEAD", *CARRIED)
    call("tar", "--extract", "--directory", folder, stdin=archive)
    site = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    site.mkdir(parents=True)
    for source, place in _installed():
        target = site / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    # A path in it is told from where it lies.
    (site / "isotone.pth").write_text("../../..\n")
    base = Path(sys.base_prefix) / "bin"
    (folder / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(base / f"python{sys.version_info.major}.{sys.version_info.minor}")
    (folder / "bin/isotone").write_text(COMMAND)
    (folder / "bin/isotone").chmod(0o755)
    voices = Path(sys.prefix) / "share/isotone/voices"
    if voices.is_dir():
        shutil.copytree(voices, folder / "share/isotone/voices")


def _installed() -> Iterator[tuple[Path, Path]]:
    """Each file of the locked packages, and its place among the packages; their own commands are left out."""
    wanted = map(Requirement, LOCKED.findall((REPOSITORY / "deploy/requirements.lock").read_text()))
    for name in (each.name for each in wanted if each.marker is None or each.marker.evaluate()):
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError as error:
            raise SystemMissingError(f"{name} is not installed here.", "Run deploy/run once.") from error
        for file in package.files or ():
            place = Path(str(file))
            if ".." not in place.parts and "__pycache__" not in place.parts:
                yield Path(str(file.locate())), place
