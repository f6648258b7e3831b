"""DREAMER: one MATLAB file of structs and cells; each clip follows its neutral clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.loaders import dreamer


def cells(seconds: list[int], value: float, n_channels: int = 14) -> np.ndarray:
    """A cell array of (n, channels)."""
    found = np.empty((len(seconds), 1), object)
    for index, length_s in enumerate(seconds):
        found[index, 0] = np.full((128 * length_s, n_channels), value)
    return found


def person(n_channels: int = 14, n_scores: int = 2) -> dict:
    """Two clips instead of eighteen."""
    return {
        "Age": "22",
        "EEG": {"baseline": cells([5, 5], 4000.0, n_channels), "stimuli": cells([6, 8], 4200.0, n_channels)},
        "ScoreValence": np.arange(1.0, n_scores + 1)[:, None],
        "ScoreArousal": np.full((n_scores, 1), 5.0),
    }


def write(folder: Path, people: list[dict]) -> None:
    """Data is an array of structs, as in the set."""
    data = np.empty((1, len(people)), [(field, object) for field in people[0]])
    for index, item in enumerate(people):
        data[0, index] = tuple(item.values())
    savemat(folder / "DREAMER.mat", {"DREAMER": {"Data": data, "EEG_SamplingRate": 128}})


@pytest.mark.parametrize("n_people", [1, 3])
def test_people_may_stand_in_a_cell(tmp_path: Path, n_people: int) -> None:
    """Readers in MATLAB write Data{number}, so copies of the file may hold a cell instead of an array of structs."""
    data = np.empty((1, n_people), object)
    for index in range(n_people):
        data[0, index] = person()
    savemat(tmp_path / "DREAMER.mat", {"DREAMER": {"Data": data, "EEG_SamplingRate": 128}})
    assert [item.person for item in dreamer.load(tmp_path)][::2] == [f"P{k:02}" for k in range(1, n_people + 1)]


@pytest.mark.parametrize("n_people", [1, 3])
def test_each_clip_follows_its_neutral_clip(tmp_path: Path, n_people: int) -> None:
    write(tmp_path, [person() for _ in range(n_people)])
    found = list(dreamer.load(tmp_path))
    assert len(found) == 2 * n_people
    second = found[1]
    assert (second.person, second.block, second.baseline_s) == ("P01", "02", 5.0)
    assert second.labels == (dreamer.Label(5.0, 13.0, 2.0, 5.0, 5.0),)
    rows = np.concatenate([samples_of(chunk) for chunk in second.chunks])
    assert rows.shape == (13 * 128, 14)
    assert (rows[5 * 128 - 1, 0], rows[5 * 128, 0]) == (4000, 4200)


@pytest.mark.parametrize(
    ("people", "match"),
    [
        ([person(n_channels=13)], "instead of"),
        ([person(n_scores=3)], "lacks EEG or scores"),
        ([{"Age": "22", "Gender": "male"}], "lacks EEG or scores"),
    ],
)
def test_another_layout_is_refused_by_name(tmp_path: Path, people: list[dict], match: str) -> None:
    write(tmp_path, people)
    with pytest.raises(RecordingError, match=match):
        list(dreamer.load(tmp_path))


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "DREAMER.mat", {"x": 1})
    with pytest.raises(RecordingError, match=r"DREAMER\.Data is expected"):
        list(dreamer.load(tmp_path))


def test_an_absent_or_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is not there"):
        list(dreamer.load(tmp_path))
    write(tmp_path, [person()])
    whole = (tmp_path / "DREAMER.mat").read_bytes()
    for cut in (0, 50, 200, len(whole) // 2):
        (tmp_path / "DREAMER.mat").write_bytes(whole[:cut])
        with pytest.raises(RecordingError, match=r"no whole MATLAB file|published layout"):
            list(dreamer.load(tmp_path))
