from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import RecordingError
from device.recordings.files import load_recording
from tests.device.recordings.people import wrist_signals, write_band


def test_every_signal_has_its_own_start_on_one_axis(tmp_path: Path) -> None:
    recording = load_recording(write_band(tmp_path / "a.npz", bvp_t0=1.6e9 + 2.5))
    assert recording.eeg is None
    assert recording.wrist["ppg"].start_s == pytest.approx(2.5)
    assert recording.wrist["eda"].start_s == 0.0
    assert recording.heart is not None
    assert recording.heart.time_s[np.isfinite(recording.heart.hr_bpm)][0] == pytest.approx(10.0)
    assert recording.duration_s == pytest.approx(92.5)


def test_counts_become_units(tmp_path: Path) -> None:
    wrist = load_recording(write_band(tmp_path / "a.npz")).wrist
    assert set(wrist) == {"ppg", "motion", "eda", "temperature"}
    assert wrist["ppg"].data.max() == pytest.approx(50.0, rel=0.01)
    assert np.linalg.norm(wrist["motion"].data, axis=1).mean() == pytest.approx(1.0, abs=0.05)
    assert wrist["motion"].ch_names == ("acc_x", "acc_y", "acc_z")
    assert (wrist["motion"].sfreq_hz, wrist["temperature"].sfreq_hz) == (32.0, 4.0)


def test_one_wrist_is_taken(tmp_path: Path) -> None:
    sides = {side + key: value for side in ("left_", "right_") for key, value in wrist_signals().items()}
    sides["left_eda"] = sides["left_eda"] + 1
    np.savez(tmp_path / "a.npz", **sides)
    assert load_recording(tmp_path / "a.npz").wrist["eda"].data.mean() == pytest.approx(1.5, abs=0.1)


def test_a_band_without_intervals_has_its_rate(tmp_path: Path) -> None:
    signals = {key: value for key, value in wrist_signals().items() if not key.startswith("ibi")}
    np.savez(tmp_path / "a.npz", **signals)
    heart = load_recording(tmp_path / "a.npz").heart
    assert heart is not None
    assert np.isnan(heart.rr_ms).all()
    assert len(heart.time_s) == 80


def test_what_is_not_finite_is_lost(tmp_path: Path) -> None:
    eda = wrist_signals()["eda"].copy()
    eda[8] = np.inf
    assert np.isnan(load_recording(write_band(tmp_path / "a.npz", eda=eda)).wrist["eda"].data[8, 0])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"acc": np.zeros((50, 2), np.int8)}, "shape of its acc"),
        ({"eda": np.zeros(0, np.float32)}, "shape of its eda"),
        ({"eda_fs": 0.0}, "no rate"),
        ({"eda_fs": np.nan}, "no rate"),
        ({"temp_t0": 0.0}, "within one hour"),
        ({"temp_t0": np.nan}, "within one hour"),
        ({"ibi_t": np.array([1e12]), "ibi": np.array([0.8])}, "more than a day"),
        ({"ibi": np.array([0.8])}, "differ in number"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, np.ndarray], why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        load_recording(write_band(tmp_path / "a.npz", **changes))
