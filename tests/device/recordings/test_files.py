from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.recordings.files import load_pieces, load_recording
from tests.device.recordings.people import write_band
from tests.device.recordings.recordings import eeg_chunk, write_eeg, write_session, write_wrist


def test_counts_become_microvolts_and_channels_columns(tmp_path: Path) -> None:
    recording = load_recording(write_eeg(tmp_path / "a.npz"))
    assert recording.eeg is not None
    assert recording.eeg.ch_names == ("Fp1", "Fp2")
    assert recording.eeg.data.shape == (500, 2)
    assert recording.eeg.data[10] == pytest.approx([0.2, 2.2])
    assert recording.duration_s == 2.0
    assert recording.heart is None


def test_microvolts_stay_microvolts(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", eeg_uV=np.array([[1.5, -2.5]], np.float32), fs=256, channels=["TP9"])
    recording = load_recording(tmp_path / "a.npz")
    assert recording.eeg is not None
    assert recording.eeg.data.ravel().tolist() == [1.5, -2.5]


@pytest.mark.parametrize("side", ["", "left_", "right_"])
def test_heart_events_stand_in_order_with_nan_for_what_they_do_not_tell(tmp_path: Path, side: str) -> None:
    recording = load_recording(write_wrist(tmp_path / "a.npz", side))
    assert recording.heart is not None
    assert recording.heart.time_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    assert recording.heart.hr_bpm[::2].tolist() == [80] * 5
    assert recording.heart.rr_ms[1::2].tolist() == [750] * 4
    assert np.isnan(recording.heart.rr_ms[::2]).all()


def test_a_folder_is_joined_in_order_and_kinds_run_side_by_side(tmp_path: Path) -> None:
    write_eeg(tmp_path / "1.npz", seconds=1)
    write_eeg(tmp_path / "2.npz", seconds=2)
    write_wrist(tmp_path / "3.npz")
    recording = load_recording(tmp_path)
    assert recording.eeg is not None
    assert recording.heart is not None
    assert recording.eeg.data.shape == (750, 2)
    assert recording.eeg.data[250, 0] == 0.0
    assert recording.heart.time_s[0] == 0.0
    assert recording.duration_s == 5.0


def test_several_heart_files_follow_one_another(tmp_path: Path) -> None:
    files = [write_wrist(tmp_path / "1.npz"), write_wrist(tmp_path / "2.npz")]
    heart = load_recording(files).heart
    assert heart is not None
    assert heart.time_s[9] == 5.0
    assert (np.diff(heart.time_s) > 0).all()


def test_eeg_of_several_pieces_is_known_as_such(tmp_path: Path) -> None:
    eeg_uv = np.arange(1000, dtype=np.float32)[None]
    np.savez(tmp_path / "lengths.npz", eeg_uV=eeg_uv, fs=100, channels=["Cz"], lengths=[600, 400])
    time_s = np.arange(1000) / 100
    time_s[600:] += 30.0
    np.savez(tmp_path / "t.npz", eeg_uV=eeg_uv, fs=100, channels=["Cz"], t=time_s)
    for name in ("lengths", "t"):
        pieces = load_pieces(tmp_path / f"{name}.npz")
        assert [len(piece.eeg.data) for piece in pieces if piece.eeg] == [600, 400]
        assert load_recording(tmp_path / f"{name}.npz").duration_s == 10.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"t": np.arange(1000) / 200}, "say 200 Hz"),
        ({"t": np.arange(1000)[::-1] / 100}, "backwards"),
        ({"t": np.zeros(5)}, "do not belong"),
        ({"t": np.full(1000, np.nan)}, "do not belong"),
        ({"t": np.zeros(1000)}, "its time stamps say"),
        ({"lengths": [600, 300]}, "add up"),
        ({"lengths": [-600, 1600]}, "add up"),
    ],
)
def test_times_that_contradict_the_samples_are_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    eeg_uv = np.arange(1000, dtype=np.float32)[None]
    np.savez(tmp_path / "a.npz", eeg_uV=eeg_uv, fs=100, channels=["Cz"], **changes)
    with pytest.raises(RecordingError, match=why):
        load_recording(tmp_path / "a.npz")


