"""The net: what it reads is made by `device.affect.reader.pool`, what it says is a logit."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LoadNet(nn.Module):  # type: ignore[misc, unused-ignore]
    """A linear reading plus a small hidden layer for what is not linear; input (n, inputs), output (n, 1)."""

    def __init__(self, n_inputs: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(n_inputs, 1)
        self.hidden = nn.Sequential(nn.Linear(n_inputs, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.out = nn.Linear(hidden, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        logit: Tensor = self.linear(features) + self.out(self.hidden(features))
        return logit


def example(n_inputs: int) -> Tensor:
    """The one shape the exported model takes."""
    return torch.zeros(1, n_inputs)
