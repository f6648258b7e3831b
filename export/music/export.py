"""The trained composer as a model folder: `python -m export.music.export --run DIR --data FILE.npz --out FOLDER`.

Dynamic int8 weights per channel; what that costs against torch is measured here and stands in the card.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from export.music import copying
from export.music.card import write_settings, write_text
from export.music.graph import runtime_logits, write_onnx
from export.music.model import Composer, Shape
from export.music.ngram import nats_per_token
from export.music.train import Ints, Windows

Floats = npt.NDArray[np.float32]
GOLDEN_LENGTH = 96
HELD_OUT_WINDOWS = 384
PARITY_WINDOWS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of export.music.train")
    parser.add_argument("--data", type=Path, required=True, help="written by export.music.data")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model, state = load(arguments.run)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "model.onnx"
    write_onnx(model, path)
    numbers = measure(model, path, arguments.data, arguments.out / "golden.npz")
    numbers["trained_tokens"] = state["curve"][-1]["tokens"]
    shutil.copy(arguments.run / "curve.json", arguments.out / "curve.json")
    write_settings(arguments.out, model.shape, numbers)
    numbers |= copying.measure(arguments.out, arguments.data)
    write_settings(arguments.out, model.shape, numbers)
    write_text(arguments.out, model.shape, numbers)
    print(json.dumps(numbers, indent=1))


def load(run: Path) -> tuple[Composer, dict[str, Any]]:
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    model = Composer(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval(), state


@torch.no_grad()  # type: ignore[untyped-decorator]
def measure(model: Composer, path: Path, data: Path, golden: Path) -> dict[str, float]:
    """Held-out loss, the n-gram baseline, and what the shipped file loses against torch; writes golden.npz."""
    windows = Windows(data, "held_out", model.shape.context)
    ids, targets = windows.draw(HELD_OUT_WINDOWS, np.random.default_rng(1), 1.0, 0.0)
    exact = np.concatenate([model(torch.from_numpy(ids[row : row + 8])).numpy() for row in range(0, len(ids), 8)])
    with np.load(data) as arrays:
        baseline = nats_per_token(arrays["train"], ids.ravel(), targets.ravel(), model.shape.vocabulary)
    head = ids[0, :GOLDEN_LENGTH]
    np.savez_compressed(golden, ids=head, logits=runtime_logits(path, model.shape, head)[-1])
    return {
        "held_out_nats_per_token": nats(exact[targets >= 0], targets[targets >= 0]),
        "ngram_nats_per_token": baseline,
        **parity(model.shape, path, ids[:PARITY_WINDOWS], targets[:PARITY_WINDOWS], exact),
        "parameters": sum(p.numel() for p in model.parameters()),
        "file_mb": path.stat().st_size / 1e6,
    }


def parity(shape: Shape, path: Path, ids: Ints, targets: Ints, exact: Floats) -> dict[str, float]:
    """The shipped file against torch over the second halves of some windows, one token at a time."""
    half = ids.shape[1] // 2 - 1
    shipped = np.stack([runtime_logits(path, shape, row) for row in ids])
    exact, marked = exact[: len(ids), half:], targets[:, half:] >= 0
    wanted = targets[:, half:][marked]
    return {
        "int8_minus_torch_nats": nats(shipped[marked], wanted) - nats(exact[marked], wanted),
        "largest_logit_error": float(np.abs(exact - shipped).max()),
        "argmax_agreement": float((exact.argmax(-1) == shipped.argmax(-1)).mean()),
    }


def nats(logits: Floats, targets: Ints) -> float:
    """Mean cross entropy of rows of logits."""
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return float(-logs[np.arange(len(targets)), targets].mean())


if __name__ == "__main__":
    main()
