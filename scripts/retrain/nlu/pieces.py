# SPDX-License-Identifier: Apache-2.0
"""What encoders of pieces have in common, whoever reads their checkpoint."""

from __future__ import annotations

import torch
from torch import nn

from nlu.batch import Batch


class PieceEncoder(nn.Module):
    """Gives [rows, 1 + units, width]: the first piece, then the first piece of each unit."""

    longest: int  # pieces of a row
    mask_id: int | None

    def pieces(self, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states of all pieces of the last layer."""
        raise NotImplementedError

    def forward(self, batch: Batch, hidden: torch.Tensor | None = None) -> torch.Tensor:
        pieces = batch.pieces[:, : self.longest]
        places = batch.places.clamp(max=pieces.shape[1] - 1)
        if hidden is not None and self.mask_id is not None:
            pieces = pieces.clone()
            rows = torch.arange(len(pieces), device=pieces.device).unsqueeze(1).expand_as(places)
            pieces[rows[hidden], places[hidden]] = self.mask_id
        line = self.pieces(pieces, batch.piece_mask[:, : self.longest])
        index = places.unsqueeze(2).expand(-1, -1, line.shape[2])
        return torch.cat([line[:, :1], line.gather(1, index)], 1)
