"""A disk image from its parts: boot, two slots and data, put together without mounting anything.

1 isotone-boot   FAT, the EFI partition: boot loader, which slot is good, the provisioning file
2 isotone-a      root of slot A, squashfs
3 isotone-b      root of slot B, empty until the first update
4 isotone-data   ext4, grown to the end of the card at the first start
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from deploy.imaging.programs import call
from device.errors import DiskError

MIB = 2**20
BOOT_MIB = 64
SLOT_MIB = 500
DATA_MIB = 64
START_MIB = 4
"""Erase blocks of cards begin at such places."""
NAMESPACE = uuid.UUID("8f6b3f3e-2f0e-4f6a-9a53-6c2f6e0d8a11")
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"


def identity(name: str, version: str) -> uuid.UUID:
    """The same for the same part of the same release: two builds give the same bits."""
    return uuid.uuid5(NAMESPACE, f"{version}/{name}")


def root_image(root: Path, image: Path, epoch: int) -> None:
    """The read-only root of a slot. GRUB reads the kernel out of it, and knows no zstd."""
    image.unlink(missing_ok=True)
    call(
        "mksquashfs", root, image, "-comp", "gzip", "-Xcompression-level", "6", "-b", "256K", "-noappend", "-quiet",
        "-no-progress", "-xattrs", "-reproducible", "-wildcards",
        "-e", "proc/*", "sys/*", "dev/*", "run/*", "tmp/*", "var/*",
        environment={"SOURCE_DATE_EPOCH": str(epoch)},
    )  # fmt: skip


def boot_image(files: Path, image: Path, version: str, epoch: int) -> None:
    """A FAT file system with what lies in a folder."""
    _empty(image, BOOT_MIB)
    volume = f"{identity('boot', version).int & 0xFFFFFFFF:08x}"
    stamp = {"SOURCE_DATE_EPOCH": str(epoch)}
    call("mkfs.vfat", "-F", "32", "-n", "ISOTONE", "-i", volume, "--invariant", image, environment=stamp)
    for path in sorted(files.rglob("*")):
        os.utime(path, (epoch, epoch))
    call("mcopy", "-s", "-p", "-m", "-i", image, *sorted(files.iterdir()), "::/", environment=stamp)


def data_image(image: Path, version: str, epoch: int) -> None:
    """An empty ext4 that grows."""
    _empty(image, DATA_MIB)
    seed = identity("data", version)
    call(
        "mkfs.ext4", "-q", "-L", "isotone-data", "-U", str(seed), "-E", f"hash_seed={seed},lazy_itable_init=0",
        "-m", "1", "-O", "metadata_csum,64bit", image,
        environment={"E2FSPROGS_FAKE_TIME": str(epoch)},
    )  # fmt: skip


def assemble(image: Path, boot: Path, root: Path, data: Path, version: str) -> None:
    """Puts the parts into one file; slot B stays a hole.

    Raises:
        DiskError: the root is larger than a slot.
    """
    sizes = {"boot": BOOT_MIB, "a": SLOT_MIB, "b": SLOT_MIB, "data": DATA_MIB}
    root_mib = root.stat().st_size / MIB
    if root_mib > SLOT_MIB:
        raise DiskError(f"The root takes {root_mib:.0f} MiB and a slot has {SLOT_MIB}.", "Leave more out.")
    _empty(image, START_MIB + sum(sizes.values()) + 1)
    lines = [f"label: gpt\nlabel-id: {identity('disk', version)}"]
    at = START_MIB
    starts = {}
    for name, size in sizes.items():
        kind = ESP if name == "boot" else LINUX
        lines.append(f"start={at}MiB, size={size}MiB, type={kind}, name=isotone-{name}, uuid={identity(name, version)}")
        starts[name] = at
        at += size
    call("sfdisk", "--quiet", image, stdin="\n".join(lines).encode())
    for name, part in {"boot": boot, "a": root, "data": data}.items():
        call("dd", f"if={part}", f"of={image}", "bs=1M", f"seek={starts[name]}", "conv=notrunc,sparse", "status=none")


def _empty(image: Path, mib: int) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(mib * MIB)
