"""The trained composer as a model folder: `python -m export.music.export --run DIR --data FILE.npz --out FOLDER`.

Dynamic int8 weights per channel; what that costs against torch is measured here and stands in the card.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from export.music.card import write_settings, write_text
from export.music.graph import runtime_logits, write_onnx
from export.music.model import Composer, Shape
from export.music.ngram import nats_per_token
from export.music.windows import CONTROLS_ONLY, EVERYTHING, NOTHING, Ints, Told, Windows, shapes

Floats = npt.NDArray[np.float32]
GOLDEN_LENGTH = 96
HELD_OUT_WINDOWS = 192
BATCH = 4
PARITY_WINDOWS = 4
LEVELS = {"everything": EVERYTHING, "controls": CONTROLS_ONLY, "nothing": NOTHING}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of export.music.train")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("composer.toml"))
    parser.add_argument("--data", type=Path, required=True, help="written by export.music.data")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    shape = Shape(**shapes(), **tomllib.loads(arguments.config.read_text("utf-8"))["shape"])
    print(json.dumps(write(arguments.run, arguments.data, shape, arguments.out), indent=1))


def write(run: Path, data: Path, shape: Shape, out: Path) -> dict[str, float]:
    """Fill a model folder; the numbers of its card."""
    model, state = load(run, shape)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "model.onnx"
    write_onnx(model, path)
    numbers: dict[str, float] = measure(model, path, data, out / "golden.npz")
    numbers["trained_tokens"] = float(state["curve"][-1]["tokens"])
    shutil.copy(run / "curve.json", out / "curve.json")
    write_settings(out, shape, numbers)
    write_text(out, shape, numbers)
    return numbers


def load(run: Path, shape: Shape) -> tuple[Composer, dict[str, Any]]:
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    model = Composer(shape)
    model.load_state_dict(state["model"])
    return model.eval(), state


@torch.no_grad()  # type: ignore[untyped-decorator]
def measure(model: Composer, path: Path, data: Path, golden: Path) -> dict[str, float]:
    """Held-out losses, the n-gram's, and what the shipped file loses against torch; writes golden.npz."""
    windows = Windows.read(data, "held_out", model.shape.context)
    numbers: dict[str, float] = {}
    for name, told in LEVELS.items():
        numbers |= {f"nats_per_{unit}_{name}": value for unit, value in losses(model, windows, told).items()}
    ids, conditions, targets = windows.draw(PARITY_WINDOWS, np.random.default_rng(1), EVERYTHING)
    head = ids[0, :GOLDEN_LENGTH], conditions[0, :GOLDEN_LENGTH]
    logits = runtime_logits(path, model.shape, *head)[-1]
    np.savez_compressed(golden, ids=head[0], conditions=head[1], logits=logits)
    return numbers | {
        **parity(model, path, ids, conditions, targets),
        **ngram(data, windows),
        "parameters": sum(p.numel() for p in model.parameters()),
        "file_mb": path.stat().st_size / 1e6,
    }


def losses(model: torch.nn.Module, windows: Windows, told: Told) -> dict[str, float]:
    """Nats per predicted token and per note, told what `told` says."""
    rng = np.random.default_rng(1)
    nats, n_tokens, n_notes = 0.0, 0, 0
    for _ in range(HELD_OUT_WINDOWS // BATCH):
        ids, conditions, targets = windows.draw(BATCH, rng, told)
        logits = model(torch.from_numpy(ids), torch.from_numpy(conditions)).numpy()
        marked = targets >= 0
        nats += nats_of(logits[marked], targets[marked]) * int(marked.sum())
        n_tokens, n_notes = n_tokens + int(marked.sum()), n_notes + windows.count_notes(targets)
    return {"token": nats / n_tokens, "note": nats / n_notes}


def ngram(data: Path, windows: Windows) -> dict[str, float]:
    """The same windows for the best n-gram model, which is told nothing."""
    rng = np.random.default_rng(1)
    ids, _, targets = windows.draw(HELD_OUT_WINDOWS, rng, NOTHING)
    with np.load(data) as arrays:
        per_token = nats_per_token(arrays["train"], ids.ravel(), targets.ravel(), windows.vocabulary)
    per_note = per_token * float((targets >= 0).sum()) / windows.count_notes(targets)
    return {"ngram_nats_per_token": per_token, "ngram_nats_per_note": per_note}


@torch.no_grad()  # type: ignore[untyped-decorator]
def parity(model: Composer, path: Path, ids: Ints, conditions: Ints, targets: Ints) -> dict[str, float]:
    """The shipped file against torch over the second halves of some windows, one token at a time."""
    half = ids.shape[1] // 2 - 1
    shipped = np.stack([runtime_logits(path, model.shape, *row) for row in zip(ids, conditions, strict=True)])
    exact = model(torch.from_numpy(ids), torch.from_numpy(conditions)).numpy()[:, half:]
    marked = targets[:, half:] >= 0
    wanted = targets[:, half:][marked]
    return {
        "int8_minus_torch_nats": nats_of(shipped[marked], wanted) - nats_of(exact[marked], wanted),
        "largest_logit_error": float(np.abs(exact - shipped).max()),
        "argmax_agreement": float((exact[marked].argmax(-1) == shipped[marked].argmax(-1)).mean()),
    }


def nats_of(logits: Floats, targets: Ints) -> float:
    """Mean cross entropy of rows of logits."""
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return float(-logs[np.arange(len(targets)), targets].mean())


if __name__ == "__main__":
    main()
