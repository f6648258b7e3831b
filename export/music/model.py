"""The composer: a decoder-only Transformer, pre-norm, rotary positions, small enough to read in one sitting.

Beside the tokens it reads conditions (`device.music.reference`): the controls of the bar, the place in it and what the
bar referred to had there. They are embedded from one table, summed, and added to every token.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

ATTENTION_ROWS = 256


class Shape(NamedTuple):
    vocabulary: int
    condition_rows: int
    context: int = 1024
    layers: int = 4
    width: int = 256
    heads: int = 4

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rotary_tables(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cos and sin, shape (context, head_width / 2)."""
    rates = 10_000.0 ** (-torch.arange(0, shape.head_width, 2) / shape.head_width)
    angles = torch.arange(shape.context)[:, None] * rates[None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate both halves of the head, as onnxruntime's GroupQueryAttention does (not interleaved)."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention in blocks of rows, each with what comes before it: on a CPU cheaper than torch's own kernel."""
    length, scale = query.shape[2], query.shape[3] ** -0.5
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    blocks: list[Tensor] = []
    for start in range(0, length, ATTENTION_ROWS):
        stop = min(start + ATTENTION_ROWS, length)
        scores = (query[:, :, start:stop] * scale) @ key[:, :, :stop].transpose(-1, -2)
        weights = scores.masked_fill(later[start:stop, :stop], -torch.inf).softmax(-1, dtype=scores.dtype)
        blocks.append(weights @ value[:, :, :stop])
    return torch.cat(blocks, dim=2)


class Block(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.norm_attention = nn.LayerNorm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.norm_mlp = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, 4 * shape.width)
        self.down = nn.Linear(4 * shape.width, shape.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, width = x.shape
        heads = self.qkv(self.norm_attention(x)).view(batch, length, 3, self.shape.heads, self.shape.head_width)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)
        mixed = attend(query, key, value)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp(x)

    def mlp(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.down(F.gelu(self.up(self.norm_mlp(x)), approximate="tanh"))
        return hidden


class Composer(nn.Module):  # type: ignore[misc]
    """Token ids (batch, length) and conditions (batch, length, conditions) -> logits (batch, length, vocabulary)."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocabulary, shape.width)
        self.condition = nn.Embedding(shape.condition_rows, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)
        cos, sin = rotary_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(self._initialise)

    def _initialise(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def read(self, ids: Tensor, conditions: Tensor) -> Tensor:
        """What enters the first block: (batch, length, width)."""
        summed = F.embedding_bag(conditions.flatten(0, 1), self.condition.weight, mode="sum")
        entered: Tensor = self.embed(ids) + summed.view(*ids.shape, -1)
        return entered

    def forward(self, ids: Tensor, conditions: Tensor) -> Tensor:
        length = ids.shape[1]
        x = self.read(ids, conditions)
        for block in self.blocks:
            x = block(x, self.cos[:length], self.sin[:length])
        logits: Tensor = self.head(self.norm(x))
        return logits
