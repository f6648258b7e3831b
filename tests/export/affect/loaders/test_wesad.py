"""WESAD: a recording per segment, baseline first, in the units the box reads; everything else is refused by name."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from device.dsp.windows import samples_of
from device.errors import RecordingError
from export.affect.data import frames_of
from export.affect.loaders import wesad
from tests.export.affect.loaders.wristband import wesad_content, write_wesad

SEGMENTS = [(0, 5.0), (2, 30.0), (0, 3.0), (1, 40.0), (5, 4.0), (4, 10.0), (0, 2.0), (4, 8.0)]


def test_each_segment_is_a_recording_and_the_baseline_comes_first(tmp_path: Path) -> None:
    write_wesad(tmp_path, ["S10", "S2"], SEGMENTS)
    found = list(wesad.load(tmp_path))
    assert [item.person for item in found] == ["S2"] * 4 + ["S10"] * 4
    assert [item.labels[0].name for item in found[:4]] == ["baseline", "stress", "meditation", "meditation"]
    assert len({item.block for item in found[:4]}) == 4, "blocks of a person are told apart"
    assert [item.baseline_s for item in found[:4]] == [20.0, 0.0, 0.0, 0.0], "half of a short baseline is rest"
    assert [round(item.labels[0].end_s, 6) for item in found[:4]] == [40.0, 30.0, 10.0, 8.0]


def test_signals_are_cut_at_the_label_and_scaled(tmp_path: Path) -> None:
    write_wesad(tmp_path, ["S2"], SEGMENTS)
    stress = list(wesad.load(tmp_path))[1]
    eda = np.concatenate([samples_of(chunk) for chunk in stress.chunks if chunk.kind == "eda"])
    acc = np.concatenate([samples_of(chunk) for chunk in stress.chunks if chunk.kind == "motion"])
    assert (len(eda), len(acc)) == (30 * 4, 30 * 32)
    assert eda.min() > 3.5, "nothing of the time before"
    np.testing.assert_allclose(np.linalg.norm(acc, axis=1), 1.0, atol=0.1)


def test_the_box_reads_it(tmp_path: Path) -> None:
    write_wesad(tmp_path, ["S2"], [(1, 70.0)])
    frames = frames_of(next(wesad.load(tmp_path)).chunks)
    last = dict(zip(frames[-1].names, frames[-1].values, strict=True))
    assert last["hr_bpm.mean"] == pytest.approx(66, abs=2)
    assert last["eda_us.log_mean"] == pytest.approx(np.log(2), abs=0.1)


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"holds no S\*/S\*\.pkl.*--data"):
        list(wesad.load(tmp_path))


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda content: content.pop("label"), "published layout"),
        (lambda content: content["signal"].update(wrist=[1, 2]), "published layout"),
        (lambda content: content["signal"]["wrist"].pop("BVP"), "BVP"),
        (lambda content: content["signal"]["wrist"].update(ACC=np.zeros((400, 2))), "ACC has the shape"),
        (lambda content: content["signal"]["wrist"].update(EDA=np.zeros((3, 1))), "EDA is shorter"),
        (lambda content: content.update(label=np.array(["calm"])), "published layout"),
    ],
)
def test_another_layout_is_refused_by_name(tmp_path: Path, spoil: object, match: str) -> None:
    content = wesad_content([(1, 10.0)])
    spoil(content)
    (tmp_path / "S2").mkdir()
    (tmp_path / "S2" / "S2.pkl").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(RecordingError, match=match):
        list(wesad.load(tmp_path))
