"""What a clinic offers a box: a bundle by its hash, which the box fetches piece by piece over the broker of both.

Why so, and not by a web server: a box needs no second door, name or certificate; the broker holds one piece for each
box that fetches, never the bundle; a box asks for what it lacks, so what is cut off goes on where it was. An offer is
not believed that a bundle is ours: the bundle's own signature says so. It lies in the first piece, and is looked at
before the second is asked for.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from device.messages import UNDECODABLE

OFFER_BYTES_MAX = 1024
PIECE_BYTES = 256 << 10
HEADER = struct.Struct(">8sI")
BUNDLE_BYTES_MAX = 4 << 30
Version = Annotated[str, msgspec.Meta(pattern=r"^\d{1,10}(\.\d{1,10}){1,4}\Z")]
RolloutId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,64}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
When = Literal["night", "now"]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle for one box, kept by the broker until it is withdrawn."""

    form: int = 1
    rollout: RolloutId
    """The same bundle may be offered again, and is then tried again."""
    release: Version
    n_bytes: Annotated[int, msgspec.Meta(ge=1, le=BUNDLE_BYTES_MAX)]
    sha256: Digest
    when: When = "night"

    @property
    def n_pieces(self) -> int:
        return -(-self.n_bytes // PIECE_BYTES)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A box lacks this piece of that bundle."""

    sha256: Digest
    index: Annotated[int, msgspec.Meta(ge=0, le=BUNDLE_BYTES_MAX // PIECE_BYTES)]


class Piece(NamedTuple):
    """A part of the bundle whose hash begins so."""

    digest: bytes
    number: int
    data: bytes


def read_offer(payload: bytes) -> Offer | None:
    """What a broker gave as an offer; None: it is none that this version understands."""
    try:
        offer = msgspec.json.decode(payload[: OFFER_BYTES_MAX + 1], type=Offer)
    except UNDECODABLE:
        return None
    return offer if offer.form == 1 else None


def read_ask(payload: bytes) -> Ask | None:
    """What a box asked for; None: nothing that can be answered."""
    try:
        return msgspec.json.decode(payload[: OFFER_BYTES_MAX + 1], type=Ask)
    except UNDECODABLE:
        return None


def read_piece(payload: bytes) -> Piece | None:
    """What a broker gave as a piece; None: it is none."""
    if not HEADER.size < len(payload) <= HEADER.size + PIECE_BYTES:
        return None
    digest, number = HEADER.unpack_from(payload)
    return Piece(digest, number, payload[HEADER.size :])


def cut_piece(bundle: Path, ask: Ask) -> bytes:
    """The piece that was asked for; empty: the bundle has none there.

    Raises:
        OSError: the bundle cannot be read.
    """
    with bundle.open("rb") as file:
        file.seek(ask.index * PIECE_BYTES)
        data = file.read(PIECE_BYTES)
    return HEADER.pack(bytes.fromhex(ask.sha256)[:8], ask.index) + data if data else b""


def digest_of(bundle: Path) -> str:
    """SHA-256 of a file in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with bundle.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
