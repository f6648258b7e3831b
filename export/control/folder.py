"""The model folder of the learned policy: model.onnx, golden vectors, the weights it came from, and both cards."""

from __future__ import annotations

import hashlib
import timeit
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import tomli_w
import torch
from onnx import TensorProto, helper, numpy_helper

from device.affect.runtimes import open_runtime
from device.control.policies.learned import ANSWERS, FEATURES, FloatRows
from export.control.net import Net
from export.control.torch_net import torch_of

NAME, VERSION = "control", "0.2.0"
MODEL, GOLDEN = "model.onnx", "golden.npz"
TOLERANCE = 5e-6
"""Greatest difference of an answer between torch, ONNX Runtime and NumPy; answers are -1 to 1."""
GOLDEN_ROWS, OPSET = 64, 17
PURPOSE = (
    "Proposes moves of the music beside the plan from the estimate, its uncertainty and what is known of the person."
)


class Parity(NamedTuple):
    """How alike the three are, and what a decision of the net costs on the box's runtime."""

    torch_to_onnx: float
    numpy_to_onnx: float
    us: float
    kilobytes: float


def write(folder: Path, net: Net, text: str) -> Parity:
    """Write the folder whole; `text` is card.md with `{parity}` where that belongs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(_onnx_of(net).SerializeToString())
    inputs = np.random.default_rng(0).uniform(-1.5, 1.5, (GOLDEN_ROWS, len(FEATURES))).astype(np.float32)
    with torch.no_grad():
        outputs = torch_of(net)(torch.from_numpy(inputs)).numpy()
    np.savez(folder / GOLDEN, inputs=inputs, outputs=outputs)
    found = parity(folder, net, inputs, outputs)
    (folder / "card.md").write_text(text.format(parity=_told(found)), "utf-8")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, GOLDEN)}
    settings = {"features": list(FEATURES), "answers": list(ANSWERS), "tolerance": TOLERANCE}
    card = {"name": NAME, "version": VERSION, "purpose": PURPOSE, "licence": "Apache-2.0", "files": hashes}
    (folder / "card.toml").write_text(tomli_w.dumps({**card, "settings": settings}), "utf-8")
    return found


def parity(folder: Path, net: Net, inputs: FloatRows, from_torch: FloatRows) -> Parity:
    """Ask all three the same."""
    runtime = open_runtime(folder / MODEL)
    from_onnx = runtime.run(inputs)
    one = inputs[:1]
    us = min(timeit.repeat(lambda: runtime.run(one), number=1000, repeat=5)) * 1e3
    return Parity(
        float(abs(from_torch - from_onnx).max()),
        float(abs(net.answer(inputs) - from_onnx).max()),
        us,
        (folder / MODEL).stat().st_size / 1e3,
    )


def _told(found: Parity) -> str:
    return (
        f"Largest difference of an answer (-1 to 1) over {GOLDEN_ROWS} rows: torch to ONNX Runtime "
        f"{found.torch_to_onnx:.1e}, NumPy to ONNX Runtime {found.numpy_to_onnx:.1e}. The net answers in "
        f"{found.us:.1f} us on one thread; {MODEL} has {found.kilobytes:.1f} kB."
    )


def _onnx_of(net: Net) -> onnx.ModelProto:
    """Two dense layers, written down node by node: nothing of the machine gets into the file."""
    names = ("first", "first_bias", "second", "second_bias")
    weights = [numpy_helper.from_array(np.ascontiguousarray(part), name) for name, part in zip(names, net, strict=True)]
    nodes = [
        helper.make_node("Gemm", ["features", "first", "first_bias"], ["bent"]),
        helper.make_node("Tanh", ["bent"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "second", "second_bias"], ["said"]),
        helper.make_node("Tanh", ["said"], ["answers"]),
    ]
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(FEATURES)])
    answers = helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["n", len(ANSWERS)])
    graph = helper.make_graph(nodes, "control", [features], [answers], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model
