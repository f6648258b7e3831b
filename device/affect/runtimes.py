"""One small interface over ONNX Runtime and LiteRT, chosen by the file's ending.

Threads are held at one without spinning: the audio process needs the other cores. LiteRT is tried under its new name
(ai-edge-litert) and its old one (tflite-runtime); beside numpy 2 the old one imports well and fails only when an
interpreter is constructed, so a backend is chosen after it has constructed and allocated one.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from device.errors import ModelError

FloatRows = NDArray[np.float32]

LITERT_MODULES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
BROKEN_ONNXRUNTIME = "1.21.0"
"""Dies of an illegal instruction on a Raspberry Pi 4 (onnxruntime issues 23957 and 24112)."""
MEND = "Reinstall the models and the program's packages."


class Runtime(Protocol):
    """A loaded model with one input of shape (1, n) and one output of shape (1, m)."""

    backend: str

    def run(self, row: FloatRows) -> FloatRows: ...


class OnnxRuntime:
    """A model.onnx."""

    def __init__(self, path: Path) -> None:
        import onnxruntime  # noqa: PLC0415 - 44 MB that only a process with a model pays

        self.backend = f"onnxruntime {onnxruntime.__version__}"
        if onnxruntime.__version__ == BROKEN_ONNXRUNTIME:
            raise RuntimeError(f"onnxruntime {BROKEN_ONNXRUNTIME} crashes on some boards and is refused")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name

    def run(self, row: FloatRows) -> FloatRows:
        output: FloatRows = self._session.run(None, {self._input: row})[0]
        return output


class LiteRuntime:
    """A model.tflite in fp32 or static int8, whose scales are applied here."""

    def __init__(self, path: Path, module: str) -> None:
        litert: Any = importlib.import_module(module)
        self.backend = module.partition(".")[0]
        # The default delegate gains nothing on nets of this size and writes to the terminal.
        resolver = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        self._interpreter: Any = litert.Interpreter(str(path), num_threads=1, experimental_op_resolver_type=resolver)
        self._interpreter.allocate_tensors()
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]

    def run(self, row: FloatRows) -> FloatRows:
        self._interpreter.set_tensor(self._input["index"], self._quantised(row))
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output["index"])
        scale, zero_point = self._output["quantization"]
        real: FloatRows = (output.astype(np.float32) - zero_point) * scale if scale else output
        return real

    def _quantised(self, row: FloatRows) -> NDArray[Any]:
        scale, zero_point = self._input["quantization"]
        if not scale:
            return row
        kind = np.iinfo(self._input["dtype"])
        steps: NDArray[Any] = np.clip(np.round(row / scale) + zero_point, kind.min, kind.max).astype(kind.dtype)
        return steps


def open_runtime(path: Path) -> Runtime:
    """Load `path` (.onnx or .tflite) with the first backend that can really run it.

    Raises:
        ModelError: no backend can, with each one's reason.
    """
    backends = [("onnxruntime", OnnxRuntime)] if path.suffix == ".onnx" else [(m, None) for m in LITERT_MODULES]
    reasons = []
    for module, onnx in backends:
        try:
            runtime: Runtime = onnx(path) if onnx else LiteRuntime(path, module)
        except Exception as error:  # noqa: BLE001 - ImportError to SystemError, and ONNX Runtime's have no common base
            reasons.append(f"{module.partition('.')[0]}: {error}")
        else:
            return runtime
    raise ModelError(f"Model {path.parent.name}: {path.name} cannot be loaded ({'; '.join(reasons)}).", MEND)
