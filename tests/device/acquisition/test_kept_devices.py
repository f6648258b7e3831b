"""The device of each source outlives the process that heard it, and a damaged file is no reason to fail."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.acquisition.kept_devices import FILE, KeptDevices
from device.messages import Marker, SensorStatus


def status(source: str, device: str) -> SensorStatus:
    return SensorStatus(t_ns=0, source=source, state="streaming", sentence="It streams.", device=device)


def test_the_next_process_knows_what_this_one_heard(tmp_path: Path) -> None:
    kept = KeptDevices(tmp_path)
    assert kept.of("wrist") == ""
    for message in (status("wrist", "C0:FF:EE:15:07:0E"), status("wrist", ""), Marker(t_ns=0, text="x")):
        kept.see(message)
    assert KeptDevices(tmp_path).of("wrist") == "C0:FF:EE:15:07:0E"
    assert KeptDevices(tmp_path).of("other") == ""
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_a_damaged_file_is_nothing_known(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    kept = KeptDevices(tmp_path)
    kept.see(status("wrist", "C0:FF:EE:15:07:0E"))
    assert kept.of("wrist") == "C0:FF:EE:15:07:0E"


def test_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    kept = KeptDevices(tmp_path / "gone")
    kept.see(status("wrist", "C0:FF:EE:15:07:0E"))
    assert kept.of("wrist") == "C0:FF:EE:15:07:0E"
