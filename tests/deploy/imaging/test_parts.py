"""The parts of an image, made small: the same in, the same out, and what the box looks for is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from deploy.imaging import boot_files, disk, root
from deploy.imaging.boards import BOARDS
from device.errors import DiskError

EPOCH = 1_700_000_000


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


@needs("mksquashfs")
def test_two_roots_of_the_same_files_are_the_same_bits(tmp_path: Path) -> None:
    images = []
    for name in ("one", "two"):
        for folder in ("etc", "var/log", "usr/bin"):
            (tmp_path / name / folder).mkdir(parents=True)
        (tmp_path / name / "etc/hostname").write_text("isotone\n")
        (tmp_path / name / "var/log/build").write_text(name)
        os.utime(tmp_path / name / "etc/hostname", (EPOCH + len(images), EPOCH + 5 + len(images)))
        disk.root_image(tmp_path / name, tmp_path / f"{name}.img", EPOCH)
        images.append((tmp_path / f"{name}.img").read_bytes())
    assert images[0] == images[1]


@needs("cpio")
def test_our_scripts_follow_debians_initial_ram_disk(tmp_path: Path) -> None:
    (tmp_path / "root/boot").mkdir(parents=True)
    initrd = tmp_path / "root/boot/initrd.img-6.12"
    initrd.write_bytes(b"debian")
    boot_files.add_to_initrd(tmp_path / "root", tmp_path / "scratch", EPOCH)
    archive = zlib.decompress(initrd.read_bytes().removeprefix(b"debian"), wbits=31)
    listed = subprocess.run(["cpio", "--list", "--quiet"], input=archive, capture_output=True, check=True)
    assert {"scripts/local-bottom/ORDER", "scripts/local-bottom/isotone"} <= set(listed.stdout.decode().split())


@needs("sfdisk", "mkfs.vfat", "mcopy", "mkfs.ext4")
def test_a_root_that_is_larger_than_a_slot_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "root.img").open("wb") as file:
        file.truncate(disk.SLOT_MIB * disk.MIB + 1)
    with pytest.raises(DiskError, match="a slot has"):
        disk.assemble(tmp_path / "out.img", tmp_path, tmp_path / "root.img", tmp_path, "1")


def test_an_image_has_no_compiler_and_no_pip() -> None:
    for board in BOARDS.values():
        asked = root.packages(board)
        assert not {name for name in asked if name.startswith(("gcc", "python3-pip", "python3-venv", "build-"))}
        assert board.kernel in asked


def test_a_driver_that_is_kept_has_what_it_needs(tmp_path: Path) -> None:
    modules = tmp_path / "usr/lib/modules/6.12"
    names = [f"kernel/drivers/{name}.ko.xz" for name in ("net/virtio_net", "net/net_failover", "infiniband/mlx")]
    for name in names:
        (modules / name).parent.mkdir(parents=True, exist_ok=True)
        (modules / name).touch()
    (modules / "modules.dep").write_text(f"{names[0]}: {names[1]}\n{names[1]}:\n{names[2]}:\n")
    root.prune_modules(modules / "kernel")
    assert [name for name in names if (modules / name).exists()] == names[:2]


def test_the_size_of_a_root_counts_a_file_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(2_000_000))
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert root.size_mb(tmp_path) == pytest.approx(2.0)
