# SPDX-License-Identifier: Apache-2.0
"""Three models with one face: a batch in, scores of intents and of the tag of each unit out.

  linear        hashed features straight to the classes; seconds on a CPU
  transformer   a small encoder over units, from scratch
  pretrained    a BERT or XLM-RoBERTa checkpoint (nlu/pretrained.py), or another (nlu/hugging.py)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from nlu.batch import Batch
from nlu.labels import Labels
from nlu.layers import Drop, Layers

TAG_BUCKETS = 1 << 14  # hashed features that the tags of the linear model look at
KINDS = ("linear", "transformer", "pretrained")
LOADERS = ("own", "transformers")  # who reads a checkpoint and computes its encoder


@dataclass(frozen=True)
class Shape:
    """What is needed to build a model before its weights are loaded."""

    kind: str = "transformer"
    buckets: int = 1 << 14  # hashed features
    width: int = 128
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1
    encoder: dict[str, Any] | None = None  # config.json of a pre-trained encoder
    loader: str = LOADERS[0]

    def as_dict(self) -> dict[str, Any]:
        """Without `loader` where it is ours: models of earlier versions have none."""
        return {k: v for k, v in asdict(self).items() if k != "loader" or v != LOADERS[0]}


class Scores(NamedTuple):
    intents: torch.Tensor  # [rows, intents]
    tags: torch.Tensor  # [rows, width, tags]


def unpack(flat: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One row per unit as [rows, width, …] with zeros where there is none."""
    padded = flat.new_zeros((*mask.shape, flat.shape[-1]))
    padded[mask] = flat
    return padded


class Linear(nn.Module):
    """Intents: every feature of the text votes (nlu/linear_fit.py sets the votes and `idf`).
    Tags: a projection of the features of a unit, mixed with those of two neighbours on each side.
    """

    def __init__(self, shape: Shape, labels: Labels) -> None:
        super().__init__()
        self.buckets = shape.buckets
        self.drop = Drop(shape.dropout)
        self.register_buffer("idf", torch.ones(shape.buckets))
        self.intent_votes = nn.EmbeddingBag(shape.buckets, len(labels.intents), mode="sum")
        self.intent_bias = nn.Parameter(torch.zeros(len(labels.intents)))
        self.tag_votes = nn.EmbeddingBag(TAG_BUCKETS, shape.width, mode="sum")
        self.mix = nn.Conv1d(shape.width, len(labels.tags), 5, padding=2)
        nn.init.zeros_(self.intent_votes.weight)
        nn.init.normal_(self.tag_votes.weight, std=0.05)
        for fixed in (self.intent_votes.weight, self.intent_bias):
            fixed.requires_grad_(False)

    def feature_weights(
        self, bag: torch.Tensor, counts: torch.Tensor, rows: torch.Tensor, total: int
    ) -> torch.Tensor:
        """Weight of each feature of each text, so that every text has length one."""
        weights = counts * self.idf[bag]
        squares = torch.zeros(total, device=bag.device).index_add_(0, rows, weights * weights)
        return weights / squares[rows].sqrt()

    def forward(self, batch: Batch) -> Scores:
        bag = batch.bag % self.buckets
        rows = len(batch.weights)
        weights = self.feature_weights(bag, batch.bag_counts, batch.bag_rows, rows)
        intents = self.intent_votes(bag, batch.bag_starts, per_sample_weights=weights)
        units = self.drop(self.tag_votes(batch.features % TAG_BUCKETS, batch.starts))
        tags = self.mix(unpack(units, batch.mask).transpose(1, 2)).transpose(1, 2)
        return Scores(intents + self.intent_bias, tags)


