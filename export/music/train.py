"""Trains the composer: `python -m export.music.train --data FILE.npz --out DIR`.

Started again with the same folder it goes on where it was. The learning rate stays high and falls in the last part of
the steps; `curve.json` is the learning curve. A rival of the same size (`export.music.rivals`) is trained the same way.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from tqdm import tqdm

from export.music.model import Composer, Shape
from export.music.windows import CONTROLS_ONLY, EVERYTHING, NOTHING, Ints, Told, Windows, shapes

CHECK_WINDOWS = 48
CHECK_BATCH = 4
CHECKS = {"everything": EVERYTHING, "controls": CONTROLS_ONLY, "nothing": NOTHING}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("composer.toml"))
    parser.add_argument("--data", type=Path, required=True, help="written by export.music.data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = tomllib.loads(arguments.config.read_text("utf-8"))
    shape = Shape(**shapes(), **config["shape"])
    torch.manual_seed(config["seed"])
    Run(config, arguments.data, arguments.out, Composer(shape), shape.context).train()


class Run:
    """One training run and what it keeps in its folder: checkpoint.pt and curve.json."""

    def __init__(self, config: dict[str, Any], data: Path, folder: Path, model: nn.Module, context: int) -> None:
        self.settings, self.folder, self.model = config["training"], folder, model
        folder.mkdir(parents=True, exist_ok=True)
        self.told = Told(**config["told"])
        self.optimizers = self._optimizers()
        self.train_windows = Windows.read(data, "train", context)
        self.check_windows = Windows.read(data, "held_out", context)
        self.seed, self.step, self.spent_s = config["seed"], 0, 0.0
        self.curve: list[dict[str, float]] = []
        self._resume()

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        """Muon for the matrices inside the blocks, AdamW for tables, heads, norms and biases."""
        hidden = [p for name, p in self.model.named_parameters() if p.dim() == 2 and name.startswith("blocks")]
        tables = [p for name, p in self.model.named_parameters() if p.dim() == 2 and not name.startswith("blocks")]
        vectors = [p for p in self.model.parameters() if p.dim() != 2]
        decay = self.settings["weight_decay"]
        groups = [{"params": tables, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
        adam = torch.optim.AdamW(groups, lr=self.settings["learning_rate"], betas=(0.9, 0.95))
        if not hidden:
            return [adam]
        return [adam, torch.optim.Muon(hidden, lr=self.settings["muon_rate"], weight_decay=decay)]

    def train(self) -> None:
        """Trains up to the last step, with a check and a checkpoint on the way."""
        losses: list[float] = []
        with tqdm(total=self.settings["steps"], initial=self.step, unit="step", mininterval=20.0) as progress:
            while self.step < self.settings["steps"]:
                began = time.monotonic()
                losses.append(self._train_step())
                self.spent_s += time.monotonic() - began
                progress.update()
                progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
                if self.step % self.settings["check_every"] == 0 or self.step == self.settings["steps"]:
                    self._report(float(np.mean(losses[-100:])), progress)

    def _train_step(self) -> float:
        rng = np.random.default_rng((self.seed, self.step))
        examples = self.train_windows.draw(self.settings["batch"], rng, self.told)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group.setdefault("peak", group["lr"])
                group["lr"] = group["peak"] * self._rate()
        self.model.train()
        loss, _ = self._loss(*examples)
        mean = loss / max(1, int((examples[2] >= 0).sum()))
        mean.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip"])
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return float(mean.detach())

    def _rate(self) -> float:
        """Share of the peak rate: warm-up, plateau, then straight down to nothing."""
        left = (self.settings["steps"] - self.step) / (self.settings["falling"] * self.settings["steps"])
        return float(min(1.0, (self.step + 1) / self.settings["warmup_steps"], left))

    def _loss(self, ids: Ints, conditions: Ints, targets: Ints) -> tuple[torch.Tensor, int]:
        """Nats of all predicted tokens together, and how many notes are among them."""
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(torch.from_numpy(ids), torch.from_numpy(conditions))
        wanted = torch.from_numpy(targets).flatten()
        loss = F.cross_entropy(logits.float().flatten(0, 1), wanted, ignore_index=-1, reduction="sum")
        return loss, Windows.count_notes(targets)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def check(self, told: Told) -> tuple[float, float]:
        """Nats per predicted token and per note on held-out songs."""
        self.model.eval()
        rng = np.random.default_rng(0)
        nats, tokens, notes = 0.0, 0, 0
        for _ in range(CHECK_WINDOWS // CHECK_BATCH):
            examples = self.check_windows.draw(CHECK_BATCH, rng, told)
            loss, count = self._loss(*examples)
            nats, tokens, notes = nats + float(loss), tokens + int((examples[2] >= 0).sum()), notes + count
        return nats / tokens, nats / notes

    def _report(self, loss: float, progress: tqdm[None]) -> None:
        seen = self.step * self.settings["batch"] * self.train_windows.length
        row = {"minutes": self.spent_s / 60, "tokens": seen, "loss": loss}
        for name, told in CHECKS.items():
            row[f"per_token_{name}"], row[f"per_note_{name}"] = self.check(told)
        self.curve.append({name: round(value, 4) for name, value in row.items()})
        progress.write(json.dumps(self.curve[-1]))
        (self.folder / "curve.json").write_text(json.dumps(self.curve, indent=1) + "\n", "utf-8")
        state = {"model": self.model.state_dict(), "optimizers": [o.state_dict() for o in self.optimizers]}
        partial = self.folder / "checkpoint.part"
        torch.save(state | {"step": self.step, "spent_s": self.spent_s, "curve": self.curve}, partial)
        partial.replace(self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.spent_s, self.curve = state["step"], state["spent_s"], state["curve"]


if __name__ == "__main__":
    main()
