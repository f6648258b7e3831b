"""Contract of every folder in models_onnx/: whole card, true hashes, golden vectors through the box's own loader."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from device.affect.reader import Reader, Settings
from device.affect.runtimes import open_runtime
from device.files.models import MODELS_DIR, ModelFolder

FOLDERS = sorted(path for path in MODELS_DIR.iterdir() if path.is_dir())
AFFECT = [path for path in FOLDERS if not path.name.startswith(("composer-", "control-"))]
RUNTIMES = {".onnx", ".tflite"}
MAX_KILOBYTES = {"eeg": 300, "wrist": 300}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_model_folder_is_whole_and_true(folder: Path) -> None:
    model = ModelFolder(MODELS_DIR, folder.name)
    card = model.card
    assert f"{card.name}-{card.version}" == folder.name
    assert card.purpose
    assert card.licence
    runnable = {path.name for path in folder.iterdir() if path.suffix in RUNTIMES}
    assert runnable
    assert runnable <= set(card.files), "every file that could be run has its hash in the card"
    assert (folder / "golden.npz").is_file()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_card_tells_people_about_data_scores_and_limits(folder: Path) -> None:
    text = (folder / "card.md").read_text("utf-8").lower()
    for word in ("licence", "data", "cannot"):
        assert word in text, f"card.md of {folder.name} does not speak of {word}"


@pytest.mark.parametrize("file", ["model.onnx", "model.tflite"])
@pytest.mark.parametrize("folder", AFFECT, ids=lambda path: path.name)
def test_golden_vectors_come_out_of_both_files_within_the_tolerance(folder: Path, file: str) -> None:
    model = ModelFolder(MODELS_DIR, folder.name)
    runtime = open_runtime(model.path(file))
    with np.load(model.path("golden.npz")) as golden:
        inputs, expected = golden["inputs"], golden["outputs"]
    outputs = np.concatenate([runtime.run(row[None]) for row in inputs])
    assert outputs.shape == expected.shape == (len(inputs), 1)
    assert np.abs(outputs - expected).max() <= model.card.settings["tolerance"][file]
    assert model.path(file).stat().st_size <= 1000 * MAX_KILOBYTES[model.card.settings["kind"]]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_no_file_tells_of_the_machine_it_was_made_on(folder: Path) -> None:
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert not re.search(rb"site-packages|/(home|root|work|tmp)/", path.read_bytes()), path.name


@pytest.mark.parametrize("folder", AFFECT, ids=lambda path: path.name)
def test_affect_settings_fit_the_net(folder: Path) -> None:
    reader = Reader(MODELS_DIR, folder.name)
    settings: Settings = reader.settings
    shape = (len(settings.sites), max(1, len(settings.features)))
    assert np.shape(settings.population_mean) == np.shape(settings.population_sd) == shape
    assert np.min(settings.population_sd) > 0
    for montage in settings.calibration:
        assert set(montage.sites) <= set(settings.sites)
        assert [curve.evidence_s for curve in montage.curves] == sorted(curve.evidence_s for curve in montage.curves)
        assert all(0 < curve.floor < 0.5 < curve.ceiling < 1 and curve.slope > 0 for curve in montage.curves)
    with np.load(folder / "golden.npz") as golden:
        assert golden["inputs"].shape[1] == shape[0] * (shape[1] + 1)


@pytest.mark.parametrize("folder", AFFECT, ids=lambda path: path.name)
def test_every_persons_score_stands_in_the_card(folder: Path) -> None:
    text = (folder / "card.md").read_text("utf-8")
    people = [line for line in text.splitlines() if line.startswith("| S")]
    assert len(people) >= 20
    assert "always the same answer" in text, "the trivial baseline stands beside the scores"


@pytest.mark.parametrize("folder", AFFECT, ids=lambda path: path.name)
def test_the_nets_of_the_cross_validation_stand_beside_the_model_and_between_them_leave_out_everybody(
    folder: Path,
) -> None:
    unseen: list[str] = []
    for fold in sorted((folder / "folds").iterdir()):
        card = tomllib.loads((fold / "card.toml").read_text("utf-8"))
        assert Reader(MODELS_DIR, f"{folder.name}/folds/{fold.name}").settings.sites == card["settings"]["sites"]
        unseen += card["unseen"]
    assert len(unseen) == len(set(unseen)) >= 20
    listed = {
        line.split("|")[1].strip() for line in (folder / "card.md").read_text("utf-8").splitlines() if line[:3] == "| S"
    }
    assert listed == set(unseen)


@pytest.mark.parametrize("folder", AFFECT, ids=lambda path: path.name)
def test_a_card_has_its_picture(folder: Path) -> None:
    assert "(card.png)" in (folder / "card.md").read_text("utf-8")
    assert (folder / "card.png").read_bytes().startswith(b"\x89PNG")
