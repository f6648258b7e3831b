"""Pitch classes by time, and the keys they speak for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.music.chroma import chroma, is_major_chord, key_fit, modality

NOTES = st.lists(
    st.tuples(st.floats(0, 20), st.floats(0.01, 8), st.integers(0, 127)), min_size=1, max_size=30
)  # fmt: skip


def test_time_is_shared_out_among_windows_and_doubled_notes_count_twice() -> None:
    start, end = np.array([0.0, 0.5, 0.5]), np.array([1.0, 2.5, 2.0])
    weights = chroma(start, end, np.array([60, 67, 79]), np.array([0.0, 1.0, 2.0, 3.0]))
    assert weights[:, 0].tolist() == [1.0, 0.0, 0.0]
    assert weights[:, 7] == pytest.approx([1.0, 2.0, 0.5])


@given(NOTES)
def test_no_time_is_lost_or_made(notes: list[tuple[float, float, int]]) -> None:
    start, length, pitch = (np.array(column) for column in zip(*notes, strict=True))
    weights = chroma(start, start + length, pitch, np.linspace(0, 40, 23))
    assert weights.sum() == pytest.approx(length.sum())
    assert (weights > -1e-9).all()


@pytest.mark.parametrize("tonic", [0, 3, 11])
def test_a_scale_with_its_tonic_chord_tells_its_key(tonic: int) -> None:
    major = np.roll([3.0, 0, 1, 0, 2, 1, 0, 2, 0, 1, 0, 1], tonic)
    minor = np.roll([3.0, 0, 1, 2, 0, 1, 0, 2, 1, 0, 1, 0], tonic)
    fit = key_fit(np.array([major, minor]))
    assert fit.argmax(axis=1).tolist() == [tonic, 12 + tonic]
    assert modality(np.array([major, minor])) * (1, -1) == pytest.approx([0.2, 0.2], abs=0.15)


def test_silence_fits_no_key() -> None:
    assert key_fit(np.zeros((1, 12))).tolist() == [[0.0] * 24]


def test_major_and_minor_chords_are_told_apart() -> None:
    chords = np.zeros((3, 12))
    chords[0, [0, 4, 7]] = chords[1, [9, 0, 4]] = 1.0
    chords[2, [7, 11, 2, 5]] = 1.0
    assert is_major_chord(chords).tolist() == [True, False, True]
