"""What cards and readers do to whoever writes them: each is told in a sentence, with the code that README.md names."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.flashing.bmap import whole
from deploy.flashing.card import checked, fill, map_of
from deploy.flashing.write import CHUNK
from device.errors import DiskError, Exit

CHUNKS = 15
"""The fifteenth begins at 93 %."""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "box.img"
    with path.open("wb") as file:
        for number in range(CHUNKS):
            file.seek(number * CHUNK)
            file.write(bytes([number + 1]) * 4096)
        file.truncate(CHUNKS * CHUNK)
    return path


def breaking(monkeypatch: pytest.MonkeyPatch, code: int, call: str = "write") -> None:
    """The card takes 14 chunks, and then fails; `fsync`: it fails when it is to keep them."""
    done: list[int] = []
    true_call: Callable[..., int] = getattr(os, call)

    def fail(handle: int, *words: object) -> int:
        done.append(handle)
        if call == "fsync" or len(done) > CHUNKS - 1:
            raise OSError(code, os.strerror(code))
        return true_call(handle, *words)

    monkeypatch.setattr(os, call, fail)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ENODEV, errno.ENXIO, errno.EROFS])
def test_a_card_that_fails_at_93_percent_or_is_pulled_out_is_told(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    breaking(monkeypatch, code)
    with pytest.raises(DiskError, match=rf"card failed after 59 MB: {os.strerror(code)}\.") as told:
        fill(image, whole(image), tmp_path / "card", None)
    assert told.value.exit_code == Exit.DISK
    assert told.value.action


def test_a_card_that_cannot_keep_what_it_took_is_told(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, errno.EIO, "fsync")
    with pytest.raises(DiskError, match=r"card cannot be written: Input/output error"):
        fill(image, whole(image), tmp_path / "card", None)


def starting_over(card: Path, n_bytes: int) -> None:
    """What lies beyond the card's true size went to its beginning."""
    data = card.read_bytes()
    card.write_bytes(data[n_bytes:] + data[len(data) - n_bytes :] + bytes(n_bytes))


def forgetting(card: Path, n_bytes: int) -> None:
    """What lies beyond the card's true size is nowhere."""
    os.truncate(card, n_bytes)
    os.truncate(card, CHUNKS * CHUNK)


def ending(card: Path, n_bytes: int) -> None:
    """What lies beyond the card's true size cannot be read."""
    os.truncate(card, n_bytes)


@pytest.mark.parametrize("lie", [starting_over, forgetting, ending])
def test_a_card_that_lies_about_its_size_is_told(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: Callable[[Path, int], None]
) -> None:
    card = tmp_path / "card"
    sync = os.fsync

    def keep(handle: int) -> None:
        sync(handle)
        lie(card, 8 * CHUNK)

    monkeypatch.setattr(os, "fsync", keep)
    with pytest.raises(DiskError, match="smaller than it says"):
        fill(image, whole(image), card, None)


def test_a_reader_that_is_pulled_while_it_reads_back_is_told(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def pull(handle: int) -> None:
        sync(handle)
        (tmp_path / "card").unlink()

    monkeypatch.setattr(os, "fsync", pull)
    with pytest.raises(DiskError, match="cannot be read back"):
        fill(image, whole(image), tmp_path / "card", None)


def test_an_image_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"none\.img cannot be read"):
        map_of(tmp_path / "none.img")
    (tmp_path / "card").touch()
    assert checked(tmp_path / "none.img", tmp_path / "card") is None
