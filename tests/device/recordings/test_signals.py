from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from device.recordings.signals import Heart, Recording, Samples, as_signal, in_turn, number


def eeg_of(seconds: float) -> Recording:
    return Recording(eeg=Samples(np.zeros((round(seconds * 10), 1), np.float32), 10.0, ("Cz",)))


def band_of(seconds: float, start_s: float = 0.0) -> Recording:
    return Recording(wrist={"eda": Samples(np.zeros((round(seconds * 4), 1), np.float32), 4.0, ("eda_us",), start_s)})


def both_of(seconds: float) -> Recording:
    return eeg_of(seconds)._replace(wrist=band_of(seconds + 5).wrist)


@pytest.mark.parametrize(
    ("parts", "starts_s"),
    [
        ([eeg_of(60), eeg_of(30), eeg_of(10)], [0, 60, 90]),
        ([eeg_of(60), band_of(61), eeg_of(30), band_of(31)], [0, 0, 60, 61]),
        ([eeg_of(60), eeg_of(30), band_of(61), band_of(31)], [0, 60, 0, 61]),
        ([both_of(60), both_of(30)], [0, 65]),
    ],
)
def test_eeg_follows_eeg_and_wrist_follows_wrist(parts: list[Recording], starts_s: list[float]) -> None:
    assert [start_s for start_s, _ in in_turn(parts)] == starts_s


def test_a_recording_lasts_as_long_as_its_longest_signal() -> None:
    heart = Heart(np.array([1.0, 70.0]), np.full(2, 60, np.float32), np.full(2, np.nan, np.float32))
    assert eeg_of(60)._replace(heart=heart).duration_s == 71.0
    assert band_of(20, start_s=2.5).duration_s == 22.5
    assert not eeg_of(60).has_wrist
    assert Recording().duration_s == 0.0


def test_what_is_no_number_or_beyond_any_sensor_is_lost() -> None:
    counts = np.array([1.0, np.nan, np.inf, -np.inf, 1e300, -2.0])
    assert as_signal(counts, 2.0)[[0, 5]].tolist() == [2.0, -4.0]
    assert np.isnan(as_signal(counts, 1e300)[1:5]).all()
    with pytest.raises(TypeError):
        as_signal(np.array(["1.0"]))


@pytest.mark.parametrize("found", [np.array("250"), np.array([1.0, 2.0]), np.array([]), np.array(1j)])
def test_a_number_is_one_and_there(found: Any) -> None:
    assert number({"fs": np.array([250])}, "fs") == 250.0
    for arrays in ({"fs": found}, {}):
        with pytest.raises(ValueError, match="`fs`"):
            number(arrays, "fs")