def test_bands_follow_one_another_with_all_their_signals(tmp_path: Path) -> None:
    files = [write_band(tmp_path / "1.npz", 20), write_band(tmp_path / "2.npz", 20)]
    recording = load_recording(files)
    assert recording.duration_s == 40.0
    assert {kind: len(samples.data) for kind, samples in recording.wrist.items()} == {
        "ppg": 2560,
        "motion": 1280,
        "eda": 160,
        "temperature": 160,
    }
    with pytest.raises(RecordingError, match="ppg of these recordings cannot be joined"):
        load_recording([files[0], write_band(tmp_path / "3.npz", 20, bvp_fs=32.0)])


def test_a_session_folder_is_a_recording(tmp_path: Path) -> None:
    folder = write_session(tmp_path / "session", [eeg_chunk(n * 25, n * 100_000_000) for n in range(10)])
    assert load_recording(folder).duration_s == 1.0


def test_a_broken_file_among_whole_ones_is_named_and_left_out(tmp_path: Path) -> None:
    whole = write_eeg(tmp_path / "1.npz").read_bytes()
    (tmp_path / "2.npz").write_bytes(whole[: len(whole) // 2])
    recording = load_recording(tmp_path)
    assert recording.duration_s == 2.0
    assert len(recording.notes) == 1
    assert "2.npz" in recording.notes[0]


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    files = [write_eeg(tmp_path / "1.npz"), write_eeg(tmp_path / "2.npz", fs=200)]
    with pytest.raises(RecordingError, match="cannot be joined"):
        load_recording(files)


def test_nothing_to_play_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no"):
        load_recording(tmp_path)
    with pytest.raises(RecordingError, match="cannot be read"):
        load_recording(tmp_path / "absent.npz")
    np.savez(tmp_path / "a.npz", music=np.zeros(3))
    with pytest.raises(RecordingError, match="neither EEG nor heart"):
        load_recording(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", eeg=np.zeros((2, 9), np.int16), scale_uV=1, fs=250, channels=["Fz"])
    with pytest.raises(RecordingError, match="do not agree"):
        load_recording(tmp_path / "a.npz")


@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_file_is_refused_or_read_but_nothing_else(
    tmp_path: Path, cut: float, flips: list[tuple[float, int]]
) -> None:
    data = bytearray(write_eeg(tmp_path / "a.npz", seconds=0.2).read_bytes())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    (tmp_path / "a.npz").write_bytes(data[: round(len(data) * cut)])
    try:
        recording = load_recording(tmp_path / "a.npz")
    except RecordingError as error:
        assert str(tmp_path / "a.npz") in error.sentence
    else:
        assert recording.eeg is not None


@pytest.mark.parametrize(
    "folder",
    [
        "open/eeg_eegmat",
        "open/eeg_muse_seqlearn",
        "open/wrist_stress_predict",
        "open/wrist_nback_music",
        "restricted/eeg_openbci_innopolis",
        "restricted/eeg_muse_bird",
        "restricted/eeg_auditory_music",
        "restricted/wrist_cogload",
    ],
)
def test_every_recording_of_the_data_folder_can_be_read(data_dir: Path, folder: str) -> None:
    files = sorted((data_dir / folder).glob("*.npz"))
    if not files:
        pytest.skip(f"{folder} is not here")
    for file in files[:: max(1, len(files) // 4)]:
        recording = load_recording(file)
        assert recording.duration_s > 5
        assert recording.notes == ()
        if recording.heart:
            assert 30 < np.nanmedian(recording.heart.hr_bpm) < 200
            assert 300 < np.nanmedian(recording.heart.rr_ms) < 1500
