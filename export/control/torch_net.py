"""The net as a torch module, which the ONNX file is checked against and PPO learns with."""

from __future__ import annotations

import torch

from device.control.policies.learned import ANSWERS, FEATURES
from export.control.net import HIDDEN, Net


class TorchNet(torch.nn.Module):  # type: ignore[misc, unused-ignore]
    """Two layers, each bent by tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(len(FEATURES), HIDDEN)
        self.second = torch.nn.Linear(HIDDEN, len(ANSWERS))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Answers (n, `ANSWERS`) to features (n, `FEATURES`)."""
        return torch.tanh(self.second(torch.tanh(self.first(rows))))


def torch_of(net: Net) -> TorchNet:
    """The same net in torch."""
    module = TorchNet()
    for layer, weight, bias in ((module.first, *net[:2]), (module.second, *net[2:])):
        layer.weight.data, layer.bias.data = torch.from_numpy(weight.T.copy()), torch.from_numpy(bias.copy())
    module.eval()
    return module
