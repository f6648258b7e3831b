"""The last minute of a signal: every sample in its place, a gap where samples are missing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.dsp.rings import SampleRing

S = 1_000_000_000


def count(begin: int, end: int) -> np.ndarray:
    return np.arange(begin, end, dtype=np.float32)[:, None]


def test_a_ring_holds_the_newest_samples_in_order() -> None:
    ring = SampleRing(1, 4.0, 2.0)
    for first in range(0, 21, 3):
        ring.push(first, first * S // 4, count(first, first + 3))
    assert ring.window(21 * S // 4)[0].tolist() == list(range(13, 21))
    assert ring.lived_s(21 * S // 4) == 2.0


def test_what_has_not_come_yet_or_was_lost_is_nan() -> None:
    ring = SampleRing(1, 4.0, 2.0)
    ring.push(0, 0, count(0, 2))
    ring.push(4, S, count(4, 6))
    assert np.isnan(ring.window(6 * S // 4)[0]).tolist() == [True, True, False, False, True, True, False, False]
    assert ring.lived_s(6 * S // 4) == 1.5


def test_a_signal_that_stopped_moves_out_of_the_window() -> None:
    ring = SampleRing(1, 4.0, 10.0)
    ring.push(0, 0, count(0, 40))
    assert ring.settled_ns(12 * S) == 10 * S, "two seconds late is not lost"
    assert ring.settled_ns(15 * S) == 15 * S
    assert np.isnan(ring.window(15 * S)[0]).sum() == 20
    assert ring.window(15 * S)[0, :20].tolist() == list(range(20, 40))
    assert np.isnan(ring.window(99 * S)).all()


def test_a_window_may_end_a_little_before_the_newest_sample() -> None:
    ring = SampleRing(1, 4.0, 2.0)
    ring.push(0, 0, count(0, 40))
    for late in range(9):
        assert ring.window((40 - late) * S // 4)[0].tolist() == list(range(32 - late, 40 - late))
    assert ring.window(0)[0].tolist() == list(range(24, 32)), "older ones are gone"


def test_what_lies_before_the_first_sample_can_be_left_out() -> None:
    ring = SampleRing(1, 4.0, 2.0)
    ring.push(7, 0, count(0, 3))
    assert ring.lived(3 * S // 4)[0].tolist() == [0, 1, 2]
    assert np.isnan(ring.lived(4 * S // 4)[0]).tolist() == [False] * 3 + [True]
    ring.push(10, 3 * S // 4, count(3, 20))
    assert ring.lived(5 * S)[0].tolist() == list(range(12, 20))


def test_a_count_that_goes_back_or_jumps_far_starts_anew() -> None:
    for first in (3, 1000):
        ring = SampleRing(1, 4.0, 2.0)
        ring.push(0, 0, count(0, 8))
        ring.push(first, 3 * S, count(50, 54))
        assert np.nan_to_num(ring.window(4 * S)[0], nan=-1).tolist() == [-1] * 4 + [50, 51, 52, 53]
        assert ring.lived_s(4 * S) == 1.0


@given(sizes=st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_cutting_does_not_matter(sizes: list[int]) -> None:
    ring, total = SampleRing(2, 5.0, 3.0), 0
    for size in sizes:
        ring.push(total, total * S // 5, np.tile(count(total, total + size), 2))
        total += size
    expected = [np.nan] * 15 + list(range(total))
    np.testing.assert_array_equal(ring.window(total * S // 5), [expected[-15:]] * 2)
