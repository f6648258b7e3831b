"""Copies are found by their values whatever their gain, offset, beginning or a little noise, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from export.affect.twins import alike_recordings, copied_windows, scaled

seeds = st.integers(0, 2**31)


def wandering(rng: np.random.Generator, n_rows: int, n_features: int = 6) -> np.ndarray:
    """Windows that overlap: each is the mean of what four neighbours share."""
    white = rng.standard_normal((n_rows + 3, n_features))
    return np.stack([white[k : k + 4].mean(axis=0) for k in range(n_rows)])


def pair(one: np.ndarray, other: np.ndarray) -> list[tuple[str, str]]:
    names = np.repeat(["A", "B"], [len(one), len(other)])
    return list(alike_recordings(np.concatenate((one, other)), names))


@settings(max_examples=50)
@given(seeds, st.floats(0.01, 100), st.floats(-1e3, 1e3), st.integers(0, 60), st.integers(0, 60))
def test_gain_offset_and_a_cut_do_not_hide_a_copy(seed: int, gain: float, offset: float, head: int, tail: int) -> None:
    one = wandering(np.random.default_rng(seed), 160)
    assert pair(one, gain * one[head : 160 - tail] + offset) == [("A", "B")]


@settings(max_examples=50)
@given(seeds, st.integers(12, 200), st.integers(12, 200))
def test_strangers_are_not_alike(seed: int, n_one: int, n_other: int) -> None:
    rng = np.random.default_rng(seed)
    assert pair(wandering(rng, n_one), wandering(rng, n_other)) == []


def test_a_course_that_all_share_is_no_copy() -> None:
    """Everybody warms up, is stressed at the same minute, and puts the sensor on with a jump."""
    rng = np.random.default_rng(0)
    course = np.linspace(0, 8, 200) + 4.0 * (np.arange(200) > 120) - 50.0 * (np.arange(200) < 3)
    people = [wandering(rng, 200) + course[:, None] for _ in range(6)]
    names = np.repeat([f"P{k}" for k in range(6)], 200)
    assert list(alike_recordings(np.concatenate(people), names)) == []


def test_features_that_move_once_for_all_are_no_copy() -> None:
    """A sensor that all recordings hear from the thirtieth window on."""
    rng = np.random.default_rng(3)
    late = np.where(np.arange(100) < 30, 0.0, 5.0)[:, None] * np.ones(5)
    people = [np.column_stack((wandering(rng, 100, 3), late)) for _ in range(4)]
    names = np.repeat([f"P{k}" for k in range(4)], 100)
    assert list(alike_recordings(np.concatenate(people), names)) == []


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.2])
def test_noise_does_not_hide_windows_that_were_slipped_in(noise: float) -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal((600, 60))
    train, test = np.arange(400), np.arange(400, 600)
    assert copied_windows(values, train, test) == (0, 0)
    values[test[:20]] = values[train[rng.permutation(400)[:20]]] + noise * rng.standard_normal((20, 60))
    exact, near = copied_windows(values, train, test)
    assert near == 20
    assert exact == (20 if noise == 0 else 0)


def test_flat_and_unknown_windows_are_nobodys_copy() -> None:
    values = scaled(np.vstack([np.zeros((50, 6)), np.full((50, 6), np.nan)]))
    assert copied_windows(values, np.arange(0, 100, 2), np.arange(1, 100, 2)) == (0, 0)
    assert pair(np.zeros((60, 6)), np.full((60, 6), np.nan)) == []


def test_too_few_windows_say_nothing() -> None:
    assert copied_windows(np.ones((6, 4)), np.arange(3), np.arange(3, 6)) == (0, 0)
    assert copied_windows(np.ones((6, 4)), np.arange(6), np.arange(0)) == (0, 0)
    assert pair(np.ones((3, 4)), np.ones((3, 4))) == []


@given(arrays(float, st.tuples(st.integers(1, 20), st.integers(1, 5)), elements=st.floats(width=32)))
def test_scaled_values_are_finite_whatever_comes(values: np.ndarray) -> None:
    found = scaled(values.astype(float))
    assert np.isfinite(found).all()
    assert (found.std(axis=0) < 1 + 1e-6).all()
    assert (found[~np.isfinite(values)] == 0).all()
