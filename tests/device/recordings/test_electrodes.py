from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.reading import open_recordings
from device.recordings.electrodes import read_electrodes
from tests.device.recordings.recordings import write_eeg


@pytest.mark.parametrize(
    "channels",
    [np.array([b"Fp1", b"Fp2"]), np.array(["Fp1", "Fp2"]), np.array(["b'Fp1'", 'b"Fp2"']), ["Fp1 ", " Fp2"]],
)
def test_bytes_are_text(channels: object) -> None:
    assert read_electrodes(channels) == (("Fp1", "Fp2"), "")


def test_inputs_of_an_amplifier_stand_at_their_usual_places_and_that_is_said(tmp_path: Path) -> None:
    path = write_eeg(tmp_path / "1.npz", seconds=30, ch_names=("EXG Channel 0", "EXG Channel 2"))
    session = open_recordings([path])
    (note,) = session.notes
    assert "taken for electrodes at Fp1, C3" in note
    assert "mend its `channels`" in note


def test_other_names_are_left_as_they_are() -> None:
    assert read_electrodes(["EXG Channel 0", "ECG"]).names == ("EXG Channel 0", "ECG")
    assert read_electrodes(["EXG Channel 16"]).names == ("EXG Channel 16",)
    assert read_electrodes(()).names == ()


@given(st.lists(st.one_of(st.text(), st.binary(), st.integers()), max_size=4))
def test_any_names_are_taken(names: list[object]) -> None:
    assert len(read_electrodes(np.array(names, object)).names) == len(names)
