"""kernel -> fp32.tflite and int8.tflite; a step of its own.

    <python with litert-torch> -m export.affect.to_tflite FOLDER

litert-torch pins versions that the training environment must not have, so `train` calls this with another Python.
FOLDER holds kernel.pt and calibration.npy. Dynamic-range int8 is never tried: tflite-runtime 2.14 computes it wrongly.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from device.affect.runtimes import FloatRows
from export.affect.kernel import Kernel
from export.affect.model import KernelNet, example


def export(folder: Path) -> None:
    """Write both files into `folder`."""
    # Made by `train` a moment ago: arrays and numbers, no code of others.
    net = KernelNet(Kernel(**torch.load(folder / "kernel.pt", weights_only=False))).eval()
    import litert_torch  # noqa: PLC0415 - slow, and only in its own environment

    litert_torch.convert(net, (example(net.n_inputs),)).export(str(folder / "fp32.tflite"))
    _quantize(folder / "fp32.tflite", folder / "int8.tflite", np.load(folder / "calibration.npy"))


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
    parser = argparse.ArgumentParser(description="Write fp32.tflite and int8.tflite.")
    parser.add_argument("folder", type=Path)
    export(parser.parse_args().folder)


if __name__ == "__main__":
    main()
