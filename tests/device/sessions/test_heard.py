"""The recorder keeps what ears had, second by second, and does not let a session go on uncounted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from device.clock import VirtualClock
from device.config import HearingAccount, SessionConfig
from device.listeners.store import FILE, open_store
from device.messages import Exposure
from device.sessions.heard import HeardAccount
from tests.device.sessions.test_recorder import Context, marker, received, record


def exposure(pa2h: float) -> Exposure:
    return Exposure(t_ns=1, session_pa2h=pa2h, heard_s=1.0, dose_percent=0.0, headphones="unknown")


@pytest.fixture
def counted(config: SessionConfig, tmp_path: Path) -> SessionConfig:
    return msgspec.structs.replace(config, listeners_dir=str(tmp_path / "listeners"))


def kept(config: SessionConfig) -> list[tuple[str, float]]:
    with open_store(Path(config.listeners_dir)) as store:
        return store.connection.execute("SELECT session, exposure_pa2h FROM dose").fetchall()


def test_what_audio_tells_is_kept_at_once(counted: SessionConfig) -> None:
    account = HeardAccount(counted, VirtualClock())
    for told in (0.1, 0.2):
        assert account.keep(exposure(told)) is None
        assert kept(counted) == [(counted.session_id, told)]
    account.close()


def test_the_recorder_keeps_it(counted: SessionConfig) -> None:
    record(Context(counted, [marker(0), received("exposure", 0, exposure(0.25))]))
    assert kept(counted) == [(counted.session_id, 0.25)]


def test_without_a_folder_nothing_is_kept(config: SessionConfig) -> None:
    assert HeardAccount(config, VirtualClock()).keep(exposure(0.1)) is None


def test_trouble_is_waited_for_and_then_ends_the_session(counted: SessionConfig) -> None:
    folder, clock = Path(counted.listeners_dir), VirtualClock()
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(b"damaged" * 1000)
    account = HeardAccount(counted, clock)
    assert account.keep(exposure(0.1)) is None
    clock.advance(61.0)
    fault = account.keep(exposure(0.2))
    assert fault
    assert fault.fatal
    (folder / FILE).unlink()
    assert account.keep(exposure(0.3)) is None
    account.close()
    assert kept(counted) == [(counted.session_id, 0.3)]


def test_a_session_that_is_soft_without_an_account_goes_on(counted: SessionConfig) -> None:
    unknown = msgspec.structs.replace(counted, hearing=HearingAccount(week_pa2h=None))
    folder, clock = Path(counted.listeners_dir), VirtualClock()
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(b"damaged" * 1000)
    account = HeardAccount(unknown, clock)
    clock.advance(600.0)
    assert account.keep(exposure(0.1)) is None
