"""Parity: the measuring itself, and the rule by which int8 ships."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from device.config import AffectConfig
from device.files.models import MODELS_DIR
from export.affect.parity import GOLDEN, TOLERANCE, Measured, is_gain, measure

FOLDER = MODELS_DIR / AffectConfig().eeg_models[0]


@pytest.mark.parametrize("file", ["model.onnx", "model.tflite"])
def test_a_shipped_file_is_measured_within_its_tolerance(file: str) -> None:
    found = measure(FOLDER / file, FOLDER / GOLDEN, FOLDER / GOLDEN, "fp32")
    assert found.max_error <= TOLERANCE["fp32"]
    assert found.agreement == 1
    assert found.p50_us < 5000
    assert found.kilobytes < 300


def test_golden_vectors_that_do_not_fit_are_seen(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "model.onnx", tmp_path)
    with np.load(FOLDER / GOLDEN) as golden:
        np.savez(tmp_path / GOLDEN, inputs=golden["inputs"], outputs=golden["outputs"] + 0.5)
    golden = tmp_path / GOLDEN
    assert measure(tmp_path / "model.onnx", golden, golden, "fp32").max_error == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("p50_us", "agreement", "ships"), [(5.0, 1.0, True), (9.9, 1.0, False), (20.0, 1.0, False), (5.0, 0.9, False)]
)
def test_int8_ships_only_when_faster_and_of_the_same_opinion(p50_us: float, agreement: float, ships: bool) -> None:
    fp32 = Measured("m", "fp32", "b", 0.0, 1.0, 10.0, 12.0, 1.0)
    assert is_gain(fp32._replace(precision="int8", p50_us=p50_us, agreement=agreement), fp32) is ships
