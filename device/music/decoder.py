"""The composer model under onnxruntime: a fixed KV cache bound in place, one thread, no spinning.

Going back is free: the cache holds what it was fed, and a shorter common beginning simply overwrites the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Logits = npt.NDArray[np.float32]


class Decoder:
    """`settings` of the model's card: context, layers, heads, head_width, vocabulary_size."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.context: int = settings["context"]
        self.fed: list[int] = []
        """The tokens whose keys and values the cache holds."""
        self._session = ort.InferenceSession(path, _options(), providers=["CPUExecutionProvider"])
        self._ids = np.zeros((1, 1), np.int64)
        self._last = np.zeros(1, np.int32)
        self._total = np.zeros((), np.int32)
        self._logits = np.zeros((1, 1, settings["vocabulary_size"]), np.float32)
        shape = (1, settings["heads"], self.context, settings["head_width"])
        names = [f"{kind}_{layer}" for layer in range(settings["layers"]) for kind in ("keys", "values")]
        self._caches = {name: _value(np.zeros(shape, np.float32)) for name in names}
        self._one = self._bind(_value(self._ids))

    def _bind(self, ids: Any) -> Any:
        """Bind the given ids and everything that stays: past and present cache are the same memory."""
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("ids", ids)
        binding.bind_ortvalue_input("seqlens_k", _value(self._last))
        binding.bind_ortvalue_input("total", _value(self._total))
        binding.bind_ortvalue_output("logits", _value(self._logits))
        for name, cache in self._caches.items():
            binding.bind_ortvalue_input(f"past_{name}", cache)
            binding.bind_ortvalue_output(f"present_{name}", cache)
        return binding

    def go_on_from(self, tokens: Sequence[int]) -> Logits:
        """Make the cache hold exactly `tokens` (at least one), feeding only what differs; logits of what follows."""
        same = 0
        # The last token is always fed again: its logits are wanted.
        for have, want in zip(self.fed, tokens[:-1], strict=False):
            if have != want:
                break
            same += 1
        del self.fed[same:]
        return self.feed(tokens[same:])

    def feed(self, tokens: Sequence[int]) -> Logits:
        """Append tokens; logits of what follows, shape (vocabulary,), overwritten by the next call."""
        total = len(self.fed) + len(tokens)
        assert tokens
        assert total <= self.context
        self._total[()] = total
        self._last[0] = total - 1
        if len(tokens) == 1:
            self._ids[0, 0] = tokens[0]
            self._session.run_with_iobinding(self._one)
        else:
            self._session.run_with_iobinding(self._bind(_value(np.array([tokens], np.int64))))
        self.fed.extend(tokens)
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
