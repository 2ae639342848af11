# SPDX-License-Identifier: Apache-2.0
"""The training loop: seeded, resumable to the same weights, mixed precision on a GPU.

A checkpoint holds parameters, optimiser and generators; the order of examples is a function of the
seed and the epoch, and the learning rate one of the step. A run that was killed goes on where its
last checkpoint stands and, on one machine with a CPU, ends with the same bits as one that was not.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nlu.batch import Batch, Item, collate

Objective = Callable[[Batch, Sequence[int]], torch.Tensor]
CURVE_STEPS = 10


@dataclass(frozen=True)
class Settings:
    epochs: int = 12
    min_steps: int = 300  # a small set is gone over more often
    batch: int = 64
    rate: float = 1e-3
    warmup: float = 0.05  # share of the steps
    clip: float = 1.0
    seed: int = 1
    ewc: float = 0.0
    distil: float = 0.0  # share of the loss that the teacher's soft labels have
    temperature: float = 2.0
    tag_share: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def pick_device(name: str = "auto") -> torch.device:
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seed_all(seed: int) -> None:
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False


def _optimiser(learned: list[nn.Parameter], rate: float, device: torch.device) -> Any:
    """AdamW as one kernel where PyTorch has it: on a GPU since 2.0, on a CPU since 2.4."""
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    fused = version >= ((2, 0) if device.type == "cuda" else (2, 4))
    more = {"fused": True} if fused else {}
    return torch.optim.AdamW(learned, lr=rate, weight_decay=1e-4, **more)


@dataclass
class Progress:
    """A line on a terminal that is written over, else one now and then."""

    total: int
    started: float
    shown: float = 0.0
    done: int = 0  # examples of this run

    def show(self, step: int, loss: float, last: bool = False) -> None:
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not last and now - self.shown < (0.5 if terminal else 30.0):
            return
        self.shown = now
        rate = self.done / max(now - self.started, 1e-9)
        text = f"step {step}/{self.total}  loss {loss:.4f}  {rate:.0f} examples/s"
        end = "\n" if last or not terminal else ""
        print(("\r" if terminal else "") + text, end=end, file=sys.stderr, flush=True)


class Precision:
    """bfloat16 or float16 on a GPU, float32 elsewhere."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.on = device.type == "cuda"
        half = self.on and not torch.cuda.is_bf16_supported()
        self.dtype = torch.float16 if half else torch.bfloat16
        # Since PyTorch 2.3 it stands elsewhere and the old name warns.
        newer = hasattr(torch.amp, "GradScaler")
        make = torch.amp.GradScaler if newer else torch.cuda.amp.GradScaler
        self.scaler = make(enabled=half)

    def context(self) -> contextlib.AbstractContextManager[Any]:
        if not self.on:
            return contextlib.nullcontext()
        return torch.autocast(device_type="cuda", dtype=self.dtype)


