"""Maps of images: read as bmaptool writes them, refused with a sentence when they are anything else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.flashing.bmap import parse, whole
from device.errors import RecordingError

MAP = """<?xml version="1.0" ?><bmap version="2.0"><ImageSize> 10000 </ImageSize><BlockSize> 4096 </BlockSize>
<BlocksCount> 3 </BlocksCount><ChecksumType> sha256 </ChecksumType><BlockMap>{ranges}</BlockMap></bmap>"""
HASH = "0" * 64


def ranges(*places: str, chksum: str = HASH) -> bytes:
    return MAP.format(ranges="".join(f'<Range chksum="{chksum}"> {place} </Range>' for place in places)).encode()


def test_ranges_become_bytes_and_the_last_ends_with_the_image() -> None:
    read = parse(ranges("0", "2-2"), "a.bmap")
    assert [(part.start, part.end) for part in read.ranges] == [(0, 4096), (8192, 10000)]
    assert read.mapped_bytes == 4096 + 1808


@pytest.mark.parametrize(
    "text",
    [
        ranges(),
        ranges("2", "0"),
        ranges("0-1", "1-2"),
        ranges("3"),
        ranges("-1"),
        ranges("x"),
        ranges("0", chksum="abc"),
        ranges("0").replace(b"sha256", b"md5"),
        ranges("0").replace(b"4096", b"1"),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + ranges("0"),
        b"",
    ],
)
def test_a_damaged_map_is_refused_by_its_name(text: bytes) -> None:
    with pytest.raises(RecordingError, match=r"card\.bmap is no map"):
        parse(text, "card.bmap")


@given(st.binary(max_size=500))
def test_whatever_is_no_map_is_refused(text: bytes) -> None:
    with pytest.raises(RecordingError):
        parse(text, "card.bmap")


@pytest.mark.skipif(shutil.which("bmaptool") is None, reason="bmaptool (bmap-tools) is not installed")
def test_what_bmaptool_writes_is_understood(tmp_path: Path) -> None:
    image = tmp_path / "card.img"
    with image.open("wb") as file:
        file.write(b"a" * 5000)
        file.seek(2**20)
        file.write(b"b" * 5000)
        file.truncate(2**22)
    subprocess.run(["bmaptool", "create", "-o", tmp_path / "card.bmap", image], check=True, capture_output=True)
    read = parse((tmp_path / "card.bmap").read_bytes(), "card.bmap")
    assert read.size_bytes == 2**22
    assert read.mapped_bytes < 2**16


def test_an_image_without_a_map_is_one_range(tmp_path: Path) -> None:
    (tmp_path / "card.img").write_bytes(b"x" * 1000)
    assert [(part.start, part.end) for part in whole(tmp_path / "card.img").ranges] == [(0, 1000)]
