# SPDX-License-Identifier: Apache-2.0
"""Examples as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import torch

from nlu import units
from nlu.data import Example
from nlu.labels import Labels

IGNORED = -100  # a target that costs nothing: padding, or a label nobody knows
# Shared by all items that have none: an empty array takes a hundred bytes.
NO_COUNTS = np.zeros(0, dtype=np.float32)
NO_NUMBERS = np.zeros(0, dtype=np.uint32)
NO_PIECES = np.zeros(0, dtype=np.int32)


class Tokenizer(Protocol):
    """Pieces of a pre-trained encoder."""

    @property
    def mask(self) -> int | None:
        """The piece that stands for a hidden one."""

    def encode(self, text: str, parts: Sequence[units.Unit]) -> tuple[list[int], list[int]]:
        """Piece ids with the special ones, and for each unit the place of its first piece."""


@dataclass(frozen=True, slots=True)
class Item:
    """One text, ready to be put into batches; small, for a training holds all of them."""

    parts: tuple[units.Unit, ...]
    features: np.ndarray  # of all units, one after another; uint32
    counts: np.ndarray  # features of each unit; uint16
    bag: np.ndarray  # features of the text, each once; uint32
    bag_counts: np.ndarray  # 1 + ln of how often it occurs
    pieces: np.ndarray  # of a pre-trained encoder, int32; empty without one
    places: np.ndarray
    intent: int = IGNORED
    tags: tuple[int, ...] = ()
    weight: float = 1.0


def item(
    text: str,
    tokenizer: Tokenizer | None = None,
    labels: Labels | None = None,
    example: Example | None = None,
    bag: bool = True,
) -> Item:
    """`example` gives targets in the numbers of `labels`; without it the text has none.

    `bag` is for the linear model; the others need none.
    """
    found = units.features(text)
    pieces, places = tokenizer.encode(text, found.units) if tokenizer else ([], [])
    once, counts = NO_NUMBERS, NO_COUNTS
    if bag:
        of_text = np.array(found.of_text, dtype=np.uint32)
        once, occurrences = np.unique(of_text, return_counts=True)
        counts = (1 + np.log(occurrences)).astype(np.float32)
    intent, tags, weight = IGNORED, (IGNORED,) * len(found.units), 1.0
    if labels and example:
        weight = example.weight
        tags = tuple(labels.tag_numbers(found.units, example.slots))
        intent = labels.class_number.get(example.label, IGNORED)
    return Item(
        found.units,
        np.array([f for unit in found.of_unit for f in unit], dtype=np.uint32),
        np.array([len(unit) for unit in found.of_unit], dtype=np.uint16),
        once,
        counts,
        np.array(pieces, dtype=np.int32) if tokenizer else NO_PIECES,
        np.array(places, dtype=np.int32) if tokenizer else NO_PIECES,
        intent,
        tags,
        weight,
    )


@dataclass(frozen=True)
class Batch:
    """`rows` texts of at most `width` units."""

    features: torch.Tensor  # of all units of all texts
    starts: torch.Tensor  # where the features of each unit begin
    mask: torch.Tensor  # [rows, width]: True where there is a unit
    bag: torch.Tensor
    bag_starts: torch.Tensor
    bag_counts: torch.Tensor
    bag_rows: torch.Tensor  # the text that each feature of the bag is of
    pieces: torch.Tensor  # [rows, pieces], padded with 0
    piece_mask: torch.Tensor
    places: torch.Tensor  # [rows, width]
    intents: torch.Tensor
    tags: torch.Tensor  # [rows, width]
    weights: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


def _starts(counts: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64))


def _padded(rows: Sequence[Sequence[int] | np.ndarray], width: int, filler: int) -> torch.Tensor:
    table = np.full((len(rows), width), filler, dtype=np.int64)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return torch.from_numpy(table)


def collate(items: Sequence[Item]) -> Batch:
    """At least one item; a text without any unit is one unit wide in the mask's padding."""
    width = max(1, max(len(one.parts) for one in items))
    sizes = np.array([len(one.parts) for one in items], dtype=np.int64)
    piece_sizes = np.array([len(one.pieces) for one in items], dtype=np.int64)
    piece_width = max(1, int(piece_sizes.max()))
    counts = np.concatenate([one.counts for one in items]).astype(np.int64)
    bags = np.array([len(one.bag) for one in items], dtype=np.int64)
    return Batch(
        torch.from_numpy(np.concatenate([one.features for one in items]).astype(np.int64)),
        _starts(counts) if len(counts) else torch.zeros(0, dtype=torch.int64),
        torch.from_numpy(np.arange(width)[None, :] < sizes[:, None]),
        torch.from_numpy(np.concatenate([one.bag for one in items]).astype(np.int64)),
        _starts(bags),
        torch.from_numpy(np.concatenate([one.bag_counts for one in items])),
        torch.from_numpy(np.arange(len(items)).repeat(bags)),
        _padded([one.pieces for one in items], piece_width, 0),
        torch.from_numpy(np.arange(piece_width)[None, :] < piece_sizes[:, None]),
        _padded([one.places for one in items], width, 0),
        torch.tensor([one.intent for one in items]),
        _padded([one.tags for one in items], width, IGNORED),
        torch.tensor([one.weight for one in items]),
    )
