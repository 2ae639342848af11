# SPDX-License-Identifier: Apache-2.0
"""What a training minimises besides the labels: memory of the parent, a teacher, masked units.

  elastic weight consolidation  Kirkpatrick et al. 2017: half of lambda times the sum of F (w - w*)^2,
                                F the mean squared gradient of the parent's loss over its examples
  distillation                  Hinton et al. 2015: divergence from the teacher's softened scores,
                                times the square of the temperature
  masked units                  15 % of the units are hidden and must be told from the others
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from nlu import models
from nlu.batch import IGNORED, Batch, Item, collate
from nlu.labels import Labels
from nlu.model_dir import Model
from nlu.trainer import Settings
from nlu.units import fold

FISHER_EXAMPLES = 256
MASKED_SHARE = 0.15
MASKED_WORDS = 8192


def fisher(
    network: nn.Module, items: Sequence[Item], seed: int, device: torch.device
) -> dict[str, torch.Tensor]:
    """Mean squared gradient of each parameter, of at most FISHER_EXAMPLES examples, one at a time.

    Scaled to a mean of one over all parameters: a network that is sure of its training set has tiny
    gradients, and the weight of its memory would otherwise depend on how sure it is.
    """
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(items), generator=chance).tolist()[:FISHER_EXAMPLES]
    network.eval()
    found = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    for number in chosen:
        batch = collate([items[number]]).to(device)
        network.zero_grad(set_to_none=True)
        models.loss(network(batch), batch).backward()
        for name, parameter in network.named_parameters():
            if parameter.grad is not None:
                found[name] += parameter.grad**2
    network.zero_grad(set_to_none=True)
    total = sum(float(value.sum()) for value in found.values())
    count = sum(value.numel() for value in found.values())
    return {name: (value * (count / max(total, 1e-30))).cpu() for name, value in found.items()}


@dataclass(frozen=True)
class Memory:
    """Where the parent stood, and how much each of its parameters matters."""

    place: dict[str, torch.Tensor]
    fisher: dict[str, torch.Tensor]

    @staticmethod
    def of(network: nn.Module, known: dict[str, torch.Tensor], device: torch.device) -> Memory:
        """`network` stands where the parent does; classes that are new matter nothing."""
        place = {name: p.detach().clone() for name, p in network.named_parameters()}
        return Memory(place, {name: value.to(device) for name, value in known.items()})

    def cost(self, network: nn.Module) -> torch.Tensor:
        """Half the Fisher-weighted square of the way from the parent."""
        parts = [
            (self.fisher[name] * (parameter - self.place[name]) ** 2).sum()
            for name, parameter in network.named_parameters()
        ]
        return torch.stack(parts).sum() / 2


class Teacher:
    """Soft labels of another model for the texts of the training, in the student's classes."""

    def __init__(self, model: Model, texts: Sequence[str], labels: Labels) -> None:
        self.model = model
        self.items = [model.item(text) for text in texts]
        intent = {label: i for i, label in enumerate(labels.intents)}
        tag = {label: i for i, label in enumerate(labels.tags)}
        device = model.device
        self.intents = torch.tensor([intent[x] for x in model.labels.intents], device=device)
        self.tags = torch.tensor([tag[x] for x in model.labels.tags], device=device)

    def soft_intents(self, rows: int = 256) -> torch.Tensor:
        """The teacher's probabilities for every text, in the student's classes."""
        parts = []
        for at in range(0, len(self.items), rows):
            batch = collate(self.items[at : at + rows]).to(self.model.device)
            parts.append(self.model.scores(batch).intents.float().softmax(1).cpu())
        return torch.cat(parts)

    def cost(
        self, scores: models.Scores, batch: Batch, numbers: Sequence[int], heat: float
    ) -> torch.Tensor:
        """Cross entropy of the student with the teacher, both softened; mean over the texts."""
        taught = self.model.scores(collate([self.items[i] for i in numbers]).to(self.model.device))
        intents = self._divergence(scores.intents, taught.intents, self.intents, heat)
        tags = self._divergence(scores.tags, taught.tags, self.tags, heat)
        known = batch.mask.to(tags.dtype)
        return (intents + (tags * known).sum(1) / known.sum(1).clamp(min=1)).mean() * heat * heat

    @staticmethod
    def _divergence(
        student: torch.Tensor, teacher: torch.Tensor, places: torch.Tensor, heat: float
    ) -> torch.Tensor:
        own = (student.float() / heat).log_softmax(-1).index_select(-1, places)
        soft = (teacher.float() / heat).softmax(-1)
        return (soft * (soft.clamp(min=1e-9).log() - own)).sum(-1)


@dataclass
class Labelled:
    """The objective of a training with labels."""

    network: nn.Module
    settings: Settings
    memory: Memory | None = None
    teacher: Teacher | None = None

    def __call__(self, batch: Batch, numbers: Sequence[int]) -> torch.Tensor:
        scores = self.network(batch)
        cost = models.loss(scores, batch, self.settings.tag_share)
        if self.teacher:
            soft = self.teacher.cost(scores, batch, numbers, self.settings.temperature)
            cost = (1 - self.settings.distil) * cost + self.settings.distil * soft
        if self.memory:
            cost = cost + self.settings.ewc * self.memory.cost(self.network)
        return cost


class Masked(nn.Module):
    """An encoder with a head that names hidden units; the head is thrown away afterwards."""

    def __init__(self, encoder: nn.Module, width: int, texts: Sequence[str], items: Sequence[Item]):
        super().__init__()
        said = Counter(word for text, one in zip(texts, items) for word in self._words(text, one))
        words = sorted(said, key=lambda word: (-said[word], word))[:MASKED_WORDS]
        number = {word: i for i, word in enumerate(words)}
        self.targets = [
            [number.get(word, IGNORED) for word in self._words(text, one)]
            for text, one in zip(texts, items)
        ]
        self.encoder = encoder
        self.head = nn.Linear(width, max(1, len(words)))

    @staticmethod
    def _words(text: str, one: Item) -> list[str]:
        return [fold(text[part.start : part.end]) for part in one.parts]

    def objective(self, batch: Batch, numbers: Sequence[int]) -> torch.Tensor:
        width = batch.mask.shape[1]
        rows = [self.targets[i] + [IGNORED] * (width - len(self.targets[i])) for i in numbers]
        targets = torch.tensor(rows, device=batch.mask.device)
        chance = torch.rand(batch.mask.shape).to(batch.mask.device)
        hidden = batch.mask & (chance < MASKED_SHARE) & (targets != IGNORED)
        line = self.encoder(batch, hidden)[:, 1:]
        if not bool(hidden.any()):
            return line.sum() * 0
        return functional.cross_entropy(self.head(line[hidden]), targets[hidden])
