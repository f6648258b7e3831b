"""SEED: a MATLAB file per person and day, and one with the labels of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.loaders import seed


def write(folder: Path, name: str = "1_20131027", n_channels: int = 62, left_out: int = 0) -> None:
    """Three clips instead of fifteen, each constant at 100 x its number + the channel's index."""
    savemat(folder / "label.mat", {"label": np.array([[1, 0, -1]])})
    channels = np.arange(n_channels)[:, None]
    clips = {
        f"djc_eeg{clip}": np.tile(100.0 * clip + channels, (1, 1000 + clip)) for clip in (3, 1, 2) if clip != left_out
    }
    savemat(folder / f"{name}.mat", clips)


def test_each_clip_of_each_day_is_a_recording(tmp_path: Path) -> None:
    for name in ("10_20131130", "2_20140404", "2_20140413"):
        write(tmp_path, name)
    found = list(seed.load(tmp_path))
    assert [item.person for item in found[::3]] == ["P02", "P02", "P10"]
    assert [item.labels[0].name for item in found[:3]] == ["positive", "neutral", "negative"]
    assert len({(item.person, item.block) for item in found}) == 9
    assert found[0].baseline_s == 0, "the set has no rest"


def test_clips_are_told_by_number_and_channels_by_place(tmp_path: Path) -> None:
    write(tmp_path)
    second = list(seed.load(tmp_path))[1]
    rows = np.concatenate([samples_of(chunk) for chunk in second.chunks])
    assert rows.shape == (1002, 62)
    assert dict(zip(second.chunks[0].ch_names, rows[0].tolist(), strict=True))["CB2"] == 261
    assert len(set(second.chunks[0].ch_names)) == 62


def test_another_layout_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, n_channels=61)
    with pytest.raises(RecordingError, match=r"clip 1 is no array of \(62, n\)"):
        list(seed.load(tmp_path))
    write(tmp_path, left_out=2)
    with pytest.raises(RecordingError, match="clip 2 is no array"):
        list(seed.load(tmp_path))
    savemat(tmp_path / "label.mat", {"label": np.array([[1, 7, 0]])})
    with pytest.raises(RecordingError, match="label of -1, 0 and 1"):
        list(seed.load(tmp_path))


def test_an_absent_or_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"label\.mat is not there"):
        list(seed.load(tmp_path))
    write(tmp_path)
    path = tmp_path / "1_20131027.mat"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(RecordingError, match=r"no whole MATLAB file|no array"):
        list(seed.load(tmp_path))
    path.unlink()
    with pytest.raises(RecordingError, match="holds no"):
        list(seed.load(tmp_path))
