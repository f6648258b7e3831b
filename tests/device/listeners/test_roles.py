"""Whose PIN is whose: proven without being kept, and nobody is let in where it cannot be read."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import ConfigError
from device.listeners.roles import RolePins, is_pin_of, read_roles, seal

PINS = RolePins(therapist=seal("471108", b"salt"))


def test_a_pin_opens_its_role_alone() -> None:
    assert is_pin_of(PINS, "therapist", "471108")
    assert not is_pin_of(PINS, "therapist", "471109")
    assert not is_pin_of(PINS, "technician", "471108")


def test_a_box_without_pins_lets_nobody_in(tmp_path: Path) -> None:
    pins = read_roles(tmp_path / "roles.json")
    assert not is_pin_of(pins, "therapist", "")


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "roles.json").write_bytes(msgspec.json.encode(PINS))
    assert read_roles(tmp_path / "roles.json") == PINS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).filter(lambda data: not data.strip().startswith(b"{")))
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "roles.json").write_bytes(data)
    with pytest.raises(ConfigError, match="nobody has a role"):
        read_roles(tmp_path / "roles.json")
