"""Which disks are offered for an image: what can be taken out, and never what the machine runs from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.flashing.devices import parse
from device.errors import SystemMissingError


def row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "sda", "path": "/dev/sda", "size": 32_000_000_000, "type": "disk", "rm": True, "hotplug": True,
        "tran": "usb", "vendor": "Generic ", "model": "Card Reader", "ro": False, "mountpoints": [None],
    } | changes  # fmt: skip


def listed(*rows: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(device.path, device.offered) for device in parse(json.dumps({"blockdevices": rows}).encode())]


def test_a_card_in_a_reader_is_offered_by_its_name() -> None:
    device = parse(json.dumps({"blockdevices": [row()]}).encode())[0]
    assert device.offered
    assert device.name == "Generic Card Reader"


@pytest.mark.parametrize(
    "changes",
    [
        {"rm": False, "hotplug": False, "tran": "nvme"},
        {"rm": False, "hotplug": False, "tran": None},
        {"ro": True},
        {"size": 0},
        {"children": [{"name": "sda1", "type": "part", "mountpoints": ["/"]}]},
        {"children": [{"name": "sda1", "type": "part", "children": [{"type": "crypt", "mountpoints": ["/home"]}]}]},
        {"mountpoints": ["[SWAP]"]},
    ],
    ids=["internal", "virtual", "write-protected", "empty reader", "live stick", "encrypted home", "swap"],
)
def test_what_must_not_be_lost_is_never_offered(changes: dict[str, Any]) -> None:
    assert listed(row(**changes)) == [("/dev/sda", False)]


def test_parts_and_ram_disks_are_no_devices() -> None:
    assert listed(row(type="part"), row(type="loop"), row(name="zram0"), row(type="rom")) == []


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_a_listing_that_is_none_is_refused(listing: bytes) -> None:
    with pytest.raises(SystemMissingError, match="not understood"):
        parse(listing)
