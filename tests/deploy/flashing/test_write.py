"""Writing onto a card and reading it back: what differs is told, and holes stay as they were."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import zstandard

from deploy.flashing.bmap import BlockMap, Range
from deploy.flashing.write import verify, write
from device.errors import DiskError, RecordingError

CONTENT = bytes(range(256)) * 64


def quiet(_count: int) -> None:
    """Draws nothing."""


def mapped(*places: tuple[int, int], content: bytes = CONTENT) -> BlockMap:
    return BlockMap(len(content), tuple(Range(a, b, hashlib.sha256(content[a:b]).hexdigest()) for a, b in places))


@pytest.fixture(params=["card.img", "card.img.zst"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    path.write_bytes(zstandard.compress(CONTENT) if path.suffix == ".zst" else CONTENT)
    return path


def test_what_the_map_names_is_written_and_read_back(image: Path, tmp_path: Path) -> None:
    card = tmp_path / "card"
    told: list[int] = []
    block_map = mapped((0, 4096), (8192, 12288))
    write(image, block_map, card, told.append)
    verify(block_map, card, told.append)
    assert sum(told) == 2 * block_map.mapped_bytes
    assert card.read_bytes()[:4096] == CONTENT[:4096]
    assert card.read_bytes()[4096:8192] == bytes(4096)
    assert card.stat().st_size == len(CONTENT)


def test_a_damaged_image_is_found_while_it_is_written(image: Path, tmp_path: Path) -> None:
    other = CONTENT[:5000] + b"!" + CONTENT[5001:]
    with pytest.raises(RecordingError, match="damaged at byte 4096"):
        write(image, mapped((0, 4096), (4096, 8192), content=other), tmp_path / "card", quiet)


def test_a_short_image_is_refused(image: Path, tmp_path: Path) -> None:
    longer = CONTENT + bytes(4096)
    with pytest.raises(RecordingError, match="ends before its map does"):
        write(image, mapped((0, len(longer)), content=longer), tmp_path / "card", quiet)


def test_an_image_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.img.zst"
    path.write_bytes(b"no archive")
    with pytest.raises(RecordingError, match="cannot be read"):
        write(path, mapped((0, 4096)), tmp_path / "card", quiet)


def test_a_card_that_loses_what_was_written_is_told(image: Path, tmp_path: Path) -> None:
    card = tmp_path / "card"
    block_map = mapped((0, 4096), (8192, 12288))
    write(image, block_map, card, quiet)
    with card.open("r+b") as file:
        file.seek(9000)
        file.write(b"\0")
    with pytest.raises(DiskError, match="does not give back what was written at byte 8192"):
        verify(block_map, card, quiet)


def test_a_full_card_is_told_with_how_far_it_came(image: Path, tmp_path: Path) -> None:
    # /dev/full takes nothing, as a card does that breaks in the middle.
    with pytest.raises(DiskError, match=r"failed after 0 MB|cannot be written"):
        write(image, mapped((0, 4096)), Path("/dev/full"), quiet)
