"""`deploy/check-image`: an image is flashed, provisioned, started, updated, fails and comes back, all in QEMU.

Seconds are the guest's own (`guest.INSTRUCTION_NS`), from the kernel's start on.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import click

from deploy.imaging import bundle, disk
from deploy.imaging.guest import Guest
from deploy.imaging.programs import call
from device.console.printing import say
from device.errors import IsotoneError, SystemMissingError
from device.runtime import interpreter
from device.slots.boot_block import BootBlock, parse

CARD_GIB = 2
LIMIT_S = 1800.0
READY = r"isotone: ready and healthy ([\d.]+) s after the start"
PROVISIONING = """name = "practice-03"
language = "de"
timezone = "Europe/Berlin"

[headphones]
profile = "sennheiser-hd-560s"
full_scale_v = 1.0

[box]
guests_asked_by = "the technician, for this trial"
"""


class Trial:
    """One card, and what became of it so far."""

    def __init__(self, folder: Path, log: IO[str]) -> None:
        self.card, self.log, self._folder = folder / "card.img", log, folder

    def flash(self, image: Path) -> None:
        """As a technician does, onto a card that is larger than the image."""
        provisioning = self._folder / "practice-03.toml"
        provisioning.write_text(PROVISIONING)
        command = interpreter.interpreter("-m", "deploy.flashing")
        say(call(*command, image, self.card, "--yes", "--provision", provisioning).decode().strip())
        os.truncate(self.card, CARD_GIB * 2**30)

    def start(self, *, sound: bool = True, stick: Path | None = None) -> Guest:
        """Switches the box on."""
        return Guest(self.card, self.log, self._folder / "sound.wav" if sound else None, stick)

    def read(self, name: str) -> bytes | None:
        """A file of the boot partition; None where there is none."""
        command = ["mtype", "-i", f"{self.card}@@{disk.START_MIB * disk.MIB}", f"::/{name}"]
        done = subprocess.run(command, capture_output=True, check=False)
        return None if done.returncode else done.stdout

    def slots(self) -> BootBlock:
        """Which slot starts next, and how often it may try."""
        return parse(self.read("isotone/slots.env") or b"")

    def data_mib(self) -> float:
        """Size of the data partition."""
        table = json.loads(call("sfdisk", "--json", self.card))["partitiontable"]
        sectors = next(row["size"] for row in table["partitions"] if row["name"] == "isotone-data")
        return float(sectors) / 2048


def first_starts(trial: Trial) -> None:
    """The first start makes the box what the file says; the second is quicker."""
    for which in ("first", "second"):
        with trial.start() as box:
            if which == "first":
                box.wait_for(r"This box is practice-03\.", LIMIT_S)
            ready = box.wait_for(READY, LIMIT_S)
            say(f"The {which} start: ready and healthy after {ready[1]} s.")
            box.switch_off(LIMIT_S)
    expect("the provisioning file is gone from the card", trial.read("isotone.toml") is None)
    expect(f"the data partition has grown ({trial.data_mib():.0f} MiB)", trial.data_mib() > disk.DATA_MIB * 2)
    expect("the slot is proven", trial.slots() == BootBlock())


def failing_update(trial: Trial, stick: Path) -> None:
    """A newer release comes on a stick, and in it no sound card is found: three starts later the old one runs again."""
    with trial.start(stick=stick) as box:
        box.wait_for(READY, LIMIT_S)
        box.wait_for(r"Installing release", LIMIT_S)
        box.wait_for(r"tried at the next start", LIMIT_S)
        box.wait_for_end(LIMIT_S)
    expect("the new release is tried next", trial.slots() == BootBlock(order=("b", "a"), a_left=8, b_left=3))
    for n_starts in (1, 2, 3):
        with trial.start(sound=False) as box:
            box.wait_for("does not pass its health check", LIMIT_S)
            box.wait_for_end(LIMIT_S)
        say(f"The new release has failed {n_starts} times.")
    expect("it has no try left", trial.slots().b_left == 0)


def good_update(trial: Trial, stick: Path) -> None:
    """The old release runs, takes the stick's again, and this time it is kept."""
    with trial.start(stick=stick) as box:
        box.wait_for("Slot a of", LIMIT_S)
        say(f"The old release runs again: {box.wait_for(READY, LIMIT_S)[0]}.")
        box.wait_for(r"tried at the next start", LIMIT_S)
        box.wait_for_end(LIMIT_S)
    with trial.start() as box:
        box.wait_for("Slot b of", LIMIT_S)
        box.wait_for(READY, LIMIT_S)
        box.switch_off(LIMIT_S)
    expect("the new release is kept", trial.slots() == BootBlock(order=("b", "a"), a_left=8, b_left=8))


def make_stick(folder: Path, image: Path, signing: Path) -> Path:
    """A stick with the same root as the image's, signed as a release that is newer than any."""
    start = disk.START_MIB + disk.BOOT_MIB
    root = folder / "root.img"
    call("dd", f"if={image}", f"of={root}", "bs=1M", f"skip={start}", f"count={disk.SLOT_MIB}", "status=none")
    update = folder / "update.raucb"
    bundle.make(update, root, "qemu-virt", "999.0.0.0", bundle.keys(signing), folder / "bundle")
    stick = folder / "stick.img"
    stick.touch()
    os.truncate(stick, update.stat().st_size + 32 * disk.MIB)
    call("mkfs.vfat", "-F", "32", stick)
    call("mcopy", "-i", stick, update, "::/")
    update.unlink()
    return stick


def expect(what: str, is_so: bool) -> None:
    """Says what is so.

    Raises:
        SystemMissingError: it is not.
    """
    if not is_so:
        raise SystemMissingError(f"It is not so that {what}.", "Look into the log.")
    say(f"ok: {what}")


@click.command()
@click.argument("image", type=click.Path(path_type=Path, exists=True))
@click.option("--signing", type=click.Path(path_type=Path), default=Path("~/.cache/isotone/image/signing"))
@click.option("--log", "log_path", type=click.Path(path_type=Path), default=Path("check-image.log"), show_default=True)
@click.option("--starts-only", is_flag=True, help="No updates.")
def check(image: Path, signing: Path, log_path: Path, *, starts_only: bool) -> None:
    """Try IMAGE, made for qemu-virt, from the card to an update that fails and one that is kept."""
    with tempfile.TemporaryDirectory(prefix="isotone-trial-") as scratch, log_path.open("w") as log:
        trial = Trial(Path(scratch), log)
        trial.flash(image)
        first_starts(trial)
        if not starts_only:
            stick = make_stick(Path(scratch), image, signing.expanduser())
            failing_update(trial, stick)
            good_update(trial, stick)


try:
    check(standalone_mode=True)
except IsotoneError as error:
    say(str(error))
    raise SystemExit(error.exit_code) from error
