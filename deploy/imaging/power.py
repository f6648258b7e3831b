"""`deploy/check-power`: the plug of a box in QEMU is pulled thousands of times, and each time it is old or new.

A machine runs once through each phase and all that it writes is noted; then the card is made anew as it is at any
moment of that (`write_log`), and looked at: the partitions, the boot loader's files, the slot that would start, and the
data partition as the box itself repairs it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from deploy.imaging import bundle, disk
from deploy.imaging.card import Trial, extract
from deploy.imaging.clinic import Clinic
from deploy.imaging.programs import call
from deploy.imaging.steps import LIMIT_S, READY, SESSION, make_stick
from deploy.imaging.write_log import Replay
from device.console.printing import say
from device.errors import IsotoneError
from device.slots.boot_block import parse
from device.stage import keyed_random

SLOT_STARTS = {"a": disk.START_MIB + disk.BOOT_MIB, "b": disk.START_MIB + disk.BOOT_MIB + disk.SLOT_MIB}
BOOT_FILES = ("EFI/BOOT/BOOTAA64.EFI", "EFI/BOOT/grubaa64.efi", "EFI/BOOT/grub.cfg", "EFI/debian/grub.cfg")


def first_start(trial: Trial, writes: Path, _: Path) -> None:
    """The card as it was flashed becomes a box."""
    with trial.start(writes=writes) as box:
        box.wait_for(READY, LIMIT_S)
        box.pull_plug()


def session(trial: Trial, writes: Path, _: Path) -> None:
    """Half a minute of music is recorded."""
    with trial.start(writes=writes, units={"trial.service": SESSION}, is_exact=True) as box:
        box.wait_for(r"trial: the session ended", LIMIT_S)
        box.pull_plug()


def install(trial: Trial, writes: Path, stick: Path) -> None:
    """An update is written into slot B, and B is made the next to start."""
    with trial.start(writes=writes, stick=stick) as box:
        box.wait_for(r"tried at the next start", LIMIT_S)
        box.wait_for_end(LIMIT_S)


def switch(trial: Trial, writes: Path, _: Path) -> None:
    """The new slot starts for the first time, and proves itself."""
    with trial.start(writes=writes) as box:
        box.wait_for("Slot b of", LIMIT_S)
        box.wait_for(READY, LIMIT_S)
        box.pull_plug()


PHASES: dict[str, Callable[[Trial, Path, Path], None]] = {
    "first start": first_start,
    "session": session,
    "install": install,
    "switch": switch,
}


class Examiner:
    """Looks at a card whose plug was pulled; an update has the same root as the image."""

    def __init__(self, card: Path, replay: Replay, root_bytes: int, scratch: Path) -> None:
        self._card, self._replay, self._root_bytes, self._scratch = card, replay, root_bytes, scratch
        self._known: dict[tuple[int, int], str] = {}
        self._boot_part = f"{card}@@{disk.START_MIB}M"
        self._root = self._digest(SLOT_STARTS["a"])
        self._boot = self._boot_files()

    def fault(self) -> str:
        """What is broken; empty: nothing."""
        try:
            rows = json.loads(call("sfdisk", "--json", self._card))["partitiontable"]["partitions"]
            if self._boot_files() != self._boot:
                return "the boot loader's files"
            block = parse(call("mtype", "-i", self._boot_part, "::/isotone/slots.env"))
            slot = next((slot for slot in block.order if block.left(slot)), block.order[0])
            if self._digest(SLOT_STARTS[slot]) != self._root:
                return "the slot that starts next"
            data = next(row for row in rows if row["name"] == "isotone-data")
            return self._data_fault(data["start"] * 512, data["size"] * 512)
        except (IsotoneError, StopIteration, ValueError, KeyError) as error:
            return f"the card cannot be read: {str(error)[:200]}"

    def _data_fault(self, start: int, size: int) -> str:
        """The data partition is repaired as the initial RAM disk does it (initramfs/), then looked at."""
        data = self._scratch / "data.img"
        extract(self._card, start, size, data)
        for how in ("-p", "-y"):
            code = subprocess.run(["e2fsck", how, data], capture_output=True, check=False).returncode
            if code < 4:
                break
        else:
            return "the data partition"
        listed = subprocess.run(["debugfs", "-R", "ls /", data], capture_output=True, check=False)
        return "" if listed.returncode == 0 and b"lost+found" in listed.stdout else "what is kept"

    def _boot_files(self) -> list[str]:
        return [hashlib.sha256(call("mtype", "-i", self._boot_part, f"::/{name}")).hexdigest() for name in BOOT_FILES]

    def _digest(self, start_mib: int) -> str:
        key = (start_mib, self._replay.touched(start_mib, disk.SLOT_MIB))
        if key not in self._known:
            self._known[key] = self._read_digest(start_mib)
        return self._known[key]

    def _read_digest(self, start_mib: int) -> str:
        digest = hashlib.sha256()
        with self._card.open("rb") as file:
            file.seek(start_mib * disk.MIB)
            left = self._root_bytes
            while left:
                chunk = file.read(min(left, 2**22))
                digest.update(chunk)
                left -= len(chunk)
        return digest.hexdigest()


def pull(card: Path, writes: Path, n_cuts: int, seed: int, root_bytes: int, scratch: Path) -> Counter[str]:
    """Pulls the plug at moments of a phase, evenly over what was written; gives how often what was broken."""
    replay, found = Replay(card, writes), Counter[str]()
    examiner = Examiner(card, replay, root_bytes, scratch)
    chance = keyed_random(seed, f"moments of {writes.name}", 0)
    for number, moment in enumerate(sorted(chance.randrange(len(replay.writes) + 1) for _ in range(n_cuts))):
        replay.advance(moment)
        replay.cut(seed, number)
        found[examiner.fault()] += 1
        replay.undo()
    replay.advance(len(replay.writes))
    replay.close()
    return found


@click.command()
@click.argument("image", type=click.Path(path_type=Path, exists=True))
@click.option("--signing", type=click.Path(path_type=Path), default=Path("~/.cache/isotone/image/signing"))
@click.option("--cuts", default=500, show_default=True, help="How often in each phase.")
@click.option("--seed", default=0, show_default=True)
@click.option("--scratch", type=click.Path(path_type=Path), help="A folder for 5 GB [default: a temporary one].")
def check(image: Path, signing: Path, cuts: int, seed: int, scratch: Path | None) -> None:
    """Pull the plug of a box from IMAGE at random moments: first start, session, update, first start of the new."""
    with tempfile.TemporaryDirectory(prefix="isotone-power-", dir=scratch) as name:
        folder = Path(name)
        with (folder / "console.log").open("w") as log:
            _check(image, bundle.keys(signing.expanduser()), cuts, seed, Trial(folder, log))


def _check(image: Path, signing: tuple[Path, Path], n_cuts: int, seed: int, trial: Trial) -> None:
    clinic = Clinic(trial.folder / "clinic")
    trial.flash(image, clinic)
    stick = make_stick(trial.folder, image, signing)
    n_broken = 0
    for name, phase in PHASES.items():
        before, writes = trial.folder / "before.img", trial.folder / f"{name}.log"
        shutil.copyfile(trial.card, before)
        phase(trial, writes, stick)
        found = pull(before, writes, n_cuts, seed, (trial.folder / "root.img").stat().st_size, trial.folder)
        say(f"{name}: {n_cuts} cuts, {found['']} as they should be; {dict(found)}")
        n_broken += n_cuts - found[""]
        writes.unlink()
    say(f"{n_cuts * len(PHASES)} power cuts, {n_broken} broken.")


try:
    check(standalone_mode=True)
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
