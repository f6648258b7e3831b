"""Addresses in all their forms, and bands as a person reads them."""

from __future__ import annotations

import pytest
from bleak.backends.device import BLEDevice
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.bluetooth import NAME_MAX, Band, parse_address
from device.errors import ConfigError

octets = st.lists(st.integers(0, 255), min_size=6, max_size=6)


def band(name: str | None = None, address: str = "C0:FF:EE:15:07:0E", address_type: str = "random") -> Band:
    path = f"/org/bluez/hci1/dev_{address.replace(':', '_')}"
    return Band.of(BLEDevice(address, name, {"path": path, "props": {"AddressType": address_type}}))


@given(octets, st.sampled_from(["", ":", "-", "_", " "]), st.booleans())
def test_an_address_may_be_written_in_any_usual_way(numbers: list[int], separator: str, is_upper: bool) -> None:
    written = separator.join(f"{number:02X}" for number in numbers)
    assert parse_address(written if is_upper else written.lower()) == ":".join(f"{number:02X}" for number in numbers)


@given(st.text())
def test_any_text_is_an_address_or_refused_with_advice(text: str) -> None:
    try:
        address = parse_address(text)
    except ConfigError as refusal:
        assert "address" in refusal.action
    else:
        assert address == "" or len(address) == 17


@given(st.none() | st.text())
def test_whatever_name_it_sends_a_band_can_be_read_aloud(name: str | None) -> None:
    told = band(name)
    assert str(told).isprintable()
    assert "C0:FF:EE:15:07:0E" in str(told)
    assert len(str(told)) <= NAME_MAX + 20


def test_a_band_knows_its_adapter() -> None:
    assert band().adapter == "hci1"


@pytest.mark.parametrize(
    ("address", "address_type", "changes"),
    [
        ("C0:FF:EE:15:07:0E", "random", False),
        ("4A:11:22:33:44:55", "random", True),
        ("0A:11:22:33:44:55", "random", True),
        ("4A:11:22:33:44:55", "public", False),
    ],
    ids=["static", "resolvable", "not resolvable", "public"],
)
def test_a_private_address_is_known_as_such(address: str, address_type: str, changes: bool) -> None:
    assert band(address=address, address_type=address_type).changes_address == changes
