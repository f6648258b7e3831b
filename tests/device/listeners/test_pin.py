"""The PIN: told it opens, guessed it waits longer each time, whatever the clock says."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.clock import Moment
from device.errors import ConfigError
from device.listeners.pin import FREE_TRIES, WAIT_S, check_pin, has_pin, set_pin
from device.listeners.store import open_store


def at(seconds: float, wall_s: float = 0.0) -> Moment:
    return Moment("a", seconds, wall_s, False)


def test_the_right_pin_opens_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert not has_pin(store)
        with pytest.raises(ConfigError, match="no PIN"):
            check_pin(store, "1234", at(0))
        set_pin(store, "4711", "", at(0))
        assert has_pin(store)
        check_pin(store, "4711", at(1))
        with pytest.raises(ConfigError, match="wrong"):
            check_pin(store, "4712", at(2))


def test_a_new_pin_needs_the_old_one(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        set_pin(store, "4711", "", at(0))
        with pytest.raises(ConfigError, match="wrong"):
            set_pin(store, "0815", "1111", at(1))
        check_pin(store, "4711", at(2))
        set_pin(store, "0815", "4711", at(3))
        check_pin(store, "0815", at(4))


@pytest.mark.parametrize("pin", ["", "123", "1" * 65])
def test_a_pin_that_is_no_pin_is_refused(tmp_path: Path, pin: str) -> None:
    with open_store(tmp_path) as store, pytest.raises(ConfigError, match="characters"):
        set_pin(store, pin, "", at(0))


def test_guessing_waits_longer_each_time_and_setting_the_clock_does_not_help(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        set_pin(store, "4711", "", at(0))
        for second in range(FREE_TRIES):
            with pytest.raises(ConfigError, match="wrong"):
                check_pin(store, "0000", at(second))
        with pytest.raises(ConfigError, match="Try again in"):
            check_pin(store, "4711", at(5, wall_s=1e9))
        check_pin(store, "4711", at(5 + WAIT_S))


def test_the_pin_does_not_stand_in_the_file(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        set_pin(store, "geheim-4711", "", at(0))
        assert b"geheim" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_damaged_pin_opens_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.connection.execute("INSERT INTO box VALUES ('pin', '{')")
        with pytest.raises(ConfigError, match="damaged"):
            check_pin(store, "", at(0))
        with pytest.raises(ConfigError, match="damaged"):
            set_pin(store, "1234", "", at(0))
