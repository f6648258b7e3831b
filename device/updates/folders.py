"""Two folders of programs where there are no two halves of a card: on a Jetson, a laptop, a computer of one's own.

The same guarantees as those of slots: the folder that runs is never written to; a new one is whole on the disk before
it is named; it starts as a trial and is left again after a few starts that prove nothing. `deploy/launch` starts
the one whose turn it is, by the same block and rule as the boot loader of an image.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.errors import BusyError, DiskError, SystemMissingError, UpdateError
from device.files.locks import claim, is_held
from device.files.outputs import write_whole
from device.slots import boot_block
from device.slots.boot_block import SLOTS, TRIES, BootBlock, Slot
from device.updates.bundle import Bundle, unpack
from device.updates.manifest import Manifest, number_of, refuse_unfit
from device.updates.playing import PLAYING

BLOCK, RECORD, RENEWING = "slots.env", "updates.json", "renewing.lock"
COMPATIBLE = f"isotone-app-{platform.machine().lower()}-python{sys.version_info.major}-{sys.version_info.minor}"
"""The kind of machine: packages are compiled for its processor and its Python."""
PART = ".part-"
ROOM_FACTOR = 4
"""A payload unpacks to about three times its size."""
SYNC_S = 600.0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in each folder, and the newest version that was ever proven good here."""

    a: str = ""
    b: str = ""
    newest: str = ""
    good: str = ""
    """The folder that proved itself last: it is never written over while it may be needed."""


class Standing(NamedTuple):
    """Which version the box is at, and whether it has proven itself.

    One on trial counts until it has proven itself, or the one before it did so again.
    """

    version: str
    is_proven: bool


