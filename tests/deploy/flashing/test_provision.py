"""A provisioning file lands on the boot partition of a flashed card, or is refused before anything is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.flashing.provision import check, put
from deploy.imaging import disk
from device.errors import ConfigError, DiskError

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("mcopy", "sfdisk", "mkfs.vfat", "mkfs.ext4", "mtype"))),
    reason="mtools, dosfstools, e2fsprogs or fdisk is not installed",
)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card with the partitions of a box and next to nothing on them."""
    (tmp_path / "boot/isotone").mkdir(parents=True)
    (tmp_path / "boot/isotone/slots.env").write_text("x")
    (tmp_path / "root.img").write_bytes(b"hsqs" + bytes(4092))
    disk.boot_image(tmp_path / "boot", tmp_path / "boot.img", "1", 1_700_000_000)
    disk.data_image(tmp_path / "data.img", "1", 1_700_000_000)
    disk.assemble(tmp_path / "card.img", tmp_path / "boot.img", tmp_path / "root.img", tmp_path / "data.img", "1")
    return tmp_path / "card.img"


@needs_tools
def test_the_file_is_where_the_box_looks_for_it(card: Path, tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text('name = "practice-03"\n')
    assert check(tmp_path / "box.toml") == "practice-03"
    put(tmp_path / "box.toml", card)
    start = disk.START_MIB * disk.MIB
    read = subprocess.run(["mtype", "-i", f"{card}@@{start}", "::/isotone.toml"], check=True, capture_output=True)
    assert read.stdout == b'name = "practice-03"\n'


def head(image: Path) -> bytes:
    """All that is before the first partition."""
    with image.open("rb") as file:
        return file.read(disk.START_MIB * disk.MIB)


@needs_tools
def test_the_same_parts_make_the_same_card(card: Path, tmp_path: Path) -> None:
    disk.assemble(tmp_path / "two.img", tmp_path / "boot.img", tmp_path / "root.img", tmp_path / "data.img", "1")
    disk.boot_image(tmp_path / "boot", tmp_path / "again.img", "1", 1_700_000_000)
    tables = [head(card), head(tmp_path / "two.img")]
    assert tables[0] == tables[1]
    assert (tmp_path / "again.img").read_bytes() == (tmp_path / "boot.img").read_bytes()


@needs_tools
def test_what_is_no_card_of_ours_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.img"
    other.write_bytes(bytes(2**20))
    subprocess.run(["sfdisk", "--quiet", other], input=b"label: gpt\n,,L\n", check=True)
    before = other.read_bytes()
    (tmp_path / "box.toml").write_text('name = "a"\n')
    with pytest.raises(DiskError, match="no boot partition"):
        put(tmp_path / "box.toml", other)
    assert other.read_bytes() == before


def test_an_unknown_key_is_refused_by_name_and_line(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text('name = "a"\nvolume = 3\n')
    with pytest.raises(ConfigError, match=r"box\.toml:2: unknown key `volume`"):
        check(tmp_path / "box.toml")
