"""The kernel as a torch module, for the exporters: what it reads is made by `device.affect.reader.pool`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.affect.kernel import Kernel


class KernelNet(nn.Module):  # type: ignore[misc, unused-ignore]
    """Input (1, sites * features + sites), output (1, 1)."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.n_sites, self.mask_weight, self.width = kernel.n_sites, kernel.mask_weight, kernel.width
        self.n_inputs, self.is_linear = kernel.centres.shape[1], not len(kernel.centres)
        centres = torch.tensor(kernel.centres, dtype=torch.float32)
        self.register_buffer("centres_t", centres.T.contiguous())
        self.register_buffer("squares", (centres**2).sum(dim=1)[None])
        self.register_buffer("weight", torch.tensor(kernel.weight, dtype=torch.float32)[:, None])
        self.register_buffer("bias", torch.tensor([[kernel.bias]], dtype=torch.float32))

    def forward(self, features: Tensor) -> Tensor:
        mask = features[:, -self.n_sites :]
        stretch = torch.sqrt(self.n_sites / torch.clamp(mask.sum(dim=1, keepdim=True), min=1.0))
        points = torch.cat((features[:, : -self.n_sites] * stretch, mask * self.mask_weight), dim=1)
        if self.is_linear:
            return points @ self.weight + self.bias
        squares = (points * points).sum(dim=1, keepdim=True) + self.squares - 2 * points @ self.centres_t
        return torch.exp(-self.width * torch.clamp(squares, min=0.0)) @ self.weight + self.bias


def example(n_inputs: int) -> Tensor:
    """The one shape the exported model takes."""
    return torch.zeros(1, n_inputs)
