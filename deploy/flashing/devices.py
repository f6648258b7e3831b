"""Which devices an image may be written onto: cards and sticks that can be taken out, never the system's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from deploy.imaging.programs import call
from device.errors import SystemMissingError

COLUMNS = "NAME,PATH,SIZE,TYPE,RM,HOTPLUG,TRAN,VENDOR,MODEL,RO,MOUNTPOINTS"
OUTSIDE = {"usb", "mmc", "sdio"}
"""Ways in which a device is attached that can be taken out again."""
SYSTEM_PLACES = {"/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home", "[SWAP]"}


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A whole disk."""

    path: str
    name: str
    """Maker and model, as it tells them."""
    size_bytes: int
    removable: bool
    read_only: bool
    mounted: tuple[str, ...]
    """Where parts of it are mounted now."""

    @property
    def is_system(self) -> bool:
        """Whether this machine runs from it."""
        return bool(SYSTEM_PLACES & set(self.mounted))

    @property
    def offered(self) -> bool:
        """Whether an image may be written onto it."""
        return self.removable and not self.is_system and not self.read_only and self.size_bytes > 0


def devices() -> list[Device]:
    """All disks of this machine.

    Raises:
        SystemMissingError: lsblk is missing, or says what cannot be understood.
    """
    return parse(call("lsblk", "--json", "--bytes", "--output", COLUMNS))


def parse(listing: bytes) -> list[Device]:
    """Reads what `lsblk --json` says.

    Raises:
        SystemMissingError: it is no such listing.
    """
    try:
        rows = json.loads(listing)["blockdevices"]
        return [_device(row) for row in rows if row["type"] == "disk" and not row["name"].startswith(("zram", "ram"))]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SystemMissingError(
            "lsblk lists the disks in a way that is not understood.", "Install util-linux."
        ) from error


def _device(row: dict[str, Any]) -> Device:
    maker = " ".join(str(row.get(key) or "").strip() for key in ("vendor", "model")).strip()
    return Device(
        path=str(row["path"]),
        name=maker or "no name",
        size_bytes=int(row["size"]),
        removable=bool(row.get("rm") or row.get("hotplug") or row.get("tran") in OUTSIDE),
        read_only=bool(row.get("ro")),
        mounted=tuple(sorted(set(_places(row)))),
    )


def _places(row: dict[str, Any]) -> Iterator[str]:
    yield from (str(place) for place in row.get("mountpoints") or () if place)
    for child in row.get("children") or ():
        yield from _places(child)
