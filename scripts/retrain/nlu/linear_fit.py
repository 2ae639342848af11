# SPDX-License-Identifier: Apache-2.0
"""Intents of the linear model: weighted multinomial logistic regression, by L-BFGS to convergence.

Rows are log counts times inverse document frequency, of length one. Only the features that the
training has seen are variables; the others keep a weight of zero. Measured against minibatches of
Adam on the same features: better by several points of accuracy and faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from nlu.batch import IGNORED, Item
from nlu.models import Linear

PENALTY = 1e-5  # on the squared weights, per example
ITERATIONS = 80
HISTORY = 8


def targets(items: Sequence[Item], classes: int) -> torch.Tensor:
    """One-hot rows; a text without a label has a row of zeros and costs nothing."""
    wanted = torch.zeros(len(items), classes)
    for row, one in enumerate(items):
        if one.intent != IGNORED:
            wanted[row, one.intent] = 1.0
    return wanted


def _frequencies(model: Linear, items: Sequence[Item]) -> torch.Tensor:
    """Smoothed inverse document frequency of each bucket; the largest for those never seen."""
    seen = np.zeros(model.buckets, dtype=np.int64)
    for one in items:
        seen[np.unique(one.bag % model.buckets)] += 1
    return torch.from_numpy(np.log((1 + len(items)) / (1 + seen)) + 1).float()


@dataclass(frozen=True)
class Sparse:
    """The non-zero places of a matrix, row by row."""

    columns: torch.Tensor  # int32
    starts: torch.Tensor  # where each row begins; int32
    values: torch.Tensor

    def times(self, dense: torch.Tensor) -> torch.Tensor:
        """The sum of weighted rows of `dense`: what an embedding bag is, and three times as fast
        here as PyTorch's own product with a sparse matrix."""
        return functional.embedding_bag(
            self.columns, dense, self.starts, mode="sum", per_sample_weights=self.values
        )


class _Product(torch.autograd.Function):
    """matrix @ dense, whose gradient is the transposed matrix times that of the product."""

    @staticmethod
    def forward(context: Any, dense: torch.Tensor, matrix: Sparse, turned: Sparse) -> torch.Tensor:
        context.turned = turned
        return matrix.times(dense)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> Any:
        return context.turned.times(gradients[0]), None, None


def _starts(sizes: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))


def _matrices(model: Linear, items: Sequence[Item], known: np.ndarray) -> tuple[Sparse, Sparse]:
    """Texts by features (those of `known`, sorted), and the same turned."""
    sizes = np.array([len(one.bag) for one in items])
    bag = torch.from_numpy(_all(items, model.buckets))
    counts = torch.from_numpy(np.concatenate([one.bag_counts for one in items]))
    rows = np.repeat(np.arange(len(items), dtype=np.int32), sizes)
    values = model.feature_weights(bag, counts, torch.from_numpy(rows).long(), len(items))
    columns = np.searchsorted(known, bag.numpy()).astype(np.int32)
    order = np.argsort(columns, kind="stable")
    height = np.bincount(columns, minlength=len(known))
    matrix = Sparse(torch.from_numpy(columns), _starts(sizes), values)
    turned = Sparse(torch.from_numpy(rows[order]), _starts(height), values[torch.from_numpy(order)])
    return matrix, turned


def _all(items: Sequence[Item], buckets: int) -> np.ndarray:
    return np.concatenate([one.bag for one in items]).astype(np.int64) % buckets


def fit(model: Linear, items: Sequence[Item], wanted: torch.Tensor) -> None:
    """Sets the intent weights of `model`; `wanted` may hold soft labels."""
    model.idf.copy_(_frequencies(model, items))
    known = np.unique(_all(items, model.buckets))
    columns = torch.from_numpy(known)
    matrix, turned = _matrices(model, items, known)
    weights = torch.tensor([one.weight for one in items])
    votes = torch.zeros(len(columns), wanted.shape[1], requires_grad=True)
    bias = torch.zeros(wanted.shape[1], requires_grad=True)
    search = torch.optim.LBFGS(
        [votes, bias], max_iter=ITERATIONS, history_size=HISTORY, line_search_fn="strong_wolfe"
    )

    def cost() -> torch.Tensor:
        search.zero_grad()
        scores = _Product.apply(votes, matrix, turned) + bias
        lost = -(wanted * functional.log_softmax(scores, 1)).sum(1) * weights
        total = lost.mean() + PENALTY * (votes * votes).sum()
        total.backward()
        return total

    search.step(cost)
    with torch.no_grad():
        model.intent_votes.weight.zero_()
        model.intent_votes.weight[columns] = votes
        model.intent_bias.copy_(bias)
