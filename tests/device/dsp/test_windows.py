"""Windows: on time, whole, and with holes where samples were lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.windows import EventWindow, SampleWindows
from tests.device.dsp.signals import SFREQ_HZ, chunks


def windows_of(parts: list) -> list:
    windows = SampleWindows(len(parts[0].ch_names), SFREQ_HZ, 4.0, 0.25)
    return [window for part in parts for window in windows.push(part)]


def ramp(n: int) -> np.ndarray:
    return np.arange(n, dtype=float)[:, None]


def test_windows_come_four_times_a_second_and_hold_the_newest_samples() -> None:
    found = windows_of(chunks(ramp(2500)))
    assert len(found) == 1 + 6 * 4
    assert found[0].t_ns == 4_000_000_000
    assert found[-1].t_ns == 10_000_000_000
    assert np.array_equal(found[-1].data[0], np.arange(1500, 2500))


@given(size=st.integers(1, 3000))
def test_the_size_of_chunks_makes_no_difference(size: int) -> None:
    found, expected = windows_of(chunks(ramp(2100), size=size)), windows_of(chunks(ramp(2100)))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert abs(one.t_ns - other.t_ns) <= 1
        assert np.array_equal(one.data, other.data)


def test_lost_samples_are_holes_in_place() -> None:
    data = ramp(2000)
    parts = chunks(data[:1100]) + chunks(data[1150:], first=1150, t_ns=4_600_000_000)
    last = windows_of(parts)[-1].data[0]
    assert np.isnan(last[100:150]).all()
    assert np.isnan(last).sum() == 50
    assert last[-1] == 1999


@pytest.mark.parametrize("first", [0, 9000])
def test_a_new_count_or_a_long_gap_starts_anew(first: int) -> None:
    windows = SampleWindows(1, SFREQ_HZ, 4.0, 0.25)
    for part in chunks(ramp(1500)):
        list(windows.push(part))
    again = [window for part in chunks(ramp(1000), first=first) for window in windows.push(part)]
    assert len(again) == 1
    assert np.array_equal(again[0].data[0], np.arange(1000))


def test_hops_of_half_samples_do_not_drift() -> None:
    found = windows_of(chunks(ramp(250 * 64)))
    assert len(found) == 1 + 60 * 4
    assert found[-1].t_ns == 64_000_000_000


def test_an_event_window_forgets_what_is_older() -> None:
    window = EventWindow(60.0)
    for second in range(100):
        window.push(second * 1_000_000_000, np.array([second, 0], np.float32))
    ages_s, rows = window.rows()
    assert len(rows) == 60
    assert ages_s[0] == -59
    assert rows[-1, 0] == 99
    assert window.span_s == 60


def test_an_event_window_starts_anew_after_silence_or_a_step_back() -> None:
    window = EventWindow(60.0)
    for t_s in (100, 101, 50, 51, 200):
        window.push(t_s * 1_000_000_000, np.zeros(2, np.float32))
    assert len(window.rows()[0]) == 1
    assert window.span_s == 0