class UnitEncoder(nn.Module):
    """Transformer over units. A masked unit is one whose features are replaced by one vector."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.buckets = shape.buckets
        self.embed = nn.EmbeddingBag(shape.buckets, shape.width, mode="mean")
        self.first = nn.Parameter(torch.zeros(shape.width))
        self.masked = nn.Parameter(torch.zeros(shape.width))
        self.places = nn.Embedding(256, shape.width)
        self.norm = nn.LayerNorm(shape.width)
        self.drop = Drop(shape.dropout)
        self.layers = Layers(shape.layers, shape.width, shape.heads, shape.dropout)
        for table in (self.embed, self.places):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, batch: Batch, hidden: torch.Tensor | None = None) -> torch.Tensor:
        """[rows, 1 + width, …]: the text, then its units. `hidden` marks units to be masked."""
        units = unpack(self.embed(batch.features % self.buckets, batch.starts), batch.mask)
        if hidden is not None:
            units = torch.where(hidden.unsqueeze(2), self.masked, units)
        rows = units.shape[0]
        line = torch.cat([self.first.expand(rows, 1, -1).to(units.dtype), units], 1)
        line = self.drop(self.norm(line + self.places.weight[: line.shape[1]]))
        return self.layers(line, torch.cat([batch.mask.new_ones((rows, 1)), batch.mask], 1))


class Heads(nn.Module):
    """Joint heads over an encoder that gives [text, units…]; the text also as the mean of units."""

    def __init__(self, encoder: nn.Module, width: int, dropout: float, labels: Labels) -> None:
        super().__init__()
        self.encoder = encoder
        self.drop = Drop(dropout)
        self.intent_head = nn.Linear(2 * width, len(labels.intents))
        self.tag_head = nn.Linear(width, len(labels.tags))

    def forward(self, batch: Batch) -> Scores:
        line = self.encoder(batch)
        units = line[:, 1:]
        weights = batch.mask.unsqueeze(2).to(units.dtype)
        mean = (units * weights).sum(1) / weights.sum(1).clamp(min=1)
        text = torch.cat([line[:, 0], mean], 1)
        return Scores(self.intent_head(self.drop(text)), self.tag_head(self.drop(units)))


def build(shape: Shape, labels: Labels) -> nn.Module:
    """A model with fresh weights from the current state of torch's generator."""
    if shape.kind == "linear":
        return Linear(shape, labels)
    if shape.kind == "transformer":
        return Heads(UnitEncoder(shape), shape.width, shape.dropout, labels)
    config = shape.encoder or {}
    encoder: nn.Module
    if shape.loader == "transformers":
        from nlu import hugging

        encoder = hugging.Encoder(config)
        width = encoder.body.config.hidden_size  # DistilBERT writes it as "dim"
    else:
        from nlu import pretrained

        encoder = pretrained.Encoder(config)
        width = config["hidden_size"]
    return Heads(encoder, int(width), shape.dropout, labels)


# Which rows of a parameter belong to classes, so that a child with more classes can take them over.
CLASS_ROWS = {
    "intent_head.weight": (0, "intents"),
    "intent_head.bias": (0, "intents"),
    "tag_head.weight": (0, "tags"),
    "tag_head.bias": (0, "tags"),
}


def by_class(
    like: dict[str, torch.Tensor], labels: Labels, state: dict[str, torch.Tensor], old: Labels
) -> dict[str, torch.Tensor]:
    """`state` in the shapes of `like`: classes by name; rows of new classes are those of `like`."""
    found: dict[str, torch.Tensor] = {}
    for name, value in state.items():
        axis, classes = CLASS_ROWS.get(name, (0, ""))
        if not classes:
            found[name] = value
            continue
        numbers = {label: i for i, label in enumerate(getattr(labels, classes))}
        rows = torch.tensor([numbers[label] for label in getattr(old, classes)])
        found[name] = like[name].clone().index_copy(axis, rows, value.to(like[name].dtype))
    return found


def loss(scores: Scores, batch: Batch, tag_share: float = 1.0) -> torch.Tensor:
    """Cross entropy of intents plus that of tags (mean over a text), weighted by example.

    Divided by the number of examples and not by their weight: a batch of doubtful rows moves the
    model less than one of sure rows.
    """
    intents = functional.cross_entropy(scores.intents, batch.intents, reduction="none")
    flat = functional.cross_entropy(
        scores.tags.flatten(0, 1), batch.tags.flatten(), reduction="none"
    )
    known = (batch.tags != -100).sum(1).clamp(min=1)
    tags = flat.view(batch.tags.shape).sum(1) / known
    return ((intents + tag_share * tags) * batch.weights).mean()


def save_state(model: nn.Module, path: Path) -> None:
    torch.save({name: value.cpu() for name, value in model.state_dict().items()}, path)
