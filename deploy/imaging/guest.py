"""A box in QEMU: a card, with or without a sound card and a stick, and what it says on its serial console."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from device.clock import SystemClock
from device.errors import SystemMissingError

FIRMWARE = Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
INSTRUCTION_NS = "shift=0"
"""The box's clock goes by what it does, a nanosecond for each instruction: what else runs on this machine makes nothing
in the box late."""
ESCAPES = re.compile(r"\x1b\[[0-9;?!]*[A-Za-z]|\r")


class Guest:
    """A machine that runs until it is switched off or starts again, whichever is first."""

    def __init__(self, card: Path, log: IO[str], sound: Path | None, stick: Path | None = None) -> None:
        """`sound` is the file that its sound card writes; None: it has no sound card."""
        self._monitor = card.with_suffix(".monitor")
        self._monitor.unlink(missing_ok=True)
        self._log, self._text = log, ""
        cards = [f"wav,id=sound,path={sound}"] if sound else []
        self._process = subprocess.Popen(
            [
                "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "1", "-m", "1024",
                "-icount", INSTRUCTION_NS, "-bios", str(FIRMWARE), "-net", "none", "-display", "none", "-no-reboot",
                "-drive", f"if=none,file={card},format=raw,id=card", "-device", "virtio-blk-pci,drive=card",
                "-device", "virtio-rng-pci",
                "-serial", "stdio", "-qmp", f"unix:{self._monitor},server=on,wait=off",
                *(word for card in cards for word in ("-audiodev", card, "-device", "intel-hda", "-device",
                                                      "hda-output,audiodev=sound")),
                *(("-device", "qemu-xhci", "-drive", f"if=none,file={stick},format=raw,id=stick", "-device",
                   "usb-storage,drive=stick,removable=on") if stick else ()),
            ],
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

    def switch_off(self, limit_s: float) -> None:
        """Presses the power button, as whoever ends a day with the box does."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self._monitor))
            for command in ("qmp_capabilities", "system_powerdown"):
                monitor.sendall(json.dumps({"execute": command}).encode())
                monitor.recv(4096)
        self.wait_for_end(limit_s)

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
