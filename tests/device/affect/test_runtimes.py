"""One interface over two runtimes: the same golden numbers, and a clear sentence when nothing can load a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.affect import runtimes
from device.affect.runtimes import open_runtime
from device.config import AffectConfig
from device.errors import ModelError
from device.files.models import MODELS_DIR

FOLDER = MODELS_DIR / AffectConfig().eeg_models[0]


@pytest.mark.parametrize("file", ["model.onnx", "model.tflite"])
def test_both_runtimes_give_the_golden_outputs(file: str) -> None:
    runtime = open_runtime(FOLDER / file)
    with np.load(FOLDER / "golden.npz") as golden:
        outputs = np.concatenate([runtime.run(row[None]) for row in golden["inputs"]])
        assert np.abs(outputs - golden["outputs"]).max() <= 1e-4


def test_a_backend_that_imports_but_cannot_construct_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        OpResolverType = type("OpResolverType", (), {"BUILTIN_WITHOUT_DEFAULT_DELEGATES": 0})

        @staticmethod
        def Interpreter(*_args: object, **_more: object) -> None:  # noqa: N802 - its name
            raise SystemError("returned a result with an exception set")

    real = runtimes.importlib.import_module
    names = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")
    monkeypatch.setattr(runtimes, "LITERT_MODULES", names)
    monkeypatch.setattr(runtimes.importlib, "import_module", lambda name: Broken if name == names[0] else real(name))
    assert open_runtime(FOLDER / "model.tflite").backend == "ai_edge_litert"


@pytest.mark.parametrize("name", ["model.onnx", "model.tflite"])
@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\0" * 4096])
def test_a_file_that_is_no_model_is_refused_with_every_reason(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} cannot be loaded") as refusal:
        open_runtime(path)
    assert refusal.value.action


def test_the_onnxruntime_that_crashes_boards_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "__version__", "1.21.0")
    with pytest.raises(ModelError, match=r"1\.21\.0"):
        open_runtime(FOLDER / "model.onnx")


def test_int8_scales_are_applied_on_both_sides() -> None:
    class Interpreter:
        """A quantised identity: scale 0.5, zero point 10."""

        def __init__(self, _path: str, **_more: object) -> None:
            self._tensor = np.zeros((1, 2), np.int8)

        def allocate_tensors(self) -> None: ...
        def invoke(self) -> None: ...

        def get_input_details(self) -> list[dict[str, object]]:
            return [{"index": 0, "dtype": np.int8, "quantization": (0.5, 10)}]

        get_output_details = get_input_details

        def set_tensor(self, _index: int, value: np.ndarray) -> None:
            self._tensor = value

        def get_tensor(self, _index: int) -> np.ndarray:
            return self._tensor

    runtime = runtimes.LiteRuntime.__new__(runtimes.LiteRuntime)
    interpreter = Interpreter("")
    runtime._interpreter = interpreter
    runtime._input, runtime._output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert runtime.run(np.array([[1.5, 1e6]], np.float32)).tolist() == [[1.5, 58.5]]
