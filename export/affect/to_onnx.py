"""torch -> model.onnx in fp32, with static int8 measured beside it: int8 ships only where it is not slower."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from device.affect.runtimes import FloatRows
from export.affect.model import LoadNet, example
from export.affect.parity import Measured, is_gain, measure
from export.traces import remove_traces

FILE = "model.onnx"


def export(net: LoadNet, golden: Path, calibration: FloatRows, folder: Path) -> tuple[Measured, Measured]:
    """Write model.onnx and return what was measured for fp32 and for int8 (which is thrown away if slower)."""
    n_inputs = net.linear.in_features
    path = folder / FILE
    program: Any = torch.onnx.export(
        net,
        (example(n_inputs),),
        input_names=["features"],
        output_names=["logit"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    path.write_bytes(remove_traces(program.model_proto).SerializeToString())
    with tempfile.TemporaryDirectory() as scratch:
        int8_path = Path(scratch) / FILE
        _quantize(path, int8_path, calibration)
        fp32, int8 = measure(path, golden, "fp32"), measure(int8_path, golden, "int8")
        if is_gain(int8, fp32):
            path.write_bytes(int8_path.read_bytes())
    return fp32, int8


def _quantize(path: Path, out: Path, calibration: FloatRows) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static  # noqa: PLC0415 - slow

    class Rows(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self._rows = iter(calibration)

        def get_next(self) -> dict[str, FloatRows] | None:
            row = next(self._rows, None)
            return None if row is None else {"features": np.asarray(row[None], np.float32)}

    quantize_static(path, out, Rows(), quant_format=QuantFormat.QDQ, per_channel=True)
