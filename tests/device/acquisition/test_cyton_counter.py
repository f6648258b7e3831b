from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.cyton_counter import CounterUnwrapper, HalfCounter


def unwrap_at(*batches: tuple[float, list[int]], is_same: bool = False) -> list[list[int]]:
    """Numbers of each batch; every payload is another, or all are the same."""
    unwrapper, n_rows, found = CounterUnwrapper(), 0, []
    for at_s, counter in batches:
        payload = np.repeat(np.arange(n_rows, n_rows + len(counter)), 8).reshape(-1, 8).astype(np.int32)
        n_rows += len(counter)
        numbers, kept = unwrapper.unwrap(
            counter, [*counter[1:], -1], np.zeros_like(payload) if is_same else payload, round(at_s * 1e9)
        )
        assert len(kept) == len(numbers)
        found.append(numbers.tolist())
    return found


def test_counter_goes_on_over_its_end() -> None:
    assert unwrap_at((1.0, [254, 255]), (1.012, [0, 1, 2])) == [[0, 1], [2, 3, 4]]


def test_losses_are_counted() -> None:
    assert unwrap_at((1.0, [0, 1]), (1.04, [5, 6, 9, 10])) == [[0, 1], [5, 6, 9, 10]]


@pytest.mark.parametrize("n_lost", [100, 128, 200, 254, 255, 256, 300, 600, 2550])
@pytest.mark.parametrize("is_same", [False, True])
def test_outages_beyond_one_turn_are_told_by_time(n_lost: int, is_same: bool) -> None:
    after = 2 + n_lost
    batch = (1.0 + (n_lost + 2) / 250, [after & 0xFF, after + 1 & 0xFF])
    assert unwrap_at((1.0, [0, 1]), batch, is_same=is_same) == [[0, 1], [after, after + 1]]


def test_a_stalled_reader_loses_nothing() -> None:
    counter = np.arange(600) & 0xFF
    assert unwrap_at((1.0, [255]), (3.4, counter.tolist())) == [[1], [*range(2, 602)]]


@pytest.mark.parametrize("back", [0, 1, 5, 38, 100, 127, 150, 200, 250])
@pytest.mark.parametrize("is_same", [False, True])
def test_a_packet_that_comes_again_is_no_loss(back: int, is_same: bool) -> None:
    numbers = unwrap_at((3.0, list(range(200))), (3.016, [200, 201 - 1 - back & 0xFF, 201, 202]), is_same=is_same)
    assert numbers[1] == [200, 201, 202]


@pytest.mark.parametrize("back", [0, 1, 5, 38, 100, 127])
def test_one_that_comes_again_at_the_end_of_a_read_is_no_loss_either(back: int) -> None:
    numbers = unwrap_at((3.0, list(range(200))), (3.016, [200, 200 - back & 0xFF]), (3.032, [201, 202]))
    assert numbers[1:] == [[200], [201, 202]]


def test_a_block_that_comes_again_is_no_loss() -> None:
    unwrapper = CounterUnwrapper()
    counter = [*range(50), *range(40, 50), *range(50, 55)]
    payload = np.repeat(np.array(counter), 8).reshape(-1, 8).astype(np.int32)
    numbers, kept = unwrapper.unwrap(counter, [*counter[1:], -1], payload, 10**9)
    assert numbers.tolist() == list(range(55))
    assert unwrapper.n_repeats == 10
    assert [counter[index] for index in kept] == list(range(55))


def test_a_counter_that_begins_anew_costs_two_packets_and_no_time() -> None:
    first, second = unwrap_at((1.0, [10, 11, 12]), (1.024, [13, 0, 1, 2, 3, 4]))
    assert first == [0, 1, 2]
    assert second[0] == 3
    assert 0 < second[1] - second[0] <= 4
    assert np.diff(second[1:]).tolist() == [1, 1]
    assert second[1] % 2 == 0


@given(st.lists(st.lists(st.integers(0, 255), min_size=1, max_size=20), min_size=1, max_size=10), st.floats(0, 5))
def test_numbers_rise_no_faster_than_the_clock_and_keep_the_parity_of_the_counter(
    batches: list[list[int]], pause_s: float
) -> None:
    unwrapper, last, n_packets = CounterUnwrapper(), -1, 0
    for n, batch in enumerate(batches):
        payload = np.random.default_rng(n).integers(0, 2**20, (len(batch), 8)).astype(np.int32)
        numbers, kept = unwrapper.unwrap(batch, [*batch[1:], -1], payload, round((1 + n * pause_s) * 1e9))
        assert (np.diff(numbers, prepend=last) > 0).all()
        assert [number % 2 for number in numbers.tolist()] == [batch[index] % 2 for index in kept]
        last, n_packets = (int(numbers[-1]) if len(numbers) else last), n_packets + len(batch)
        # By half a turn at most, where the clock rounds, and by what may have been held back at each read.
        assert last <= n * pause_s * 250 + n_packets + 64 * (n + 1) + 256


def test_halves_that_share_a_number_are_told_apart() -> None:
    counter = np.array([0, 0, 1, 1, 2, 3, 3, 3], np.uint8)
    payload = np.arange(8, dtype=np.int32)[:, None] * np.ones((1, 8), np.int32)
    payload[7] = payload[6]
    assert HalfCounter.is_needed(counter, payload)
    assert HalfCounter().apply(counter, payload) == [1, 2, 3, 4, 5, 7, 8, 8]


@pytest.mark.parametrize("counter", [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 1, 2, 3, 4, 5, 6], [4]])
def test_other_firmware_is_left_as_it_is(counter: list[int]) -> None:
    payload = np.arange(len(counter), dtype=np.int32)[:, None] * np.ones((1, 8), np.int32)
    assert not HalfCounter.is_needed(np.array(counter, np.uint8), payload)
