"""DEAP: a recording per trial with its own three seconds of rest; other shapes are refused by name."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.data import frames_of
from export.affect.loaders import deap


def write(folder: Path, name: str = "s01", **changes: object) -> None:
    """Three trials of 10 s instead of forty of 63."""
    rng = np.random.default_rng(1)
    content = {
        "data": rng.standard_normal((3, 40, 1280)) * 10,
        "labels": np.array([[7.1, 2.3, 5, 5], [1, 9, 5, 5], [5, 5, 5, 5.0]]),
    }
    (folder / f"{name}.dat").write_bytes(pickle.dumps({**content, **changes}, protocol=2))


def test_each_trial_is_a_recording_with_its_ratings(tmp_path: Path) -> None:
    write(tmp_path, "s02")
    write(tmp_path, "s01")
    found = list(deap.load(tmp_path))
    assert [(item.person, item.block) for item in found[:4]] == [
        ("s01", "01"),
        ("s01", "02"),
        ("s01", "03"),
        ("s02", "01"),
    ]
    label = found[0].labels[0]
    assert (label.begin_s, label.end_s, label.valence, label.arousal, label.scale_top) == (3.0, 10.0, 7.1, 2.3, 9.0)
    assert found[0].baseline_s == 3.0


def test_the_32_channels_of_the_brain_are_read_and_no_others(tmp_path: Path) -> None:
    data = np.tile(np.arange(40.0)[:, None], (3, 1, 640))
    write(tmp_path, data=data)
    chunks = next(deap.load(tmp_path)).chunks
    rows = np.concatenate([samples_of(chunk) for chunk in chunks])
    assert rows.shape == (640, 32)
    assert dict(zip(chunks[0].ch_names, rows[0].tolist(), strict=True))["O2"] == 31
    assert len(set(chunks[0].ch_names)) == 32


def test_the_box_reads_it(tmp_path: Path) -> None:
    write(tmp_path)
    frames = frames_of(next(deap.load(tmp_path)).chunks)
    assert (frames[0].t_ns, frames[-1].t_ns) == (4_000_000_000, 10_000_000_000)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"data": np.zeros((3, 31, 1280))}, "data has the shape"),
        ({"data": np.zeros((3, 40, 384))}, "data has the shape"),
        ({"data": "nothing"}, "data and labels are expected"),
        ({"labels": np.ones((2, 4))}, "labels has the shape"),
        ({"labels": np.zeros((3, 4))}, "outside 1 to 9"),
        ({"labels": np.full((3, 4), np.nan)}, "outside 1 to 9"),
    ],
)
def test_another_layout_is_refused_by_name(tmp_path: Path, changes: dict, match: str) -> None:
    write(tmp_path, **changes)
    with pytest.raises(RecordingError, match=match):
        list(deap.load(tmp_path))


def test_an_absent_or_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no s"):
        list(deap.load(tmp_path))
    write(tmp_path)
    whole = (tmp_path / "s01.dat").read_bytes()
    (tmp_path / "s01.dat").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match="no whole pickle"):
        list(deap.load(tmp_path))
