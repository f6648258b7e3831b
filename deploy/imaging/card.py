"""The card of a trial in QEMU: flashed as a technician does it, put into machines, and read back without them."""

from __future__ import annotations

import json
import os
import subprocess
import wave
from pathlib import Path
from typing import IO, Any

import numpy as np

from deploy.imaging import disk
from deploy.imaging.clinic import Clinic
from deploy.imaging.guest import Guest, Machine
from deploy.imaging.programs import call
from device.console.printing import say
from device.errors import SystemMissingError
from device.runtime import interpreter
from device.slots.boot_block import BootBlock, parse

CARD_GIB = 2
BOX = "practice-03"
QUIET = 32
"""Of 32,768: dither, and nothing that anybody hears."""
PROVISIONING = f"""name = "{BOX}"
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
        self.card, self.log, self.folder = folder / "card.img", log, folder

    def flash(self, image: Path, clinic: Clinic) -> None:
        """As a technician does, onto a card that is larger than the image."""
        provisioning = self.folder / f"{BOX}.toml"
        provisioning.write_text(PROVISIONING + clinic.provisioning(BOX))
        command = interpreter.interpreter("-m", "deploy.flashing")
        for line in call(*command, image, self.card, "--yes", "--provision", provisioning).decode().splitlines():
            say(line)
        os.truncate(self.card, CARD_GIB * 2**30)

    def start(self, **fitted: Any) -> Guest:
        """Switches the box on, with a sound card where nothing else is said (`guest.Machine`)."""
        machine = Machine(**{"card": self.card, "sound": self.folder / "sound.wav", "has_network": True, **fitted})
        return Guest(machine, self.log)

    def kept(self, name: str) -> bytes:
        """A file of the data partition."""
        return call("debugfs", "-R", f"cat {name}", self._data())

    def _data(self) -> Path:
        """The data partition as the box itself repairs it when its plug was pulled."""
        table = json.loads(call("sfdisk", "--json", self.card))["partitiontable"]
        row = next(row for row in table["partitions"] if row["name"] == "isotone-data")
        data = self.folder / "data.img"
        extract(self.card, row["start"] * 512, row["size"] * 512, data)
        subprocess.run(["e2fsck", "-p", data], capture_output=True, check=False)
        return data

    def heard_s(self) -> float:
        """How long its sound card put out anything."""
        with wave.open(str(self.folder / "sound.wav")) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, sound.getnchannels())
            return float((np.abs(samples).max(axis=1) > QUIET).sum() / sound.getframerate())

    def read(self, name: str) -> bytes | None:
        """A file of the boot partition; None where there is none."""
        command = ["mtype", "-i", f"{self.card}@@{disk.START_MIB * disk.MIB}", f"::/{name}"]
        done = subprocess.run(command, capture_output=True, check=False)
        return None if done.returncode else done.stdout

    def slots(self) -> BootBlock:
        """Which slot starts next, and how often it may try."""
        return parse(self.read("isotone/slots.env") or b"")

    def listing(self, name: str) -> str:
        """What lies in a folder of the data partition."""
        return call("debugfs", "-R", f"ls -l {name}", self._data()).decode(errors="replace")

    def data_mib(self) -> float:
        """Size of the data partition."""
        table = json.loads(call("sfdisk", "--json", self.card))["partitiontable"]
        sectors = next(row["size"] for row in table["partitions"] if row["name"] == "isotone-data")
        return float(sectors) / 2048


def extract(card: Path, start: int, size: int, out: Path) -> None:
    """Copies a part of a card into a file of its own; what is empty there is a hole here."""
    out.unlink(missing_ok=True)
    call("dd", f"if={card}", f"of={out}", "bs=1M", f"skip={start}", f"count={size}", "iflag=skip_bytes,count_bytes",
         "conv=sparse", "status=none")  # fmt: skip
    os.truncate(out, size)


def fat(stick: Path, label: str, files: list[Path]) -> Path:
    """A stick with these files."""
    stick.touch()
    os.truncate(stick, sum(file.stat().st_size for file in files) + 64 * disk.MIB)
    call("mkfs.vfat", "-F", "32", "-n", label, stick)
    call("mcopy", "-i", stick, *files, "::/")
    return stick


def expect(what: str, is_so: bool) -> None:
    """Says what is so.

    Raises:
        SystemMissingError: it is not.
    """
    if not is_so:
        raise SystemMissingError(f"It is not so that {what}.", "Look into the log.")
    say(f"ok: {what}")
