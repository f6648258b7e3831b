"""The composer model under onnxruntime: a fixed KV cache bound in place, one thread, no spinning.

Going back is cheap: the cache holds what it was fed, and what follows a common beginning is simply overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Logits = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
"""Token and conditions, shape (n, 1 + conditions)."""


Size = Annotated[int, msgspec.Meta(ge=1, le=2**16)]
CACHE_BYTES_MAX = 2**28


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the composer's card.toml tells the runtime under `[settings]`; other keys are for others."""

    context: Size
    conditions: Size
    layers: Size
    heads: Size
    head_width: Size
    vocabulary_size: Size

    def __post_init__(self) -> None:
        cache_bytes = 4 * 2 * self.layers * self.heads * self.context * self.head_width
        if cache_bytes > CACHE_BYTES_MAX:
            raise ValueError(f"its cache takes {cache_bytes // 2**20} MB, the limit is {CACHE_BYTES_MAX // 2**20} MB")


class Decoder:
    """One model as the settings of its card say it is.

    Raises:
        msgspec.ValidationError: the settings are none; on a file that is no such model ONNX Runtime raises errors that
            have no common base.
    """

    def __init__(self, path: Path, told: dict[str, Any]) -> None:
        settings = msgspec.convert(told, Settings)
        self.context = settings.context
        self.length = 0
        """Rows whose keys and values the cache holds."""
        self._fed = np.zeros((self.context, 1 + settings.conditions), np.int64)
        self._ends: list[int] = []
        """Ends of the portions that it was fed in, in rows."""
        self._session = ort.InferenceSession(path, _options(), providers=["CPUExecutionProvider"])
        self._ids = np.zeros((1, 1), np.int64)
        self._conditions = np.zeros((1, 1, settings.conditions), np.int64)
        self._last = np.zeros(1, np.int32)
        self._total = np.zeros((), np.int32)
        self._logits = np.zeros((1, 1, settings.vocabulary_size), np.float32)
        shape = (1, settings.heads, self.context, settings.head_width)
        names = [f"{kind}_{layer}" for layer in range(settings.layers) for kind in ("keys", "values")]
        self._caches = {name: _value(np.zeros(shape, np.float32)) for name in names}
        self._one = self._bind(self._ids, self._conditions)

    def _bind(self, ids: npt.NDArray[np.int64], conditions: npt.NDArray[np.int64]) -> Any:
        """Bind what is new and everything that stays: past and present cache are the same memory."""
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("ids", _value(ids))
        binding.bind_ortvalue_input("conditions", _value(conditions))
        binding.bind_ortvalue_input("seqlens_k", _value(self._last))
        binding.bind_ortvalue_input("total", _value(self._total))
        binding.bind_ortvalue_output("logits", _value(self._logits))
        for name, cache in self._caches.items():
            binding.bind_ortvalue_input(f"past_{name}", cache)
            binding.bind_ortvalue_output(f"present_{name}", cache)
        return binding

    def go_on_from(self, portions: Sequence[Rows]) -> Logits:
        """Make the cache hold exactly these portions, none empty; logits of what follows.

        Only what differs is fed, and always in these portions: int8 activations are scaled per call, so the same rows
        cut otherwise round otherwise, and going back would not give the same music again.
        """
        kept = start = 0
        # The last portion is always fed again: its logits are wanted.
        for portion, end in zip(portions[:-1], self._ends, strict=False):
            if start + len(portion) != end or (self._fed[start:end] != portion).any():
                break
            kept, start = kept + 1, end
        self.length = start
        del self._ends[kept:]
        for portion in portions[kept:]:
            logits = self.feed(portion)
        return logits

    def feed(self, rows: Rows) -> Logits:
        """Append a portion; logits of what follows, shape (vocabulary,), overwritten by the next call."""
        total = self.length + len(rows)
        assert len(rows)
        assert total <= self.context
        self._total[()] = total
        self._last[0] = total - 1
        if len(rows) == 1:
            self._ids[0, 0] = rows[0, 0]
            self._conditions[0, 0] = rows[0, 1:]
            self._session.run_with_iobinding(self._one)
        else:
            columns = np.ascontiguousarray(rows[None, :, 0]), np.ascontiguousarray(rows[None, :, 1:])
            self._session.run_with_iobinding(self._bind(*columns))
        self._fed[self.length : total] = rows
        self._ends.append(total)
        self.length = total
        logits: Logits = self._logits[0, 0]
        return logits


def _value(array: npt.NDArray[Any]) -> Any:
    return ort.OrtValue.ortvalue_from_numpy(array)


def _options() -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options
