"""What a bundle says of itself: its version, the kind of machine it is for, and its payload to the byte."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from device.errors import UpdateError

FORMAT = 1
OTHER = "Ask for another bundle; the box is as it was."
VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
PAYLOAD_BYTES_MAX = 4 << 30


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed part of a bundle."""

    format: int
    version: Annotated[str, msgspec.Meta(pattern=rf"^{VERSION.pattern}\Z")]
    compatible: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,64}\Z")]
    """The kind of machine: what runs on another is refused."""
    payload_bytes: Annotated[int, msgspec.Meta(ge=1, le=PAYLOAD_BYTES_MAX)]
    payload_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


def number_of(version: str) -> tuple[int, ...]:
    """The version as three numbers, which are ordered as versions are; what is no version comes before all."""
    found = VERSION.fullmatch(version)
    return tuple(int(part) for part in found.groups()) if found else ()


def parse(text: bytes) -> Manifest:
    """Reads a manifest whose signature was found to be right.

    Raises:
        UpdateError: it is none that this version of Isotone understands.
    """
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UpdateError(f"The bundle's manifest cannot be read: {error}.", OTHER) from error
    if manifest.format != FORMAT:
        raise UpdateError(f"The bundle is of format {manifest.format}, and this box knows {FORMAT}.", OTHER)
    return manifest


def refuse_unfit(manifest: Manifest, compatible: str, newest: str) -> None:
    """Only a bundle for this kind of machine, and newer than the `newest` version ever proven here, may be installed.

    Raises:
        UpdateError: it is neither, by name.
    """
    if manifest.compatible != compatible:
        raise UpdateError(f"The bundle is for {manifest.compatible}, and this box is {compatible}.", OTHER)
    if newest and number_of(manifest.version) == number_of(newest):
        raise UpdateError(f"The bundle is version {manifest.version}, which this box has had already.", OTHER)
    if newest and number_of(manifest.version) < number_of(newest):
        raise UpdateError(f"The bundle is version {manifest.version}, older than {newest} that ran here.", OTHER)
