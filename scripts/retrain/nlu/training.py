# SPDX-License-Identifier: Apache-2.0
"""From sets to a model directory: everything `train` does, as functions.

The directory is made in MODELS/.work-ID and renamed when it is whole. ID is a hash of the data, the
settings and the parents, so the same training asked for twice is done once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nlu import data, hugging, linear_fit, model_dir, models, objectives, pretrained, wordpiece
from nlu.batch import Item, Tokenizer, item
from nlu.data import BadData, Example
from nlu.labels import Labels
from nlu.model_dir import Model
from nlu.models import Shape
from nlu.trainer import Objective, Run, Settings, pick_device, seed_all


@dataclass(frozen=True)
class Plan:
    """What to train from what. Paths that are None are not used."""

    base: tuple[Path, ...]
    weeks: tuple[Path, ...] = ()  # oldest first
    frozen: tuple[Path, ...] = ()  # test sets: their texts are not learned from weeks
    parent: Path | None = None
    teacher: Path | None = None
    unlabelled: Path | None = None
    encoder: Path | None = None
    loader: str = "own"  # of the encoder: own, transformers, or auto
    shape: Shape = field(default_factory=Shape)
    settings: Settings = field(default_factory=Settings)
    locales: tuple[str, ...] = ()  # train on these only; empty is all
    mined_share: float = 1.0
    pretrain_epochs: int = 0
    fisher: bool = False  # keep what a child needs for EWC
    device: str = "auto"
    checkpoint_seconds: float = 60.0


@dataclass(frozen=True)
class Sources:
    examples: list[Example]
    people: int  # the first so many are of the base set
    digests: dict[str, str]
    dropped: dict[str, int]


def read_sources(plan: Plan) -> Sources:
    """Every set, checked; BadData when one is not to be trained on."""
    digests: dict[str, str] = {}
    weeks: list[list[Example]] = []
    for folder in plan.weeks:
        digests[f"week {folder.name}"] = data.check_export(folder)
        weeks.append(data.read_set(folder / "train.jsonl"))
    base = [example for path in plan.base for example in data.read_set(path)]
    frozen = [example for path in plan.frozen for example in data.read_set(path)]
    extra = (plan.unlabelled,) if plan.unlabelled else ()
    for path in (*plan.base, *plan.frozen, *extra):
        digests[str(path.name)] = data.digest(path)
    merged = data.merge(base, weeks, frozen, plan.mined_share)
    kept = [e for e in merged.examples if not plan.locales or e.locale in plan.locales]
    if not kept:
        raise BadData("there is nothing to train on")
    people = sum(not plan.locales or e.locale in plan.locales for e in base)
    return Sources(kept, people, digests, merged.dropped)


def _model_digest(folder: Path | None) -> str:
    return data.digest(folder / "weights.pt") if folder else ""


def _checkpoint(plan: Plan) -> str:
    """Who reads the encoder's checkpoint, and digests of its files."""
    if not plan.encoder:
        return ""
    names = (*hugging.FILES, "*.safetensors", "*.bin", "*.index.json")
    files = sorted({path for name in names for path in plan.encoder.glob(name)})
    return " ".join([plan.loader, *(f"{path.name} {data.digest(path)}" for path in files)])


def choose_loader(plan: Plan) -> Plan:
    """`auto` as the one that it comes to: ours, unless it refuses the checkpoint."""
    if plan.loader != "auto":
        return plan
    if not plan.encoder:
        return replace(plan, loader=models.LOADERS[0])
    try:
        pretrained.read_config(plan.encoder)
        wordpiece.read(plan.encoder)
        return replace(plan, loader=models.LOADERS[0])
    except BadData as error:
        try:
            hugging.library()
        except BadData as missing:
            raise BadData(f"{error}; {missing} for this checkpoint") from error
        print(f"{error}; reading it with transformers", file=sys.stderr)
        return replace(plan, loader="transformers")


def job_id(plan: Plan, sources: Sources) -> str:
    """Week of the newest set, then a hash of everything the weights depend on."""
    facts = {
        "data": sources.digests,
        "settings": plan.settings.as_dict(),
        "shape": plan.shape.as_dict(),
        "parent": _model_digest(plan.parent),
        "teacher": _model_digest(plan.teacher),
        "encoder": _checkpoint(plan),
        "more": [plan.locales, plan.mined_share, plan.pretrain_epochs, plan.fisher],
    }
    total = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"{plan.weeks[-1].name if plan.weeks else 'base'}-{total[:12]}"


