"""What the composer must beat at the same size, data and steps: an LSTM and a plain Transformer.

    python -m export.music.rivals --rival NAME --data FILE.npz --out DIR/NAME [--steps N]
    python -m export.music.rivals --table DIR     # what they came to, as Markdown

Both are told the same controls of every bar, as a summed embedding like ours; neither knows where in the bar it is or
what a bar takes up again.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

import torch
from torch import Tensor, nn

from device.music.reference import OFFSETS
from export.music.model import Composer, Shape
from export.music.train import Run
from export.music.windows import shapes

LSTM_WIDTH, LSTM_LAYERS = 425, 2
N_CONTROLS = len(OFFSETS) - 4
"""The conditions that are controls; step and hints follow."""


class Plain(Composer):
    """A GPT: learned positions, nothing rotated; of the conditions only the controls."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.position = nn.Embedding(shape.context, shape.width)
        nn.init.normal_(self.position.weight, std=0.02)
        self.cos, self.sin = torch.ones_like(self.cos), torch.zeros_like(self.sin)

    def read(self, ids: Tensor, conditions: Tensor) -> Tensor:
        entered: Tensor = super().read(ids, conditions[:, :, :N_CONTROLS]) + self.position.weight[: ids.shape[1]]
        return entered


class Recurrent(nn.Module):  # type: ignore[misc]
    """Two layers of LSTM, told the same controls."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed = nn.Embedding(shape.vocabulary, LSTM_WIDTH)
        self.condition = nn.Embedding(shape.condition_rows, LSTM_WIDTH)
        self.lstm = nn.LSTM(LSTM_WIDTH, LSTM_WIDTH, LSTM_LAYERS, batch_first=True)
        self.head = nn.Linear(LSTM_WIDTH, shape.vocabulary, bias=False)

    def forward(self, ids: Tensor, conditions: Tensor) -> Tensor:
        x = self.embed(ids) + self.condition(conditions[:, :, :N_CONTROLS]).sum(dim=2)
        logits: Tensor = self.head(self.lstm(x)[0])
        return logits


RIVALS: dict[str, type[nn.Module]] = {"composer": Composer, "transformer": Plain, "lstm": Recurrent}
"""The composer itself is there too, for the same number of steps."""


def table(runs: Path) -> str:
    """The last held-out losses of every rival that was run, in nats per note and per token."""
    rows = []
    for name in RIVALS:
        path = runs / name / "curve.json"
        if path.is_file():
            last = json.loads(path.read_text("utf-8"))[-1]
            losses = [last[f"per_{unit}_{told}"] for unit in ("note", "token") for told in ("nothing", "controls")]
            rows.append(f"| {name} | {last['tokens']:,} | " + " | ".join(f"{loss:.3f}" for loss in losses) + " |")
    head = "| model | tokens seen | per note, told nothing | told controls | per token, told nothing | told controls |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, help="folder of finished runs: only tell what they came to")
    parser.add_argument("--rival", choices=sorted(RIVALS))
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("composer.toml"))
    parser.add_argument("--data", type=Path, help="written by export.music.data")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.table:
        print(table(arguments.table))
        return
    if not (arguments.rival and arguments.data and arguments.out):
        parser.error("--rival, --data and --out are needed to train one")
    torch.set_num_threads(arguments.threads)
    config = tomllib.loads(arguments.config.read_text("utf-8"))
    config["training"]["steps"] = arguments.steps
    shape = Shape(**shapes(), **config["shape"])
    torch.manual_seed(config["seed"])
    Run(config, arguments.data, arguments.out, RIVALS[arguments.rival](shape), shape.context).train()


if __name__ == "__main__":
    main()
