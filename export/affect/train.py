"""One command per model: data, scores on unseen people, the net, both files, golden vectors and the card.

    python -m export.affect.train --config export/affect/eeg.toml --data DIR \
        --out models_onnx/eeg-load-0.1.0 --tflite-python PYTHON

PYTHON is an interpreter with the extra `export-tflite`. Everything is seeded: the same data give the same card.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

from device.affect.runtimes import FloatRows
from export.affect import card, to_onnx
from export.affect.calibration import calibrate, inputs_of
from export.affect.crossval import cross_validate
from export.affect.data import load_people
from export.affect.fit import Fitted, fit, logits_of
from export.affect.parity import GOLDEN, Measured
from export.affect.settings import TrainingConfig, load_config

GOLDEN_ROWS = 64
CALIBRATION_ROWS = 500


def train(config: TrainingConfig, data_dir: Path, folder: Path, tflite_python: Path) -> None:
    """Write the whole model folder."""
    torch.set_num_threads(1)
    people = load_people(data_dir, config)
    found = cross_validate(people, config)
    fitted = fit(people, config, config.baselines_s[0], config.seed)
    items = [calibrate(person, fitted.mean, fitted.sd, config, config.baselines_s[0]) for person in people]
    rows = np.concatenate([inputs_of(item, config) for item in items])
    rng = np.random.default_rng(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    golden = golden_inputs(config, rng)
    np.savez(folder / GOLDEN, inputs=golden, outputs=logits_of(fitted, golden)[:, None].astype(np.float32))
    calibration = rows[rng.choice(len(rows), CALIBRATION_ROWS, replace=False)]
    onnx = to_onnx.export(fitted.net, folder / GOLDEN, calibration, folder)
    tflite = _export_tflite(fitted, calibration, folder, tflite_python)
    measured = (onnx, tflite)
    card.write_toml(folder, config, fitted, found.temperature, measured)
    card.write_markdown(folder, config, found, measured)


def golden_inputs(config: TrainingConfig, rng: np.random.Generator) -> FloatRows:
    """Made-up inputs over all the net may see, regions missing too: no recording leaves the data folder."""
    n_regions, n_features = len(config.regions), len(config.features)
    mask = rng.random((GOLDEN_ROWS, n_regions)) < 0.75
    z = np.clip(rng.normal(0, config.clip / 2, (GOLDEN_ROWS, n_regions, n_features)), -config.clip, config.clip)
    pooled = (z * mask[..., None]).reshape(GOLDEN_ROWS, -1)
    return np.concatenate((pooled, mask), axis=1).astype(np.float32)


def _export_tflite(fitted: Fitted, calibration: FloatRows, folder: Path, python: Path) -> tuple[Measured, Measured]:
    """Run `to_tflite` with the other interpreter."""
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "weights.pt"
        net = fitted.net
        torch.save(
            {
                "state": net.state_dict(),
                "n_inputs": net.linear.in_features,
                "hidden": net.out.in_features,
                "calibration": torch.from_numpy(calibration),
            },
            weights,
        )
        command = [str(python), "-m", "export.affect.to_tflite", str(weights), str(folder)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    fp32, int8 = (Measured(*json.loads(line)) for line in lines if line.startswith("["))
    return fp32, int8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--tflite-python", type=Path, required=True, help="interpreter with the extra export-tflite")
    arguments = parser.parse_args()
    train(load_config(arguments.config), arguments.data, arguments.out, arguments.tflite_python)


if __name__ == "__main__":
    main()
