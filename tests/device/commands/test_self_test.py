"""What a box finds out about itself at each start."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from device.commands import self_test
from device.commands.self_test import Machine, self_test_checks
from device.config import AudioConfig, DeviceConfig, SessionDefaults
from device.errors import DiskError, SoundError, SystemMissingError

SILENT = DeviceConfig(audio=AudioConfig(sink="wav"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("hwmon/hwmon0", "thermal/thermal_zone0"):
        (tmp_path / name).mkdir(parents=True)
    return Machine(tmp_path / "data-lost", tmp_path / "hwmon", tmp_path / "thermal", tmp_path / "refused")


def test_what_decides_over_a_slot_is_that_the_box_runs_sounds_and_keeps(machine: Machine) -> None:
    assert {check.name for check in self_test_checks(SILENT, machine) if check.is_needed} == {
        "box", "sound", "data partition",
    }  # fmt: skip


def test_silence_goes_out_frame_by_frame() -> None:
    assert self_test.play_silence(SILENT).startswith("wav took 2")


def test_a_card_that_stands_still_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        name = "dead card"

        def room(self) -> int:
            return 0

        def heard(self) -> list[object]:
            return []

        def close(self) -> None: ...

    monkeypatch.setattr("device.audio.engine.open_sink", lambda *_: Dead())
    monkeypatch.setattr(self_test, "SOUND_TRIES_S", 0.1)
    with pytest.raises(SoundError, match="dead card takes no sound"):
        self_test.play_silence(SILENT)


def test_a_lost_data_partition_is_told(machine: Machine) -> None:
    assert "outlives" in self_test.find_data(machine.data_lost)
    machine.data_lost.touch()
    with pytest.raises(DiskError, match="nothing is kept"):
        self_test.find_data(machine.data_lost)


def test_the_disk_is_timed_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = msgspec.structs.replace(SILENT, session=SessionDefaults(directory=str(tmp_path)))
    assert self_test.time_disk(device).endswith("MB/s.")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(self_test, "SLOW_MB_S", 1e9)
    with pytest.raises(DiskError, match="worn-out"):
        self_test.time_disk(device)


def test_a_weak_supply_and_a_hot_box_are_told(machine: Machine) -> None:
    assert "No alarm" in self_test.look_at_power(machine.hwmon)
    assert self_test.look_at_temperature(machine.thermal) == "Nobody measures it."
    (machine.hwmon / "hwmon0/in0_lcrit_alarm").write_text("1\n")
    (machine.thermal / "thermal_zone0/temp").write_text("91000\n")
    with pytest.raises(SystemMissingError, match="too weak"):
        self_test.look_at_power(machine.hwmon)
    with pytest.raises(SystemMissingError, match="91 °C"):
        self_test.look_at_temperature(machine.thermal)
