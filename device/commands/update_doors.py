"""The door by which a box is renewed, whoever asks: two folders, or the two halves of a card.

`isotone update`, the clinic's fleet and the box itself, when it has proven itself, all go through it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from device.box.proof import RESTART
from device.commands.update_image import alone, find, release_in
from device.runtime.run_folder import make_always_dir
from device.slots.boot_block import Slot
from device.updates.bundle import open_bundle
from device.updates.folders import Folders, Standing


class FoldersDoor:
    """`home` holds both folders; `keyring` says who may sign."""

    def __init__(self, home: Path, keyring: Path) -> None:
        self.folders = Folders(home, os.environ.get("ISOTONE_SLOT", ""))
        self._keyring = keyring

    def standing(self) -> Standing:
        return self.folders.standing()

    def look(self, bundle: Path) -> None:
        self.folders.refuse_unfit(open_bundle(bundle, self._keyring).manifest)

    def install(self, bundle: Path, progress: Callable[[float], None] = lambda _share: None) -> Slot:
        with self.alone():
            return self.folders.install(open_bundle(bundle, self._keyring), progress)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody listens and nobody else renews the box, whatever runtime folder theirs is.

        Raises:
            BusyError: somebody does.
        """
        with alone(make_always_dir().parent), self.folders.renewing():
            yield

    def restart(self) -> None:
        (make_always_dir() / RESTART).touch()


def release_of(bundle: Path, keyring: Path) -> str:
    """The version that a bundle brings, of whichever kind it is.

    Raises:
        UpdateError: it is none of ours.
    """
    image = find(bundle) if bundle.suffix == ".raucb" else None
    return ".".join(map(str, release_in(image))) if image else open_bundle(bundle, keyring).manifest.version
