"""The door: plain where nothing is sealed, sealed where `seal.json` lies; there no plain file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import SealedError
from device.sealing.door import (
    SUFFIX,
    create,
    open_stored,
    read_stored,
    size_of,
    store_whole,
    stored_path,
)
from device.sealing.ring import Ring, open_ring
from device.sealing.sealed_folder import seal_folder

ADA = "a" * 32


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return open_ring(tmp_path / "keys", tmp_path / "box.key")


def sealed(folder: Path, ring: Ring) -> Path:
    folder.mkdir()
    seal_folder(folder, folder.name, ADA, ring)
    return folder


def test_a_folder_without_a_seal_is_plain(tmp_path: Path) -> None:
    file = create(tmp_path / "log")
    file.write(b"abc")
    file.close()
    store_whole(tmp_path / "x.json", b"{}")
    assert (tmp_path / "log").read_bytes() == b"abc"
    assert read_stored(tmp_path / "x.json", 10) == b"{}"


def test_a_sealed_folder_holds_nothing_plain(tmp_path: Path, ring: Ring) -> None:
    folder = sealed(tmp_path / "a", ring)
    file = create(folder / "log")
    file.write(b"precious" * 10)
    file.settle()
    file.write(b"more")
    file.close()
    store_whole(folder / "x.json", b'"precious"')
    store_whole(folder / "x.json", b'"precious too"')
    assert sorted(path.name for path in folder.iterdir()) == ["log.sealed", "seal.json", "x.json.sealed"]
    assert all(b"precious" not in path.read_bytes() for path in folder.iterdir())
    with open_stored(folder / "log") as opened:
        assert size_of(opened) == 84
        assert opened.read() == b"precious" * 10 + b"more"
    assert read_stored(folder / "x.json", 100) == b'"precious too"'
    with pytest.raises(OSError, match="more than"):
        read_stored(folder / "x.json", 5)


def test_a_plain_file_that_somebody_put_there_is_not_read(tmp_path: Path, ring: Ring) -> None:
    folder = sealed(tmp_path / "a", ring)
    (folder / "x.json").write_bytes(b"{}")
    with pytest.raises(FileNotFoundError):
        read_stored(folder / "x.json", 10)


def test_a_whole_file_that_was_cut_is_refused(tmp_path: Path, ring: Ring) -> None:
    folder = sealed(tmp_path / "a", ring)
    store_whole(folder / "x.json", b"{}")
    path = stored_path(folder / "x.json")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OSError, match="end is missing"):
        read_stored(folder / "x.json", 10)


def test_files_of_another_session_are_refused_and_a_seal_too(tmp_path: Path, ring: Ring) -> None:
    one, other = sealed(tmp_path / "a", ring), sealed(tmp_path / "b", ring)
    for folder in (one, other):
        store_whole(folder / "x.json", folder.name.encode())
    (other / "x.json.sealed").replace(one / "x.json.sealed")
    with pytest.raises(OSError, match="another session"):
        read_stored(one / "x.json", 10)
    seal = (one / "seal.json").read_bytes()
    (one / "seal.json").write_bytes(seal.replace(b'"session":"a"', b'"session":"b"'))
    with pytest.raises(SealedError, match="not what was written there"):
        read_stored(one / "x.json", 10)


def test_without_its_seal_or_its_listeners_key_a_session_is_unreadable(tmp_path: Path, ring: Ring) -> None:
    one, other = sealed(tmp_path / "a", ring), sealed(tmp_path / "b", ring)
    for folder in (one, other):
        store_whole(folder / "x.json", b"{}")
    (one / "seal.json").unlink()
    with pytest.raises(SealedError, match="no key"):
        read_stored(one / f"x.json{SUFFIX}", 10)
    ring.destroy(ADA)
    with pytest.raises(SealedError, match="destroyed"):
        read_stored(other / "x.json", 10)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xff", b"[" * 10_000])
def test_a_damaged_seal_is_a_sentence(tmp_path: Path, ring: Ring, data: bytes) -> None:
    folder = sealed(tmp_path / "a", ring)
    store_whole(folder / "x.json", b"{}")
    (folder / "seal.json").write_bytes(data)
    with pytest.raises(SealedError):
        read_stored(folder / "x.json", 10)
