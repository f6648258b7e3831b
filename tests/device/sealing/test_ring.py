"""The keys of a box: each opens by the box's key alone, or the clinic's, and is gone when it is destroyed."""

from __future__ import annotations

import stat
from pathlib import Path

import pyrage
import pytest

from device.errors import DiskError, SealedError
from device.sealing.ring import NOBODY, Ring, make_box_key, open_ring

ADA, BOB = "a" * 32, "b" * 32


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return open_ring(tmp_path / "listeners" / "keys", tmp_path / "box" / "box.key")


def secret(ring: Ring, owner: str) -> bytes:
    with ring.key_of(owner) as key:
        return bytes(key.data)


def test_a_key_is_made_once_and_is_private(ring: Ring, tmp_path: Path) -> None:
    ring.make(ADA)
    first = secret(ring, ADA)
    ring.make(ADA)
    assert secret(Ring(ring.folder), ADA) == first
    assert ring.owners() == [ADA]
    for path in (tmp_path / "box" / "box.key", *ring.folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first not in (ring.folder / f"{ADA}.key").read_bytes()


def test_a_destroyed_key_is_gone_and_the_others_stay(ring: Ring) -> None:
    ring.make(ADA)
    ring.make(BOB)
    ring.destroy(ADA)
    ring.destroy(ADA)
    with pytest.raises(SealedError, match="destroyed"):
        ring.key_of(ADA)
    assert secret(ring, BOB)


def test_without_the_box_key_the_data_open_nothing_and_no_new_one_is_made(ring: Ring, tmp_path: Path) -> None:
    ring.make(ADA)
    (tmp_path / "box" / "box.key").unlink()
    with pytest.raises(SealedError, match=r"box\.key cannot be read"):
        ring.key_of(ADA)
    with pytest.raises(SealedError, match="gone"):
        open_ring(ring.folder, tmp_path / "box" / "box.key")
    make_box_key(tmp_path / "another.key")
    stolen = open_ring(ring.folder, tmp_path / "another.key")
    with pytest.raises(SealedError, match="not sealed by the key of this box"):
        stolen.key_of(ADA)


def test_a_key_file_alone_opens_nothing_where_the_board_has_a_secret(tmp_path: Path) -> None:
    board = tmp_path / "otp"
    board.write_bytes(b"7" * 32)
    ring = open_ring(tmp_path / "keys", tmp_path / "box.key", str(board))
    ring.make(ADA)
    assert secret(ring, ADA)
    for other in (b"8" * 32, bytes(32), b"short"):
        board.write_bytes(other)
        with pytest.raises(SealedError):
            ring.key_of(ADA)


def test_one_listeners_key_does_not_pass_for_anothers(ring: Ring) -> None:
    ring.make(ADA)
    (ring.folder / f"{ADA}.key").replace(ring.folder / f"{BOB}.key")
    with pytest.raises(SealedError, match="not sealed by the key"):
        ring.key_of(BOB)


def test_the_clinic_opens_a_key_on_another_box(tmp_path: Path) -> None:
    clinic, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    ring = open_ring(tmp_path / "keys", tmp_path / "box.key", clinic=str(clinic.to_public()))
    ring.make(ADA)
    before = secret(ring, ADA)
    make_box_key(tmp_path / "new.key")
    moved = open_ring(tmp_path / "keys", tmp_path / "new.key")
    with pytest.raises(SealedError):
        moved.key_of(ADA)
    with pytest.raises(SealedError, match="not sealed to this identity"):
        moved.restore(ADA, str(stranger))
    moved.restore(ADA, str(clinic))
    assert secret(moved, ADA) == before


def test_what_is_no_recipient_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SealedError, match="recipient"):
        open_ring(tmp_path / "keys", tmp_path / "box.key", clinic="age1nonsense")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("owner", ["", "..", "../x", "A" * 32, "a" * 31, NOBODY + "x"])
def test_what_is_no_listeners_id_names_no_file(ring: Ring, owner: str) -> None:
    with pytest.raises(SealedError, match="no listener's id"):
        ring.key_of(owner)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"wrapped": "AAAA"}'])
def test_a_damaged_key_is_a_sentence(ring: Ring, data: bytes) -> None:
    ring.make(ADA)
    (ring.folder / f"{ADA}.key").write_bytes(data)
    with pytest.raises(SealedError):
        ring.key_of(ADA)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DiskError):
        open_ring(tmp_path / "file" / "keys", tmp_path / "box.key")
