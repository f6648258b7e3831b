"""torch -> ONNX in fp32 and in static int8 (QDQ)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from device.affect.runtimes import FloatRows
from export.affect.model import KernelNet, example
from export.traces import remove_traces


def write(net: KernelNet, calibration: FloatRows, fp32: Path, int8: Path) -> None:
    """Both precisions; int8 is calibrated on these rows."""
    write_fp32(net, fp32)
    _quantize(fp32, int8, calibration)


def write_fp32(net: KernelNet, path: Path) -> None:
    program: Any = torch.onnx.export(
        net,
        (example(net.n_inputs),),
        input_names=["features"],
        output_names=["logit"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    path.write_bytes(remove_traces(program.model_proto).SerializeToString())


def _quantize(path: Path, out: Path, calibration: FloatRows) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static  # noqa: PLC0415 - slow

    class Rows(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            self._rows = iter(calibration)

        def get_next(self) -> dict[str, FloatRows] | None:
            row = next(self._rows, None)
            return None if row is None else {"features": np.asarray(row[None], np.float32)}

    quantize_static(path, out, Rows(), quant_format=QuantFormat.QDQ, per_channel=True)
