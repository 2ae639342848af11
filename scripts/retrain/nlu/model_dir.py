# SPDX-License-Identifier: Apache-2.0
"""A trained model as a directory, and its predictions.

  model.json     shape and classes            weights.pt    parameters, loaded as data only
  encoder/       tokenizer of a pre-trained encoder
  record.json    where it comes from: data, parents, settings, figures
  curves.jsonl   loss by step                 gate.json     what the gate said
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nlu import hugging, models, wordpiece
from nlu.batch import Batch, Item, Tokenizer, collate, item
from nlu.data import BadData, Slot, label_parts
from nlu.labels import Labels
from nlu.models import Scores, Shape

FORMAT = 1
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "tokenizer_config.json")


@dataclass(frozen=True)
class Prediction:
    label: str
    confidence: float
    slots: tuple[Slot, ...]

    def as_dict(self) -> dict[str, Any]:
        domain, intent = label_parts(self.label)
        slots = [vars(slot) for slot in self.slots]
        confidence = round(self.confidence, 6)
        return {"domain": domain, "intent": intent, "confidence": confidence, "slots": slots}


def write_json(path: Path, value: Any) -> None:
    """Written aside and renamed: the file is the old one or the new one, never a part."""
    aside = path.with_name(f".{path.name}.tmp")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass
class Model:
    """A network with what it needs to read text. predict() is safe from several threads."""

    network: nn.Module
    labels: Labels
    shape: Shape
    tokenizer: Tokenizer | None = None
    device: torch.device = torch.device("cpu")

    def item(self, text: str) -> Item:
        return item(text, self.tokenizer, bag=self.shape.kind == "linear")

    def scores(self, batch: Batch) -> Scores:
        """Of a batch on the model's device, in evaluation mode, without gradients."""
        with torch.no_grad():
            return self.network(batch)

    def predict(self, texts: Sequence[str], rows: int = 256) -> list[Prediction]:
        """One prediction for each text, in order; texts of like length share a batch."""
        self.network.eval()
        items = [self.item(text) for text in texts]
        order = sorted(range(len(items)), key=lambda i: len(items[i].parts))
        found: dict[int, Prediction] = {}
        for at in range(0, len(order), rows):
            chosen = order[at : at + rows]
            scores = self.scores(collate([items[i] for i in chosen]).to(self.device))
            certain, intents = scores.intents.float().softmax(1).max(1)
            tags = scores.tags.argmax(2).tolist()
            for i, sure, intent, row in zip(chosen, certain.tolist(), intents.tolist(), tags):
                slots = self.labels.slots(texts[i], items[i].parts, row)
                found[i] = Prediction(self.labels.intents[intent], sure, slots)
        return [found[i] for i in range(len(texts))]

    def save(self, folder: Path, encoder: Path | None = None) -> None:
        """Into an empty directory. `encoder`: where the tokenizer of a checkpoint lies."""
        labels = {"intents": self.labels.intents, "tags": self.labels.tags}
        content = {"format": FORMAT, "shape": self.shape.as_dict(), "labels": labels}
        models.save_state(self.network, folder / "weights.pt")
        if encoder:
            (folder / "encoder").mkdir(exist_ok=True)
            files = hugging.FILES if self.shape.loader == "transformers" else TOKENIZER_FILES
            for name in files:
                if (encoder / name).is_file():
                    shutil.copyfile(encoder / name, folder / "encoder" / name)
        write_json(folder / "model.json", content)


def read_description(folder: Path) -> tuple[Shape, Labels]:
    try:
        content = json.loads((folder / "model.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            raise BadData(f"{folder}: format {content['format']}, this trainer reads {FORMAT}")
        labels = content["labels"]
        shape = Shape(**content["shape"])
        return shape, Labels(tuple(labels["intents"]), tuple(labels["tags"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(f"{folder}: is no model: {error}") from error


def read_tokenizer(shape: Shape, folder: Path) -> Tokenizer:
    """Of a checkpoint, or of a model that was trained on one; BadData when there is none."""
    read = hugging.read_tokenizer if shape.loader == "transformers" else wordpiece.read
    return read(folder)


def load(folder: Path, device: torch.device | None = None) -> Model:
    """BadData when the directory is no whole model."""
    shape, labels = read_description(folder)
    network = models.build(shape, labels)
    try:
        state = torch.load(folder / "weights.pt", map_location="cpu", weights_only=True)
        network.load_state_dict(state)
    except Exception as error:  # a torn file fails in many ways inside of torch
        raise BadData(f"{folder}/weights.pt: {error}") from error
    tokenizer = read_tokenizer(shape, folder / "encoder") if shape.kind == "pretrained" else None
    chosen = device or torch.device("cpu")
    return Model(network.to(chosen).eval(), labels, shape, tokenizer, chosen)


def finite(states: Iterable[torch.Tensor]) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in states if value.is_floating_point())
