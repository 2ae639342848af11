# SPDX-License-Identifier: Apache-2.0
"""Transformer layers of the small encoder, written for a CPU.

PyTorch's own layer draws a random number for each number that dropout looks at, a tenth of the time
of a step; here eight decisions share a draw. The parameters have the names of PyTorch's layer.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class Drop(nn.Module):
    """Dropout with a share of so many 256ths, the nearest to `share`."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.parts = round(share * 256)

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        if not self.training or self.parts == 0:
            return line
        if line.is_cuda:
            return functional.dropout(line, self.parts / 256)
        # Whole words of 64 random bits; the order of bytes in a word makes no odds.
        words = torch.empty((line.numel() + 7) // 8, dtype=torch.int64)
        chance = words.random_(-(2**63), None).view(torch.uint8)[: line.numel()]
        kept = (chance >= self.parts).to(line.dtype).mul_(256 / (256 - self.parts))
        return line * kept.view(line.shape)


class Layer(nn.TransformerEncoderLayer):
    """Norm first, GELU; takes a mask that is True where there is something to look at."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__(width, heads, 4 * width, dropout, batch_first=True, norm_first=True)
        self.heads = heads
        self.drop = Drop(dropout)

    def _attention(self, line: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        rows, length, width = line.shape
        inner = self.self_attn
        parts = functional.linear(line, inner.in_proj_weight, inner.in_proj_bias)
        split = parts.view(rows, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        shares = scores.masked_fill(~mask[:, None, None, :], float("-inf")).softmax(-1)
        seen = self.drop(shares) @ value
        return inner.out_proj(seen.transpose(1, 2).reshape(rows, length, width))

    def forward(self, line: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # type: ignore
        line = line + self.drop(self._attention(self.norm1(line), mask))
        inner = self.drop(functional.gelu(self.linear1(self.norm2(line))))
        return line + self.drop(self.linear2(inner))


class Layers(nn.Module):
    def __init__(self, count: int, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(count))

    def forward(self, line: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """[rows, length, width]; the mask has at least one True in each row."""
        for layer in self.layers:
            line = layer(line, mask)
        return line
