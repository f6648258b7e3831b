"""A bundle is one file: a tar of the manifest, its signature and the payload, in this order.

Nothing of it is believed before the signature is right, and nothing is unpacked before every byte was counted.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

import zstandard

from device.errors import UpdateError
from device.updates.manifest import OTHER, Manifest, parse
from device.updates.signature import verify

MEMBERS = ("manifest.json", "manifest.sig", "payload.tar.zst")
SMALL_BYTES = 64 << 10
PIECE_BYTES = 1 << 20
DAMAGED = (
    *(tarfile.TarError, EOFError, zstandard.ZstdError, ValueError),
    *(LookupError, OverflowError, RecursionError, MemoryError),
)
"""What a file that is no bundle, or a piece of one, makes of its readers; `OSError` is the disk's."""


class Bundle(NamedTuple):
    """A file whose manifest is ours; of its payload nothing is known yet."""

    path: Path
    manifest: Manifest
    signed: datetime


def open_bundle(path: Path, keyring: Path) -> Bundle:
    """Reads what a bundle says of itself.

    Raises:
        UpdateError: it is no bundle, or none of ours.
        SystemMissingError: there is no keyring or no OpenSSL.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as members:
            text, signature = (_small(members, name) for name in MEMBERS[:2])
    except DAMAGED as error:
        raise UpdateError(f"{path} is no bundle: {error}.", OTHER) from error
    except OSError as error:
        raise UpdateError(f"{path} cannot be read: {error.strerror or error}.", "Give the file of a bundle.") from error
    signed = verify(text, signature, keyring)
    return Bundle(path, parse(text), signed)


def _small(members: tarfile.TarFile, name: str) -> bytes:
    member = members.next()
    if member is None or member.name != name or not member.isreg() or member.size > SMALL_BYTES:
        raise tarfile.ReadError(f"it has no {name} where there should be one")
    file = members.extractfile(member)
    return file.read() if file else b""


def unpack(bundle: Bundle, folder: Path, progress: Callable[[float], None]) -> None:
    """Checks the payload, then lays it out in `folder`, which is there and empty; `progress` is told shares of one.

    Raises:
        UpdateError: the payload is not what the manifest says; nothing was unpacked.
        OSError: the disk is full or fails.
    """
    try:
        with bundle.path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as members:
            payload = _payload(members, bundle.manifest)
            _check(payload, bundle.manifest, lambda share: progress(share / 2))
            payload.seek(0)
            with (
                zstandard.ZstdDecompressor().stream_reader(payload) as plain,
                tarfile.open(fileobj=plain, mode="r|") as tree,
            ):
                # Python would refuse what is signed, such as a link to the machine's own Python.
                tree.extraction_filter = lambda member, _path: member
                for member in tree:
                    tree.extract(member, folder)
                    progress((1.0 + payload.tell() / bundle.manifest.payload_bytes) / 2)
    except DAMAGED as error:
        raise UpdateError(f"{bundle.path} is damaged: {error}.", OTHER) from error


def _payload(members: tarfile.TarFile, manifest: Manifest) -> IO[bytes]:
    for member in members:
        if member.name == MEMBERS[2] and member.isreg() and member.size == manifest.payload_bytes:
            file = members.extractfile(member)
            if file:
                return file
    raise tarfile.ReadError("its payload is not as long as was signed")


def _check(payload: IO[bytes], manifest: Manifest, progress: Callable[[float], None]) -> None:
    digest, n_bytes = hashlib.sha256(), 0
    for piece in _pieces(payload):
        digest.update(piece)
        n_bytes += len(piece)
        progress(n_bytes / manifest.payload_bytes)
    if digest.hexdigest() != manifest.payload_sha256:
        raise tarfile.ReadError("its payload is not what was signed")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