@dataclass
class Workshop:
    """The model under construction."""

    plan: Plan
    sources: Sources
    work: Path
    job: str

    def __post_init__(self) -> None:
        self.device = pick_device(self.plan.device)
        seed_all(self.plan.settings.seed)
        self.teacher = model_dir.load(self.plan.teacher, self.device) if self.plan.teacher else None
        self.shape, parent = self._shape(), None
        if self.plan.parent:
            self.shape, parent = model_dir.read_description(self.plan.parent)
        labels = Labels.of(self.sources.examples, parent)
        if self.teacher:
            labels = Labels(
                tuple(sorted({*labels.intents, *self.teacher.labels.intents})),
                ("O", *sorted({*labels.tags[1:], *self.teacher.labels.tags[1:]})),
            )
        self.labels = labels
        self.tokenizer = self._tokenizer()
        network: Any = models.build(self.shape, labels)
        if self.shape.kind == "linear":
            if self.plan.settings.ewc > 0 or self.plan.fisher or self.plan.pretrain_epochs > 0:
                raise BadData("a linear model is always trained anew: no EWC, no pre-training")
        elif parent and self.plan.parent:
            old = model_dir.load(self.plan.parent)
            state = old.network.state_dict()
            network.load_state_dict(models.by_class(network.state_dict(), labels, state, parent))
            self.parent_labels = parent
        elif self.plan.encoder:
            ours = self.shape.loader != "transformers"
            (pretrained if ours else hugging).load(network.encoder, self.plan.encoder)
        if self.tokenizer:
            network.encoder.mask_id = self.tokenizer.mask
        self.network: Any = network.to(self.device)

    def _shape(self) -> Shape:
        if not self.plan.encoder:
            return self.plan.shape
        ours = self.plan.loader != "transformers"
        config = (pretrained if ours else hugging).read_config(self.plan.encoder)
        shape = replace(self.plan.shape, kind="pretrained", encoder=config)
        return replace(shape, loader=self.plan.loader)

    def _tokenizer(self) -> Tokenizer | None:
        if self.shape.kind != "pretrained":
            return None
        return model_dir.read_tokenizer(self.shape, self.tokenizer_folder)

    @property
    def tokenizer_folder(self) -> Path:
        parent = self.plan.parent
        folder = self.plan.encoder or (parent / "encoder" if parent else None)
        if not folder:
            raise BadData("a pre-trained model needs an encoder or a parent")
        return folder

    def adapt(self) -> None:
        """Masked units over the unlabelled text and the texts of the sets."""
        texts = [text for _, text in self._unlabelled()]
        texts += [example.text for example in self.sources.examples]
        if self.plan.pretrain_epochs == 0:
            return
        items = [item(text, self.tokenizer, bag=False) for text in texts]
        width = self.network.intent_head.in_features // 2
        masked = objectives.Masked(self.network.encoder, width, texts, items).to(self.device)
        settings = replace(self.plan.settings, epochs=self.plan.pretrain_epochs, min_steps=1)
        work = self.work / "adapt"
        work.mkdir(exist_ok=True)
        self._run(masked, items, masked.objective, settings, work)

    def _unlabelled(self) -> list[tuple[str, str]]:
        if not self.plan.unlabelled:
            return []
        rows = data.read_texts(self.plan.unlabelled)
        return [row for row in rows if not self.plan.locales or row[0] in self.plan.locales]

    def _run(
        self,
        network: nn.Module,
        items: Sequence[Item],
        objective: Objective,
        settings: Settings,
        work: Path,
    ) -> float:
        run = Run(
            network, items, objective, settings, work, self.job, self.device,
            self.plan.checkpoint_seconds,
        )  # fmt: skip
        return run.train()

    def fit(self) -> float:
        """On the labels; examples per second."""
        examples = self.sources.examples
        bag = self.shape.kind == "linear"
        items = [item(e.text, self.tokenizer, self.labels, e, bag) for e in examples]
        memory = self._memory()
        teacher = None
        if self.teacher:
            more = [text for _, text in self._unlabelled()]
            items += [item(text, self.tokenizer, bag=bag) for text in more]
            texts = [example.text for example in examples] + more
            teacher = objectives.Teacher(self.teacher, texts, self.labels)
        if isinstance(self.network, models.Linear):
            self._fit_votes(self.network, items, teacher)
        objective = objectives.Labelled(self.network, self.plan.settings, memory, teacher)
        speed = self._run(self.network, items, objective, self.plan.settings, self.work)
        if self.plan.fisher:
            known = items[: len(examples)]
            value = objectives.fisher(self.network, known, self.plan.settings.seed, self.device)
            torch.save(value, self.work / "fisher.pt")
        return speed

    def _memory(self) -> objectives.Memory | None:
        if self.plan.settings.ewc <= 0 or not self.plan.parent:
            return None
        path = self.plan.parent / "fisher.pt"
        if not path.is_file():
            raise BadData(f"{path} is missing: EWC needs a parent that was trained with --fisher")
        found = torch.load(path, map_location="cpu", weights_only=True)
        nothing = {n: torch.zeros_like(p).cpu() for n, p in self.network.named_parameters()}
        known = models.by_class(nothing, self.labels, found, self.parent_labels)
        return objectives.Memory.of(self.network, known, self.device)

    def _fit_votes(
        self, network: models.Linear, items: list[Item], teacher: objectives.Teacher | None
    ) -> None:
        wanted = linear_fit.targets(items, len(self.labels.intents))
        if teacher:
            share = self.plan.settings.distil
            soft = torch.zeros_like(wanted)
            soft[:, teacher.intents.cpu()] = teacher.soft_intents()
            wanted = (1 - share) * wanted + share * soft
        network.cpu()
        linear_fit.fit(network, items, wanted)
        network.to(self.device)

    def finish(self, speed: float) -> None:
        """Writes the model beside its record; what only a resumption needs goes."""
        model = Model(self.network.cpu(), self.labels, self.shape, self.tokenizer)
        if not model_dir.finite(self.network.state_dict().values()):
            raise BadData("the training diverged: a parameter is not finite")
        pretrained_kind = self.shape.kind == "pretrained"
        model.save(self.work, self.tokenizer_folder if pretrained_kind else None)
        model_dir.write_json(self.work / "record.json", self._record(speed))
        shutil.rmtree(self.work / "adapt", ignore_errors=True)
        for name in ("checkpoint.pt", "needs.json"):
            (self.work / name).unlink(missing_ok=True)

    def _record(self, speed: float) -> dict[str, Any]:
        plan = self.plan
        mined = self.sources.examples[self.sources.people :]
        return {
            "id": self.job,
            "data": self.sources.digests,
            "rows": {"base": self.sources.people, "mined": len(mined)},
            "dropped": self.sources.dropped,
            "parents": {
                "from": plan.parent.resolve().name if plan.parent else None,
                "teacher": plan.teacher.resolve().name if plan.teacher else None,
                "encoder": str(plan.encoder) if plan.encoder else None,
            },
            "settings": plan.settings.as_dict(),
            "locales": list(plan.locales),
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "made_with": {
                "torch": torch.__version__,
                "device": self.device.type,
                "examples_per_second": round(speed),
            },
        }


def train(plan: Plan, root: Path) -> Path:
    """The directory of the trained model under `root`; at once when it is already there."""
    plan = choose_loader(plan)
    sources = read_sources(plan)
    job = job_id(plan, sources)
    final, work = root / job, root / f".work-{job}"
    if (final / "record.json").is_file():
        print(f"{final}: this training is already done", file=sys.stderr)
        return final
    work.mkdir(parents=True, exist_ok=True)
    needed = [path.resolve().name for path in (plan.parent, plan.teacher) if path]
    model_dir.write_json(work / "needs.json", needed)  # prune leaves these alone
    shop = Workshop(plan, sources, work, job)
    shop.adapt()
    shop.finish(shop.fit())
    model_dir.sync_folder(work)
    os.rename(work, final)
    model_dir.sync_folder(root)
    return final


def read_record(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{folder}/record.json: {error}") from error
