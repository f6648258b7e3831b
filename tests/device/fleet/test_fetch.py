"""A bundle comes piece by piece, goes on where it was cut off, and is believed only when it is what was offered."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import DiskError, UpdateError
from device.fleet import fetch as room
from device.fleet.fetch import ASK_AGAIN_NS, Fetch, sweep
from device.fleet.offer import HEADER, PIECE_BYTES, Offer, cut_piece, read_ask, read_offer, read_piece
from tests.cases import cases

DATA = bytes(range(256)) * (PIECE_BYTES // 100)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    path.write_bytes(DATA)
    return path


def offer_of(data: bytes) -> Offer:
    return Offer(rollout="ward-1", release="1.1.0", n_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


class Clinic:
    """Answers what is asked for."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.bundle, self.folder = bundle, folder
        self.asked: list[int] = []
        self.fetch = self.begin()

    def begin(self) -> Fetch:
        self.fetch = Fetch(self.folder, offer_of(self.bundle.read_bytes()), self.answer)
        return self.fetch

    def answer(self, payload: bytes) -> None:
        ask = read_ask(payload)
        assert ask
        self.asked.append(ask.index)
        self.fetch.hear(cut_piece(self.bundle, ask))

    def turn_until_whole(self) -> None:
        for now_ns in range(100):
            self.fetch.turn(now_ns)
            if self.fetch.is_whole:
                return
        raise AssertionError("it never becomes whole")


def test_it_comes_whole_and_each_piece_is_asked_for_once(bundle: Path, tmp_path: Path) -> None:
    clinic = Clinic(bundle, tmp_path / "fetched")
    clinic.turn_until_whole()
    clinic.fetch.prove()
    assert clinic.fetch.path.read_bytes() == DATA
    assert clinic.asked == [0, 1, 2]


def test_what_was_cut_off_goes_on_where_it_was(bundle: Path, tmp_path: Path) -> None:
    clinic = Clinic(bundle, tmp_path / "fetched")
    clinic.fetch.turn(0)
    clinic.fetch.turn(0)
    with clinic.fetch.path.open("ab") as torn:
        torn.write(b"half a piece")
    clinic.asked.clear()
    clinic.begin()
    clinic.turn_until_whole()
    clinic.fetch.prove()
    assert clinic.asked == [1, 2]


def test_a_piece_that_does_not_come_is_asked_for_again(bundle: Path, tmp_path: Path) -> None:
    asked: list[bytes] = []
    fetch = Fetch(tmp_path / "fetched", offer_of(DATA), asked.append)
    for now_ns in (0, 1, ASK_AGAIN_NS, ASK_AGAIN_NS + 1):
        fetch.turn(now_ns)
    assert len(asked) == 2


def test_what_is_not_what_was_offered_is_thrown_away(bundle: Path, tmp_path: Path) -> None:
    clinic = Clinic(bundle, tmp_path / "fetched")
    clinic.turn_until_whole()
    with clinic.fetch.path.open("r+b") as file:
        file.write(b"x")
    with pytest.raises(UpdateError, match="not what was offered"):
        clinic.fetch.prove()
    assert not clinic.fetch.path.exists()


def test_no_room_is_said_before_anything_is_written(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SPARE_BYTES", 1 << 60)
    clinic = Clinic(bundle, tmp_path / "fetched")
    clinic.fetch.turn(0)
    with pytest.raises(DiskError, match="No space left"):
        clinic.fetch.turn(0)


def test_what_is_offered_no_more_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.fetched", "b.fetched", "renewal.json"):
        (tmp_path / name).touch()
    sweep(tmp_path, but=tmp_path / "b.fetched")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.fetched", "renewal.json"]


def piece_of(offer: Offer, number: int) -> bytes:
    data = DATA[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]
    return HEADER.pack(bytes.fromhex(offer.sha256)[:8], number) + data


@settings(max_examples=cases(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 5)), max_size=12))
def test_whatever_comes_it_is_never_more_than_was_offered(
    bundle: Path, tmp_path: Path, pieces: list[bytes | int]
) -> None:
    """Pieces in any order, twice, of another bundle or of nothing."""
    shutil.rmtree(tmp_path / "fetched", ignore_errors=True)
    offer = offer_of(DATA)
    fetch = Fetch(tmp_path / "fetched", offer, lambda _ask: None)
    for piece in pieces:
        fetch.hear(piece_of(offer, piece) if isinstance(piece, int) else piece)
        fetch.turn(0)
    written = fetch.path.read_bytes() if fetch.path.exists() else b""
    assert DATA.startswith(written)
    assert fetch.n_pieces == -(-len(written) // PIECE_BYTES)


@settings(max_examples=cases(60), deadline=None)
@given(payload=st.one_of(st.binary(max_size=2000), st.text(max_size=500).map(str.encode)))
def test_what_is_no_offer_ask_or_piece_is_nothing(payload: bytes) -> None:
    assert read_offer(payload) is None
    assert read_ask(payload) is None
    piece = read_piece(payload)
    assert piece is None or len(piece.data) == len(payload) - HEADER.size
