"""Packs a folder of programs into a bundle and signs it: the other end of `device.updates.bundle`."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from pathlib import Path

import msgspec
import zstandard

from deploy.imaging.programs import call
from device.updates.bundle import MEMBERS
from device.updates.manifest import FORMAT, Manifest, parse

LEVEL = 12
"""Higher ones take minutes, for a few parts in a hundred."""


def pack(folder: Path, out: Path, version: str, compatible: str, signing: tuple[Path, Path], epoch: int) -> Manifest:
    """Writes the bundle of a folder; `signing` are certificate and key, every file is as old as `epoch` says.

    Raises:
        UpdateError: no box would take it: its version is none, or its kind of machine.
        SystemMissingError: OpenSSL is missing, or the key does not sign.
        OSError: the disk is full or fails.
    """
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=out.parent) as scratch:
        payload = Path(scratch) / MEMBERS[2]
        _pack_tree(folder, payload, epoch)
        told = Manifest(
            format=FORMAT,
            version=version,
            compatible=compatible,
            payload_bytes=payload.stat().st_size,
            payload_sha256=_digest(payload),
        )
        text = msgspec.json.encode(told)
        # A box reads it in the same way: what no box would take is not signed.
        manifest = parse(text)
        whole = Path(scratch) / out.name
        with tarfile.open(whole, "w", format=tarfile.PAX_FORMAT) as members:
            for name, data in zip(MEMBERS, (text, sign(text, signing)), strict=False):
                member = _aged(tarfile.TarInfo(name), epoch)
                member.size = len(data)
                members.addfile(member, io.BytesIO(data))
            with payload.open("rb") as file:
                members.addfile(_aged(members.gettarinfo(arcname=MEMBERS[2], fileobj=file), epoch), file)
        whole.replace(out)
    return manifest


def sign(text: bytes, signing: tuple[Path, Path]) -> bytes:
    """A detached CMS signature that says when it was made."""
    certificate, key = signing
    return call(
        "openssl", "cms", "-sign", "-binary", "-outform", "DER", "-nosmimecap", "-md", "sha256",
        "-signer", certificate, "-inkey", key, stdin=text,
    )  # fmt: skip


def _pack_tree(folder: Path, payload: Path, epoch: int) -> None:
    """The same folder makes the same bytes: names are sorted, and owners and times are nobody's."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=-1)
    with (
        payload.open("wb") as file,
        compressor.stream_writer(file) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tree,
    ):
        for path in sorted(folder.rglob("*")):
            member = _aged(tree.gettarinfo(path, str(path.relative_to(folder))), epoch)
            if member.isreg():
                with path.open("rb") as content:
                    tree.addfile(member, content)
            else:
                tree.addfile(member)


def _aged(member: tarfile.TarInfo, epoch: int) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = epoch
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
