"""The box's own time: no clock that somebody sets moves it, and it never goes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.clock import Moment, moment
from device.listeners.box_time import BoxTime, advanced, pass_time
from device.listeners.store import open_store

DAY_S = 86_400.0
NOON = Moment("a", 1000.0, 1.8e9, True)

moments = st.builds(
    Moment,
    st.sampled_from(["a", "b"]),
    st.floats(0, 1e7),
    st.floats(-1e9, 4e9),
    st.booleans(),
)


@given(st.lists(moments, max_size=20))
def test_it_never_goes_back(passed: list[Moment]) -> None:
    time = BoxTime()
    for now in passed:
        before, time = time, advanced(time, now)
        assert time.passed_s >= before.passed_s


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-4e9, 4e9)), min_size=1, max_size=20))
def test_within_a_boot_setting_the_clock_changes_nothing(steps: list[tuple[float, float]]) -> None:
    time, up_s = advanced(BoxTime(), NOON), NOON.boot_s
    for later_s, wall_s in steps:
        up_s += later_s
        time = advanced(time, Moment("a", up_s, wall_s, False))
    assert time.passed_s == pytest.approx(up_s - NOON.boot_s)


def test_a_clock_set_forward_across_a_restart_does_not_count() -> None:
    time = advanced(BoxTime(), NOON)
    assert advanced(time, Moment("b", 5.0, NOON.wall_s + 30 * DAY_S, False)).passed_s == time.passed_s


def test_a_clock_set_back_a_year_gains_nothing_when_it_is_right_again() -> None:
    time = advanced(BoxTime(), NOON)
    time = advanced(time, Moment("a", NOON.boot_s + DAY_S, NOON.wall_s - 365 * DAY_S, False))
    time = advanced(time, Moment("b", 10.0, NOON.wall_s - 364 * DAY_S, False))
    time = advanced(time, Moment("b", 20.0, NOON.wall_s + DAY_S + 40.0, True))
    assert time.passed_s == pytest.approx(DAY_S + 40.0, abs=1.0)


def test_time_off_counts_once_a_time_server_tells_it() -> None:
    time = advanced(BoxTime(), NOON)
    time = advanced(time, Moment("b", 5.0, 0.0, False))
    assert time.passed_s == 0.0
    assert advanced(time, Moment("b", 65.0, NOON.wall_s + 3 * DAY_S, True)).passed_s == pytest.approx(3 * DAY_S)


def test_a_damaged_time_goes_on_behind_what_was_heard(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, store.writing() as connection:
        connection.execute("INSERT INTO dose VALUES ('a', NULL, 5000.0, 1.0, 0.1)")
        connection.execute("INSERT INTO box VALUES ('time', '{')")
        assert pass_time(store, NOON) >= 5000.0


def test_the_machine_tells_all_its_clocks() -> None:
    first, second = moment(), moment()
    assert first.boot == second.boot
    assert second.boot_s >= first.boot_s > 0.0
