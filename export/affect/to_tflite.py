"""torch -> model.tflite, in fp32 or static int8, whichever measures better; a step of its own.

    <python with litert-torch> -m export.affect.to_tflite WEIGHTS FOLDER

litert-torch pins versions that the training environment must not have, so `train` calls this with another Python; it
prints one JSON line per variant measured. Dynamic-range int8 is never tried: tflite-runtime 2.14 computes it wrongly.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from device.affect.runtimes import FloatRows
from export.affect.model import LoadNet, example
from export.affect.parity import GOLDEN, Measured, is_gain, measure

FILE = "model.tflite"


def export(weights: Path, folder: Path) -> tuple[Measured, Measured]:
    """Write model.tflite from what `train` saved; returns what was measured for fp32 and int8."""
    saved: dict[str, Any] = torch.load(weights, weights_only=True)
    net = LoadNet(saved["n_inputs"], saved["hidden"], 0.0).eval()
    net.load_state_dict(saved["state"])
    import litert_torch  # noqa: PLC0415 - slow, and only in its own environment

    path = folder / FILE
    litert_torch.convert(net, (example(saved["n_inputs"]),)).export(str(path))
    with tempfile.TemporaryDirectory() as scratch:
        int8_path = Path(scratch) / FILE
        _quantize(path, int8_path, saved["calibration"].numpy())
        fp32 = measure(path, folder / GOLDEN, "fp32")
        int8 = measure(int8_path, folder / GOLDEN, "int8")
        if is_gain(int8, fp32):
            path.write_bytes(int8_path.read_bytes())
    return fp32, int8


def _quantize(path: Path, out: Path, calibration: FloatRows) -> None:
    """Static int8 with min-max calibration: the default moving average clips every peak."""
    from ai_edge_quantizer import quantizer, recipe, recipe_manager  # noqa: PLC0415 - see `export`
    from ai_edge_quantizer.calibrator import Calibrator  # noqa: PLC0415
    from ai_edge_quantizer.utils.qsv_utils import min_max_update  # noqa: PLC0415

    plan = recipe_manager.RecipeManager()
    plan.load_quantization_recipe(recipe.static_wi8_ai8())
    calibrator = Calibrator(str(path), qsv_update_func=min_max_update)
    samples = [{"args_0": np.asarray(row[None], np.float32)} for row in calibration]
    calibrator.calibrate({"serving_default": samples}, model_recipe_manager=plan)
    session = quantizer.Quantizer(str(path), recipe.static_wi8_ai8())
    session.quantize(calibrator.get_model_qsvs()).export_model(str(out), overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write model.tflite.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    for found in export(arguments.weights, arguments.folder):
        print(json.dumps(found))


if __name__ == "__main__":
    main()
