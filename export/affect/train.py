"""One command per model: data, leak check, scores on unseen people, the net, its files, golden vectors, card, folds.

    python -m export.affect.train --config export/affect/eeg.toml --data DIR \
        --out models_onnx/eeg-load-0.2.0 --tflite-python PYTHON

PYTHON is an interpreter with the extra `export-tflite`. Everything is seeded: the same data give the same card. The
nets of the cross-validation are kept beside the model, in `folds/`, each with the people it has not seen: with them
`isotone bench affect` repeats the table of the card through the box's own code.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from device.affect.novelty import Normal
from device.affect.runtimes import FloatRows
from device.errors import IsotoneError
from export.affect import card, figure, to_onnx
from export.affect.audit import audit
from export.affect.calibration import inputs_of
from export.affect.crossval import CrossValidation, Fold, cross_validate, montage_calibrations
from export.affect.data import Person, load_people
from export.affect.fit import Fitted, fit
from export.affect.leaks import refuse_leaks
from export.affect.model import KernelNet
from export.affect.normal import fit_normal
from export.affect.parity import GOLDEN, Pair, measured_pair
from export.affect.peers import near_changes, simpler_readings
from export.affect.settings import TrainingConfig, load_config

GOLDEN_ROWS = 64
CALIBRATION_ROWS = 500
HELD_OUT_ROWS = 10_000


def train(config: TrainingConfig, data_dir: Path, folder: Path, tflite_python: Path) -> None:
    """Write the whole model folder."""
    torch.set_num_threads(1)
    people = load_people(data_dir, config)
    normal = fit_normal(data_dir, config)
    found = cross_validate(people, config)
    findings = audit(people, config, found)
    refuse_leaks(findings)
    fitted = fit(people, config, config.seed)
    items = [fitted.calibrate(person, config) for person in people]
    rows = np.concatenate([inputs_of(item, config) for item in items])
    rng = np.random.default_rng(config.seed)
    folder.mkdir(parents=True, exist_ok=True)
    golden = golden_inputs(config, rng)
    net = KernelNet(fitted.kernel).eval()
    np.savez(folder / GOLDEN, inputs=golden, outputs=_torch_outputs(net, golden))
    sample = rows[rng.choice(len(rows), HELD_OUT_ROWS)]
    measured = _export(net, fitted, sample, folder, tflite_python)
    calibration = montage_calibrations(found.calibration, config)
    card.write_toml(folder, config, fitted, calibration, normal, measured)
    for number, fold in enumerate(found.folds):
        _write_fold(folder / "folds" / str(number), config, fold, normal)
    card.write_markdown(folder, config, found, measured, beside(people, config, found), findings)
    figure.draw(folder / "card.png", config, found.reports)


def beside(people: Sequence[Person], config: TrainingConfig, found: CrossValidation) -> dict[str, float]:
    """What stands below the scores of a card."""
    near = {"this model, only within four minutes of a change between rest and task": near_changes(found, config)}
    return near | simpler_readings(people, config)


def _torch_outputs(net: KernelNet, rows: FloatRows) -> FloatRows:
    with torch.no_grad():
        return np.asarray(net(torch.from_numpy(rows)).numpy(), np.float32)


def _export(net: KernelNet, fitted: Fitted, rows: FloatRows, folder: Path, tflite_python: Path) -> list[Pair]:
    """Both files in both precisions, measured on the golden inputs and on real windows, which stay here."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        windows = scratch / "windows.npz"
        np.savez(windows, inputs=rows, outputs=_torch_outputs(net, rows))
        np.save(scratch / "calibration.npy", rows[:CALIBRATION_ROWS])
        to_onnx.write(net, rows[:CALIBRATION_ROWS], scratch / "fp32.onnx", scratch / "int8.onnx")
        torch.save(fitted.kernel._asdict(), scratch / "kernel.pt")
        command = [str(tflite_python), "-P", "-m", "export.affect.to_tflite", str(scratch)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return [measured_pair(scratch, suffix, folder, windows) for suffix in (".onnx", ".tflite")]


def _write_fold(folder: Path, config: TrainingConfig, fold: Fold, normal: Normal | None) -> None:
    """A net of the cross-validation as a model of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    to_onnx.write_fp32(KernelNet(fold.fitted.kernel).eval(), folder / "model.onnx")
    card.write_fold_toml(folder, config, fold, normal)


def golden_inputs(config: TrainingConfig, rng: np.random.Generator) -> FloatRows:
    """Made-up inputs over all the net may see, sites missing too: no recording leaves the data folder."""
    n_sites, n_features = len(config.sites), max(1, len(config.features))
    mask = rng.random((GOLDEN_ROWS, n_sites)) < 0.75
    z = np.clip(rng.normal(0, config.clip / 3, (GOLDEN_ROWS, n_sites, n_features)), -config.clip, config.clip)
    pooled = (z * mask[..., None]).reshape(GOLDEN_ROWS, -1)
    return np.concatenate((pooled, mask), axis=1).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--tflite-python", type=Path, required=True, help="interpreter with the extra export-tflite")
    chosen = parser.parse_args(arguments)
    try:
        train(load_config(chosen.config), chosen.data, chosen.out, chosen.tflite_python)
    except IsotoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