@dataclass
class Run:
    """One training. `work` is a directory of its own; `job` names what is trained."""

    network: nn.Module
    items: Sequence[Item]
    objective: Objective
    settings: Settings
    work: Path
    job: str
    device: torch.device
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        self.steps_per_epoch = -(-len(self.items) // self.settings.batch)
        wanted = max(self.settings.epochs * self.steps_per_epoch, self.settings.min_steps)
        self.epochs = -(-wanted // self.steps_per_epoch)
        self.total = self.epochs * self.steps_per_epoch
        self.step = 0
        learned = [p for p in self.network.parameters() if p.requires_grad]
        self.optimiser = _optimiser(learned, self.settings.rate, self.device)
        self.precision = Precision(self.device)
        self.curve: list[str] = []

    @property
    def checkpoint(self) -> Path:
        return self.work / "checkpoint.pt"

    def _save(self) -> None:
        state: dict[str, Any] = {"job": self.job, "curve": "\n".join(self.curve)}
        state |= {f"network {name}": value for name, value in self.network.state_dict().items()}
        for number, values in self.optimiser.state_dict()["state"].items():
            state |= {f"optimiser {number} {name}": torch.as_tensor(v) for name, v in values.items()}
        state["step"] = torch.tensor(self.step)
        state["scale"] = torch.tensor(self.precision.scaler.get_scale())
        state["random"] = torch.get_rng_state()
        if self.precision.on:
            state["random gpu"] = torch.cuda.get_rng_state()
        aside = self.work / ".checkpoint.tmp"
        with open(aside, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self.checkpoint)

    def _restore(self, state: dict[str, Any]) -> None:
        """Of tensors and strings only: torch 1.13 reads no floats when it may not run code."""
        network = {n[8:]: v for n, v in state.items() if n.startswith("network ")}
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in state.items():
            if name.startswith("optimiser "):
                _, number, part = name.split(" ")
                moments.setdefault(int(number), {})[part] = value
        self.network.load_state_dict(network)
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
        if self.precision.scaler.is_enabled():
            self.precision.scaler.update(float(state["scale"]))
        torch.set_rng_state(state["random"])
        if self.precision.on:
            torch.cuda.set_rng_state(state["random gpu"])
        self.step = int(state["step"])
        self.curve = state["curve"].split("\n") if state["curve"] else []

    def _resume(self) -> None:
        """Goes on from a checkpoint of the same job; anything else there is passed over."""
        try:
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return
        except Exception as error:  # a file of another make; nothing is lost but time
            print(f"the checkpoint cannot be read, starting anew: {error}", file=sys.stderr)
            return
        if state.get("job") != self.job:
            return
        self._restore(state)
        print(f"resuming at step {self.step} of {self.total}", file=sys.stderr)

    def _order(self, epoch: int) -> list[list[int]]:
        """Batches of like length, in a random order that is the same in every run."""
        chance = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.items), generator=chance).tolist()
        size, pool = self.settings.batch, 16 * self.settings.batch
        batches: list[list[int]] = []
        for at in range(0, len(order), pool):
            near = sorted(order[at : at + pool], key=lambda i: len(self.items[i].parts))
            batches.extend(near[i : i + size] for i in range(0, len(near), size))
        shuffled = torch.randperm(len(batches), generator=chance).tolist()
        return [batches[i] for i in shuffled]

    def _batches(self) -> Iterator[list[int]]:
        for epoch in range(self.step // self.steps_per_epoch, self.epochs):
            done = self.step - epoch * self.steps_per_epoch
            yield from self._order(epoch)[done:]

    def _rate(self) -> float:
        """Rises over the warm-up, then falls to a twentieth at the end."""
        share = self.step / max(1, self.total)
        if share < self.settings.warmup:
            return self.settings.rate * (share + 1 / self.total) / self.settings.warmup
        return self.settings.rate * max(0.05, (1 - share) / (1 - self.settings.warmup))

    def _learn(self, numbers: Sequence[int]) -> float:
        batch = collate([self.items[i] for i in numbers]).to(self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.zero_grad(set_to_none=True)
        with self.precision.context():
            cost = self.objective(batch, numbers)
        self.precision.scaler.scale(cost).backward()
        self.precision.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.precision.scaler.step(self.optimiser)
        self.precision.scaler.update()
        return float(cost.detach())

    def train(self) -> float:
        """To the end; examples per second of this run. The curve lies in work/curves.jsonl."""
        self._resume()
        self.network.train()
        progress = Progress(self.total, time.monotonic())
        saved = time.monotonic()
        cost = 0.0
        for numbers in self._batches():
            cost = self._learn(numbers)
            self.step += 1
            progress.done += len(numbers)
            progress.show(self.step, cost)
            if self.step % CURVE_STEPS == 0 or self.step == self.total:
                row = {"step": self.step, "loss": round(cost, 6), "rate": round(self._rate(), 8)}
                self.curve.append(json.dumps(row))
            if time.monotonic() - saved >= self.checkpoint_seconds:
                self._save()
                saved = time.monotonic()
        progress.show(self.step, cost, last=True)
        (self.work / "curves.jsonl").write_text("\n".join(self.curve) + "\n", encoding="utf-8")
        self.network.eval()
        return progress.done / max(time.monotonic() - progress.started, 1e-9)
