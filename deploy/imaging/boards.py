"""TABLE of boards: what an image for each is made of. Sizes are of partitions; a slot holds one root."""

from __future__ import annotations

from typing import Literal

import msgspec

Boot = Literal["grub", "firmware", "kernel"]
"""Who starts the kernel: GRUB from an EFI partition, a Raspberry Pi's firmware, or QEMU, which is handed the kernel."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    architecture: Literal["arm64", "amd64"]
    """Debian's name of it."""
    boot: Boot
    kernel: str
    """The package of its kernel."""
    packages: tuple[str, ...] = ()
    """What only this board needs."""
    console: str
    """The kernel's serial console."""
    archive: str = ""
    """A further package archive that its kernel comes from, as a line of sources.list; given with `--archive`."""

    @property
    def machine(self) -> str:
        """The machine in the names of wheels."""
        return {"arm64": "aarch64", "amd64": "x86_64"}[self.architecture]


BOARDS = {
    "qemu-virt": Board(
        architecture="arm64",
        boot="grub",
        kernel="linux-image-arm64",
        packages=("grub-common", "grub-efi-arm64-signed", "shim-signed"),
        console="ttyAMA0",
    ),
    "x86-64": Board(
        architecture="amd64",
        boot="grub",
        kernel="linux-image-amd64",
        packages=("grub-common", "grub-efi-amd64-signed", "shim-signed"),
        console="ttyS0",
    ),
}
