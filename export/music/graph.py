"""The composer as one ONNX graph for prefill, single steps and rewinding.

onnxruntime's own GroupQueryAttention works in place on a cache of fixed size: measured, it is the fastest of the known
forms, and going back to an earlier bar only means telling it a smaller length.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from device.music.reference import N_CONDITIONS
from export.music.model import Block, Composer, Shape
from export.traces import clean_file

ATTENTION = "com.microsoft::GroupQueryAttention"
Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class CachedBlock(nn.Module):  # type: ignore[misc]
    """A trained block whose attention is the runtime's own operator over a fixed cache."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block

    def forward(
        self, x: Tensor, cache: tuple[Tensor, Tensor], place: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, Tensor]:
        heads = self.block.shape.heads
        query, key, value = self.block.qkv(self.block.norm_attention(x)).chunk(3, dim=-1)
        mixed, keys, values = torch.onnx.ops.symbolic_multi_out(
            ATTENTION,
            (query, key, value, *cache, *place),
            attrs={"num_heads": heads, "kv_num_heads": heads, "do_rotary": 1, "rotary_interleaved": 0},
            dtypes=(x.dtype, x.dtype, x.dtype),
            shapes=(x.shape, cache[0].shape, cache[1].shape),
            version=1,
        )
        x = x + self.block.out(mixed)
        return x + self.block.mlp(x), keys, values


class CachedComposer(nn.Module):  # type: ignore[misc]
    """ids (1, n), conditions (1, n, conditions), cached length, caches -> logits of the last id (1, 1, n), caches."""

    cos: Tensor
    sin: Tensor

    def __init__(self, model: Composer) -> None:
        super().__init__()
        self.model = model
        self.blocks = nn.ModuleList(CachedBlock(block) for block in model.blocks)

    def forward(
        self, ids: Tensor, conditions: Tensor, seqlens_k: Tensor, total: Tensor, *caches: Tensor
    ) -> tuple[Tensor, ...]:
        # Not as the model sums when it is trained: torch's own sum over a table becomes a loop in ONNX.
        x = self.model.embed(ids) + self.model.condition(conditions).sum(2)
        place = (seqlens_k, total, self.model.cos, self.model.sin)
        kept: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            x, keys, values = block(x, (caches[2 * number], caches[2 * number + 1]), place)
            kept += [keys, values]
        return self.model.head(self.model.norm(x[:, -1:])), *kept


def cache_shape(shape: Shape) -> tuple[int, int, int, int]:
    return 1, shape.heads, shape.context, shape.head_width


def write_onnx(model: Composer, path: Path) -> None:
    """Export and quantise; the float graph only lives in a temporary folder."""
    shape = model.shape
    caches = tuple(torch.zeros(cache_shape(shape)) for _ in range(2 * shape.layers))
    names = [f"{kind}_{layer}" for layer in range(shape.layers) for kind in ("keys", "values")]
    arguments = (
        torch.zeros(1, 5, dtype=torch.int64),
        torch.zeros(1, 5, N_CONDITIONS, dtype=torch.int64),
        torch.tensor([4], dtype=torch.int32),
        torch.tensor(5, dtype=torch.int32),
    )
    length = torch.export.Dim("n", min=1, max=shape.context)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            CachedComposer(model).eval(),
            (*arguments, *caches),
            plain,
            input_names=["ids", "conditions", "seqlens_k", "total", *(f"past_{name}" for name in names)],
            output_names=["logits", *(f"present_{name}" for name in names)],
            dynamic_shapes=({1: length}, {1: length}, {}, {}, tuple({} for _ in caches)),
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(
            plain,
            path,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True},
        )
    clean_file(path)


def runtime_logits(path: Path, shape: Shape, ids: Ints, conditions: Ints) -> Array:
    """Logits after the first half at once and after every further id alone, as the device runs it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(path, options)
    caches = [np.zeros(cache_shape(shape), np.float32) for _ in range(2 * shape.layers)]
    names = [f"past_{kind}_{layer}" for layer in range(shape.layers) for kind in ("keys", "values")]
    rows, done = [], 0
    for stop in range(len(ids) // 2, len(ids) + 1):
        feeds = {
            "ids": ids[None, done:stop],
            "conditions": conditions[None, done:stop],
            "seqlens_k": np.array([stop - 1], np.int32),
            "total": np.array(stop, np.int32),
        }
        logits, *caches = session.run(None, feeds | dict(zip(names, caches, strict=True)))
        rows.append(logits[0, 0])
        done = stop
    return np.stack(rows)