class Folders:
    """`home` holds both; `running` is the one this process was started from, as `deploy/launch` said."""

    def __init__(self, home: Path, running: str) -> None:
        self._home = home
        self.running: Slot | None = next((slot for slot in SLOTS if slot == running), None)

    def block(self) -> BootBlock:
        """Which starts next, and how often it may try.

        Raises:
            DiskError: it cannot be read.
        """
        try:
            return boot_block.read(self._home / BLOCK)
        except OSError as error:
            raise DiskError(
                f"{self._home / BLOCK} cannot be read: {error.strerror}.", "Look at that folder."
            ) from error

    def record(self) -> Record:
        """What is known of the folders; damaged or missing it is nothing, and no bundle is refused for its age."""
        try:
            return msgspec.json.decode((self._home / RECORD).read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return Record()

    @contextlib.contextmanager
    def renewing(self) -> Iterator[None]:
        """Nobody else renews these folders, and no session that was started from them plays.

        Raises:
            BusyError: somebody does, or one plays.
            DiskError: the disk fails.
        """
        with self._writing():
            self._home.mkdir(parents=True, exist_ok=True)
        if is_held(self._home / PLAYING, even_shared=True):
            raise BusyError("A session plays.", "Try again when the music has ended.")
        try:
            with claim(self._home / RENEWING):
                yield
        except BlockingIOError as error:
            raise BusyError("Another update is being installed.", "Wait for its end.") from error

    def standing(self) -> Standing:
        """Raises DiskError where it cannot be read."""
        order, record = self.block().order, self.record()
        slot = next((slot for slot in order if (self._home / slot).is_dir()), order[0])
        return Standing(getattr(record, slot), record.good == slot)

    def is_on_trial(self) -> bool:
        """Whether the folder that runs has yet to prove itself, while there is another to go back to.

        Raises:
            DiskError: it cannot be read.
        """
        if self.running is None:
            return False
        other: Slot = "b" if self.running == "a" else "a"
        return self.record().good != self.running and self.block().left(other) > 0 and (self._home / other).is_dir()

    def refuse_unfit(self, manifest: Manifest) -> None:
        """Raises UpdateError, by name, on what may not be installed here."""
        refuse_unfit(manifest, COMPATIBLE, self.record().newest)

    def install(self, bundle: Bundle, progress: Callable[[float], None]) -> Slot:
        """Writes a bundle into the folder that does not run, and has it tried next.

        Raises:
            UpdateError: the bundle is not for this machine, or not newer, or damaged. All is as it was, but that the
                folder that does not run may be gone.
            DiskError: there is no room for it, or the disk fails.
        """
        self.refuse_unfit(bundle.manifest)
        slot = self._free()
        with self._writing():
            self._home.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._need_room(bundle.manifest.payload_bytes * ROOM_FACTOR)
            with tempfile.TemporaryDirectory(prefix=PART, dir=self._home, ignore_cleanup_errors=True) as scratch:
                tree = Path(scratch) / slot
                tree.mkdir()
                unpack(bundle, tree, progress)
                self._sync()
                self._put(slot, tree, bundle.manifest.version)
        return slot

    def _free(self) -> Slot:
        """The folder that neither runs nor proved itself last.

        Raises:
            UpdateError: one runs and the other proved itself.
        """
        first, good = self.block().order[0], self.record().good
        kept = self.running or good or (first if (self._home / first).is_dir() else "")
        slot: Slot = "b" if kept == "a" else "a"
        if slot == good:
            raise UpdateError(
                "The version that runs has not proven itself yet, and the other one is all there is to go back to.",
                "Keep it (`isotone update good`) or go back first (`isotone update back`).",
            )
        return slot

    def _sweep(self) -> None:
        """Takes away what an update left that was cut off."""
        for left in self._home.glob(f"{PART}*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def _put(self, slot: Slot, tree: Path, version: str) -> None:
        """From here on nothing is left half: the old folder may not start before it is moved away."""
        before = self.block()
        self._write_block(before.with_left(slot, 0))
        place = self._home / slot
        if place.exists():
            place.rename(tree.with_name("old"))
        tree.rename(place)
        self._remember(msgspec.structs.replace(self.record(), **{slot: version}))
        self._sync()
        self._write_block(before.on_trial(slot))

    def mark_good(self) -> str:
        """The folder that runs has proven itself; gives its version. A trial that left its tries before it is over.

        Raises:
            UpdateError: it is not known which runs.
            DiskError: the disk fails.
        """
        slot = self._own()
        record = self.record()
        version: str = getattr(record, slot)
        with self._writing():
            block = self.block().with_left(slot, TRIES)
            self._write_block(block if block.left(block.order[0]) else block.led_by(slot))
            newest = max(record.newest, version, key=number_of)
            self._remember(msgspec.structs.replace(record, newest=newest, good=slot))
        return version

    def mark_bad(self) -> None:
        """The folder that runs is not to start again, as long as there is another.

        Raises:
            UpdateError: it is not known which runs, or there is no other.
            DiskError: the disk fails.
        """
        slot = self._own()
        other: Slot = "b" if slot == "a" else "a"
        if not (self._home / other).is_dir():
            raise UpdateError("There is no other version to go back to.", "Install one first.")
        with self._writing():
            self._write_block(BootBlock().led_by(other).with_left(other, TRIES).with_left(slot, 0))

    def _own(self) -> Slot:
        if self.running is None:
            raise UpdateError("It is not known which version runs.", "Start Isotone by deploy/launch.")
        return self.running

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """What the disk refuses is said. Raises DiskError."""
        try:
            yield
        except OSError as error:
            sentence = f"{self._home} cannot be written: {error.strerror or error}."
            raise DiskError(sentence, "Make room there.") from error

    def _need_room(self, n_bytes: int) -> None:
        free = shutil.disk_usage(self._home).free
        if free < n_bytes:
            sentence = f"An update needs {n_bytes >> 20} MB in {self._home}, and {free >> 20} MB are free."
            raise DiskError(sentence, "Make room there; the box is as it was.")

    def _remember(self, record: Record) -> None:
        write_whole(self._home / RECORD, msgspec.json.encode(record))

    def _write_block(self, block: BootBlock) -> None:
        boot_block.write(self._home / BLOCK, block)

    def _sync(self) -> None:
        """Has the disk itself hold all that lies here."""
        try:
            subprocess.run(["sync", "--file-system", self._home], check=True, timeout=SYNC_S, stdin=subprocess.DEVNULL)
        except FileNotFoundError as error:
            raise SystemMissingError("There is no `sync` here.", "Install the package coreutils.") from error
        except subprocess.SubprocessError as error:
            raise OSError(os.strerror(5)) from error
