import os
from pathlib import Path

import pytest

from device.errors import SystemMissingError
from hardware.emulators import private_bus
from tests.hardware.radio import needs_dbus


@needs_dbus
def test_a_user_without_a_name_is_told_why_there_is_no_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container that runs as some number, dbus-daemon only hangs up."""

    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(private_bus.pwd, "getpwuid", nobody)
    with pytest.raises(SystemMissingError, match=f"number {os.getuid()} has no name") as caught:
        private_bus.PrivateBus(tmp_path)
    assert "getent" in caught.value.action
