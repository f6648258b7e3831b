"""Learned readers of raw windows, to be compared with what ships; trained on the same people, for a fixed time.

EEGNet: Lawhern et al. (2018), J. Neural Eng. 15, 056013, with 4 temporal filters. Conformer: a convolution as in Song
et al. (2023), IEEE TNSRE 31, 710, with one attention layer, cut down to the size of the data.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPOCHS = 20
BATCH = 64


class EegNet(nn.Module):  # type: ignore[misc, unused-ignore]
    """Input (n, channels, samples) at 125 Hz, output (n,)."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 4, (1, 63), padding=(0, 31), bias=False),
            nn.BatchNorm2d(4),
            nn.Conv2d(4, 8, (n_channels, 1), groups=4, bias=False),
            nn.BatchNorm2d(8),
            nn.ELU(),
            nn.AvgPool2d((1, 4)),
            nn.Dropout(0.5),
            nn.Conv2d(8, 8, (1, 15), padding=(0, 7), groups=8, bias=False),
            nn.Conv2d(8, 8, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ELU(),
            nn.AdaptiveAvgPool2d((1, 8)),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(64, 1),
        )

    def forward(self, windows: Tensor) -> Tensor:
        logit: Tensor = self.body(windows[:, None])[:, 0]
        return logit


class Conformer(nn.Module):  # type: ignore[misc, unused-ignore]
    """Input (n, channels, samples) at 125 Hz, output (n,)."""

    def __init__(self, n_channels: int, width: int = 16) -> None:
        super().__init__()
        self.patches = nn.Sequential(
            nn.Conv2d(1, width, (1, 13), padding=(0, 6), bias=False),
            nn.Conv2d(width, width, (n_channels, 1), bias=False),
            nn.BatchNorm2d(width),
            nn.ELU(),
            nn.AvgPool2d((1, 25), (1, 12)),
            nn.Dropout(0.5),
        )
        self.attention = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.5, batch_first=True, norm_first=True)
        self.out = nn.Linear(width, 1)

    def forward(self, windows: Tensor) -> Tensor:
        patches = self.patches(windows[:, None])[:, :, 0].transpose(1, 2)
        logit: Tensor = self.out(self.attention(patches).mean(dim=1))[:, 0]
        return logit


def train(net: nn.Module, windows: Tensor, label: Tensor, weight: Tensor, seed: int) -> nn.Module:
    """Fixed number of epochs; nothing is watched."""
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=2e-3, total_steps=EPOCHS * (len(label) // BATCH + 1)
    )
    net.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(label)).split(BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(net(windows[rows]), label[rows], weight[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()
