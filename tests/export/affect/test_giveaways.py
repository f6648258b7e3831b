"""Time, and marks of files: what tells is told, what does not is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.affect.giveaways import (
    best_threshold,
    clock_features,
    coded_features,
    is_one_label_each,
    telling_properties,
)

N_FILES, LENGTH = 20, 30
RECORDING = np.repeat([f"R{k:02}" for k in range(N_FILES)], LENGTH)
LABEL = np.repeat(np.arange(N_FILES) % 2, LENGTH).astype(float)
TIME_S = np.tile(4.0 * np.arange(LENGTH), N_FILES)


def test_a_mark_of_the_file_is_told_from_a_signal() -> None:
    rng = np.random.default_rng(0)
    mark = np.repeat(rng.standard_normal(N_FILES), LENGTH)
    values = np.column_stack((rng.standard_normal((len(LABEL), 2)), mark, np.ones(len(LABEL)), mark + 1e-9 * LABEL))
    assert coded_features(values, RECORDING).tolist() == [2, 4]


def test_a_drift_that_never_turns_is_a_clock() -> None:
    rng = np.random.default_rng(1)
    gain = np.repeat(rng.choice([-2.0, 3.0], N_FILES), LENGTH)
    values = np.column_stack((rng.standard_normal(len(LABEL)), gain * TIME_S + 7, np.zeros(len(LABEL))))
    assert clock_features(values, RECORDING, TIME_S).tolist() == [1]


def test_a_property_that_goes_with_the_label_tells() -> None:
    rng = np.random.default_rng(2)
    properties = {"gain": 1 + LABEL + 0.1 * rng.random(len(LABEL)), "offset": rng.standard_normal(len(LABEL))}
    ((name, accuracy),) = telling_properties(properties, RECORDING, LABEL)
    assert (name, accuracy) == ("gain", 1.0)


def test_of_few_files_anything_would_tell() -> None:
    few = np.isin(RECORDING, ["R00", "R01", "R02"])
    assert list(telling_properties({"gain": LABEL[few]}, RECORDING[few], LABEL[few])) == []


@pytest.mark.parametrize(("label", "expected"), [(LABEL, True), (np.zeros(len(LABEL)), True), (TIME_S % 8, False)])
def test_whether_a_recording_has_one_label(label: np.ndarray, expected: bool) -> None:
    assert is_one_label_each(RECORDING, label) is expected
    assert not is_one_label_each(RECORDING[:LENGTH], label[:LENGTH]), "one recording alone cannot tell"


@settings(max_examples=50)
@given(st.integers(0, 2**31), st.sampled_from([-1.0, 1.0]), st.floats(0.1, 5))
def test_the_best_threshold_looks_both_ways(seed: int, sign: float, gap: float) -> None:
    value = np.random.default_rng(seed).standard_normal(200) + sign * gap * (np.arange(200) % 2)
    label = (np.arange(200) % 2).astype(float)
    assert best_threshold(value, label) == pytest.approx(best_threshold(-value, label), abs=0.02)
    assert 0.5 <= best_threshold(value, label) <= 1
