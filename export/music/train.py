"""Trains the composer: `python -m export.music.train --data FILE.npz --out DIR`.

Started again with the same folder it goes on where it was. The schedule follows the clock, so that a machine of any
speed ends its training well; `curve.json` is the learning curve.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812 - its usual name
from tqdm import tqdm

from device.music import tokens as t
from export.music.model import Composer, Shape

Ints = npt.NDArray[np.int64]
CHECK_WINDOWS = 48


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("composer.toml"))
    parser.add_argument("--data", type=Path, required=True, help="written by export.music.data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    Run(tomllib.loads(arguments.config.read_text("utf-8")), arguments.data, arguments.out).train()


class Windows:
    """Random windows of the corpus that begin at a bar, with some of their controls dropped."""

    def __init__(self, data: Path, part: str, length: int) -> None:
        with np.load(data) as arrays:
            self.tokens = arrays[part].astype(np.int64)
            bars = arrays[f"{part}_bars"]
        self.length = length
        self.starts = bars[bars < len(self.tokens) - length - 1]
        self.given = np.zeros(len(self.tokens), bool)
        for slot in range(t.N_CONTROLS):
            self.given[bars + slot] = True
        self.unknown = unknown_of()

    def draw(self, count: int, rng: np.random.Generator, told: float, dropped: float) -> tuple[Ints, Ints]:
        """`count` inputs and targets, shape (count, length); a target of -1 is a control, which is never predicted."""
        ids, targets = [], []
        for start in rng.choice(self.starts, count):
            stop = start + self.length
            ids.append(self._drop(self.tokens[start:stop], rng, told, dropped))
            targets.append(np.where(self.given[start + 1 : stop + 1], -1, self.tokens[start + 1 : stop + 1]))
        return np.stack(ids), np.stack(targets)

    def _drop(self, ids: Ints, rng: np.random.Generator, told: float, dropped: float) -> Ints:
        kind = rng.random()
        share = 0.0 if kind < told else 1.0 if kind > 1.0 - dropped else rng.random()
        return np.where(rng.random(len(ids)) < share, self.unknown[ids], ids)


def unknown_of() -> Ints:
    """For every token the one to put in its place when its control is dropped: `tempo=3` -> `tempo=?`."""
    unknown = np.arange(len(t.VOCABULARY))
    for name in list(t.CONTROL_SIZES)[1:]:
        for value in range(t.CONTROL_SIZES[name]):
            unknown[t.TOKEN_OF[f"{name}={value}"]] = t.TOKEN_OF[f"{name}=?"]
    return unknown


class Run:
    """One training run and what it keeps in its folder: checkpoint.pt and curve.json."""

    def __init__(self, config: dict[str, Any], data: Path, folder: Path) -> None:
        self.settings, self.folder = config["training"], folder
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config["seed"])
        self.shape = Shape(len(t.VOCABULARY), **config["shape"])
        self.model = Composer(self.shape)
        self.optimizer = self._optimizer()
        self.train_windows = Windows(data, "train", self.shape.context)
        self.check_windows = Windows(data, "held_out", self.shape.context)
        self.seed, self.step, self.spent_s = config["seed"], 0, 0.0
        self.curve: list[dict[str, float]] = []
        self._resume()

    def _optimizer(self) -> torch.optim.AdamW:
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() == 1]
        groups = [{"params": matrices, "weight_decay": self.settings["weight_decay"]}, {"params": vectors}]
        return torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.95), weight_decay=0.0)

    def train(self) -> None:
        total_s = self.settings["minutes"] * 60
        checked_s = self.spent_s
        losses: list[float] = []
        with tqdm(total=round(total_s), initial=round(self.spent_s), unit="s", mininterval=20.0) as progress:
            while self.spent_s < total_s:
                began = time.monotonic()
                losses.append(self._train_step(self.spent_s / total_s))
                self.spent_s += time.monotonic() - began
                progress.update(round(self.spent_s) - progress.n)
                progress.set_postfix(step=self.step, loss=f"{losses[-1]:.3f}", refresh=False)
                if self.spent_s - checked_s > self.settings["check_every_s"] or self.spent_s >= total_s:
                    checked_s = self.spent_s
                    self._report(float(np.mean(losses[-100:])), progress)

    def _train_step(self, done: float) -> float:
        rng = np.random.default_rng((self.seed, self.step))
        told, dropped = self.settings["controls_told"], self.settings["controls_dropped"]
        ids, targets = self.train_windows.draw(self.settings["batch"], rng, told, dropped)
        warm = min(1.0, (self.step + 1) / self.settings["warmup_steps"])
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings["learning_rate"] * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        self.model.train()
        loss = self._loss(ids, targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings["clip"])
        self.optimizer.step()
        self.step += 1
        return float(loss.detach())

    def _loss(self, ids: Ints, targets: Ints) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(torch.from_numpy(ids))
        return F.cross_entropy(logits.float().flatten(0, 1), torch.from_numpy(targets).flatten(), ignore_index=-1)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def check(self) -> float:
        """Nats per predicted token on held-out songs, all controls told."""
        self.model.eval()
        rng = np.random.default_rng(0)
        batches = (self.check_windows.draw(8, rng, 1.0, 0.0) for _ in range(CHECK_WINDOWS // 8))
        return float(np.mean([float(self._loss(ids, targets)) for ids, targets in batches]))

    def _report(self, loss: float, progress: tqdm[None]) -> None:
        seen = self.step * self.settings["batch"] * self.shape.context
        row = {"minutes": self.spent_s / 60, "tokens": seen, "loss": loss, "held_out_loss": self.check()}
        self.curve.append({name: round(value, 4) for name, value in row.items()})
        progress.write(json.dumps(self.curve[-1]))
        (self.folder / "curve.json").write_text(json.dumps(self.curve, indent=1) + "\n", "utf-8")
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shape": self.shape._asdict(),
        }
        partial = self.folder / "checkpoint.part"
        torch.save(state | {"step": self.step, "spent_s": self.spent_s, "curve": self.curve}, partial)
        partial.replace(self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.spent_s, self.curve = state["step"], state["spent_s"], state["curve"]


if __name__ == "__main__":
    main()
