"""A list of images for Raspberry Pi Imager 2, so that ours appears in the tool that technicians know.

A file that ends in `.rpi-imager-manifest` is opened by a double click (rpi-imager, doc/schema-notes.md). Imager is told
of no customisation (`none`): what a box becomes says the provisioning file, which is copied onto the card's partition
ISOTONE afterwards. Imager 1 would take a form that it does not know for another, so the name demands 2.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

ENDING = ".rpi-imager-manifest"
DEVICES = {"arm64": ("pi3-64bit", "pi4-64bit", "pi5-64bit"), "amd64": ()}
"""Imager's tags of the boards that run an architecture; what starts on each of them the board's profile says."""


def write_manifest(image: Path, board: str, architecture: str, version: str, epoch: int, url: str = "") -> Path:
    """Writes the list beside an image; `url` is where the image will be found, and else it is this file.

    Raises:
        OSError: the image cannot be read, or the list not written.
    """
    path = image.with_name(image.name + ENDING)
    entry = _entry(image, board, architecture, version, epoch, url or image.resolve().as_uri())
    path.write_text(json.dumps({"os_list": [entry]}, indent=2) + "\n")
    return path


def _entry(image: Path, board: str, architecture: str, version: str, epoch: int, url: str) -> dict[str, Any]:
    with image.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return {
        "name": f"Isotone for {board} (needs Imager 2)",
        "description": f"Release {version}. Afterwards copy your isotone.toml onto the partition ISOTONE.",
        "icon": ICON,
        "url": url,
        "extract_size": size,
        "extract_sha256": digest,
        "image_download_size": size,
        "image_download_sha256": digest,
        "release_date": f"{dt.datetime.fromtimestamp(epoch, dt.UTC):%Y-%m-%d}",
        "devices": list(DEVICES[architecture]),
        "init_format": "none",
        "architecture": {"arm64": "armv8", "amd64": "x86_64"}[architecture],
    }


ICON = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'>"
    "<circle cx='20' cy='20' r='18' fill='none' stroke='black' stroke-width='3'/>"
    "<path d='M8 20q6-14 12 0t12 0' fill='none' stroke='black' stroke-width='3'/></svg>"
)
"""Within the list, so that it is whole without a network."""
