"""What lies on the boot partition: the boot loader as Debian signed it, its rules, and which slot is good."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

from deploy.imaging.boards import Board
from deploy.imaging.programs import call
from device.slots.boot_block import BootBlock, render

HERE = Path(__file__).parent
ARGUMENTS = "systemd.getty_auto=no"
"""Nobody logs in at the serial console, which only tells."""
EFI_NAMES = {"arm64": "aa64", "amd64": "x64"}


def grub_files(root: Path, board: Board, folder: Path) -> None:
    """Fills a folder with the EFI partition's files."""
    short = EFI_NAMES[board.architecture]
    boot = folder / "EFI/BOOT"
    boot.mkdir(parents=True)
    shutil.copy(root / f"usr/lib/shim/shim{short}.efi.signed", boot / f"BOOT{short.upper()}.EFI")
    shutil.copy(next(root.glob(f"usr/lib/grub/*-efi-signed/grub{short}.efi.signed")), boot / f"grub{short}.efi")
    rules = (
        (HERE / "boot/grub.cfg")
        .read_text()
        .replace("@ARGUMENTS@", f"quiet panic=10 console={board.console} {ARGUMENTS}")
    )
    for place in ("EFI/debian", "EFI/BOOT"):
        (folder / place).mkdir(exist_ok=True)
        (folder / place / "grub.cfg").write_text(rules)
    state = folder / "isotone"
    state.mkdir()
    (state / "slots.env").write_bytes(render(BootBlock()))


def add_to_initrd(root: Path, scratch: Path, epoch: int) -> None:
    """Puts our own scripts behind Debian's initial RAM disk, which then need not be made anew with each change of them.

    The kernel unpacks archives that follow each other, the later over the earlier (kernel documentation, "initramfs
    buffer format").
    """
    shutil.copytree(HERE / "initramfs", scratch)
    paths = sorted([scratch, *scratch.rglob("*")])
    for path in paths:
        os.utime(path, (epoch, epoch))
    names = "".join(f"{path.relative_to(scratch)}\n" for path in paths)
    archive = call(
        "cpio", "--create", "--format=newc", "--reproducible", "--owner=0:0", "--quiet", f"--directory={scratch}",
        stdin=names.encode(),
    )  # fmt: skip
    with next((root / "boot").glob("initrd.img-*")).open("ab") as file:
        file.write(gzip.compress(archive, mtime=0))
