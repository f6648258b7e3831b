"""TABLE of boards: what an image for each is made of. All start by GRUB from an EFI partition."""

from __future__ import annotations

from typing import Literal

import msgspec


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    architecture: Literal["arm64", "amd64"]
    """Debian's name of it."""
    kernel: str
    """The package of its kernel."""
    console: str
    """The kernel's serial console."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Its kernel, and what starts it from an EFI partition."""
        return (self.kernel, "grub-common", f"grub-efi-{self.architecture}-signed", "shim-signed")

    @property
    def machine(self) -> str:
        """The machine in the names of wheels."""
        return {"arm64": "aarch64", "amd64": "x86_64"}[self.architecture]


BOARDS = {
    "qemu-virt": Board(architecture="arm64", kernel="linux-image-arm64", console="ttyAMA0"),
    "x86-64": Board(architecture="amd64", kernel="linux-image-amd64", console="ttyS0"),
}
