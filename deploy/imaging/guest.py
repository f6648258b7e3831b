"""A box in QEMU: a card, with or without a sound card and a stick, and what it says on its serial console.

What is tried in it beside the image comes as systemd's credentials from the machine (systemd.system-credentials(7)),
which a board has none of: the image is the one that is flashed.
"""

from __future__ import annotations

import base64
import os
import re
import select
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

from device.clock import SystemClock
from device.errors import SystemMissingError

FIRMWARE = Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
EXACT = ("-smp", "1", "-icount", "shift=0")
"""The box's clock goes by what it does, a nanosecond for each instruction: what else runs on this machine makes nothing
in the box late, and nothing is quick."""
QUICK = ("-smp", "2", "-accel", "tcg,thread=multi,tb-size=512")
LAST_WORDS_S = 30.0
ESCAPES = re.compile(r"\x1b\[[0-9;?!]*[A-Za-z]|\r")


class Machine(NamedTuple):
    """What a card is put into."""

    card: Path
    sound: Path | None = None
    """The file that its sound card writes; None: it has no sound card."""
    stick: Path | None = None
    has_network: bool = False
    """Whether it reaches this machine, at 10.0.2.2."""
    units: Mapping[str, str] = {}
    """What systemd runs beside the image's own, each wanted by multi-user.target."""
    writes: Path | None = None
    """Where all that is written to the card is noted with its order (QEMU's blklogwrites)."""
    is_exact: bool = False
    """Whether its clock goes by instructions, for figures."""

    def command(self) -> list[str]:
        """How QEMU is called."""
        file = f"driver=file,filename={self.card}"
        if self.writes:
            self.writes.touch()
            file = f"driver=blklogwrites,file.driver=file,file.filename={self.card}"
            file += f",log.driver=file,log.filename={self.writes},log-sector-size=512"
        words = [
            "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", *(EXACT if self.is_exact else QUICK),
            "-m", "1024", "-bios", str(FIRMWARE), "-display", "none", "-no-reboot",
            "-blockdev", f"{file},node-name=below", "-blockdev", "driver=raw,file=below,node-name=card",
            "-device", "virtio-blk-pci,drive=card,bootindex=1", "-device", "virtio-rng-pci",
            "-serial", "stdio",
        ]  # fmt: skip
        words += ["-nic", "user,model=virtio-net-pci"] if self.has_network else ["-nic", "none"]
        if self.sound:
            words += ["-audiodev", f"wav,id=sound,path={self.sound}", "-device", "intel-hda"]
            words += ["-device", "hda-output,audiodev=sound,mixer=off"]
        if self.stick:
            words += ["-device", "qemu-xhci", "-drive", f"if=none,file={self.stick},format=raw,id=stick"]
            words += ["-device", "usb-storage,drive=stick,removable=on"]
        for name, value in self._credentials():
            words += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={_coded(value)}"]
        return words

    def _credentials(self) -> Iterator[tuple[str, str]]:
        for name, text in self.units.items():
            yield f"systemd.extra-unit.{name}", text
        if self.units:
            yield "systemd.unit-dropin.multi-user.target", f"[Unit]\nWants={' '.join(self.units)}\n"


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Guest:
    """A machine that runs until it is switched off or starts again, whichever is first."""

    def __init__(self, machine: Machine, log: IO[str]) -> None:
        self._log, self._text = log, ""
        self._process = subprocess.Popen(
            machine.command(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_for(self, pattern: str, limit_s: float) -> re.Match[str]:
        """What the console says from now on is read until the pattern comes.

        Raises:
            SystemMissingError: it does not come in time, or the machine ends before.
        """
        for text in self._reading(limit_s):
            if found := re.search(pattern, text):
                self._text = text[found.end() :]
                return found
        raise SystemMissingError(f"The box never said {pattern!r}.", f"Look into {self._log.name}.")

    def wait_for_end(self, limit_s: float) -> None:
        """The machine switches itself off, or starts again.

        Raises:
            SystemMissingError: it does not in time.
        """
        for _ in self._reading(limit_s):
            pass
        if self._process.poll() is None:
            raise SystemMissingError("The box neither went off nor started again.", f"Look into {self._log.name}.")

    def pull_plug(self) -> None:
        """Whoever lives with a box ends a day with it like this; its sound is written to the end."""
        self._process.terminate()
        self._process.wait(LAST_WORDS_S)

    def _reading(self, limit_s: float) -> Iterator[str]:
        """All that the console has said since the last pattern, each time that there is more."""
        yield self._text
        assert self._process.stdout
        clock = SystemClock()
        output, until_ns = self._process.stdout.fileno(), clock.now_ns() + limit_s * 1e9
        while (left_s := (until_ns - clock.now_ns()) / 1e9) > 0:
            if not select.select([output], [], [], left_s)[0]:
                return
            data = os.read(output, 65536)
            if not data:
                self._process.wait()
                return
            said = ESCAPES.sub("", data.decode(errors="replace"))
            self._log.write(said)
            self._log.flush()
            self._text += said
            yield self._text
