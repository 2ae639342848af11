# SPDX-License-Identifier: Apache-2.0
"""How fast a training is: examples per second, memory, and what a large set would take.

The rows are made up (words of syllables, few of them usual), as long as requests to an assistant are.
Nothing is learned from them that matters; the speed does not depend on that.
"""

from __future__ import annotations

import itertools
import random
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nlu import linear_fit, models, objectives, options
from nlu.batch import Item, item
from nlu.data import Example, Slot
from nlu.labels import Labels
from nlu.trainer import Run, pick_device, seed_all

LARGE = 500_000  # examples of the projection
INTENTS, SLOTS, WORDS = 60, 30, 8000
SYLLABLES = ("ba", "ki", "lo", "mer", "nu", "pa", "ris", "so", "ten", "vu", "wa", "zel")
WARM_STEPS = 3


def made_up(rows: int, seed: int = 1) -> list[Example]:
    """Rows of three to eleven words, one of them a slot's value."""
    chance = random.Random(seed)
    words = [
        "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(1, 4))) for _ in range(WORDS)
    ]
    usual = list(itertools.accumulate(1 / (rank + 1) for rank in range(WORDS)))
    examples: list[Example] = []
    for _ in range(rows):
        chosen = chance.choices(words, cum_weights=usual, k=chance.randint(3, 11))
        place = chance.randrange(len(chosen))
        start = len(" ".join([*chosen[:place], ""]))
        end = start + len(chosen[place])
        slot = Slot(f"slot{chance.randrange(SLOTS)}", chosen[place], start, end)
        intent = f"intent{chance.randrange(INTENTS)}"
        examples.append(Example(" ".join(chosen), "en-US", "", intent, (slot,)))
    return examples


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


class Watch(threading.Thread):
    """Utilisation of the GPU in per cent, as nvidia-smi has it, once a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.seen: list[int] = []

    def run(self) -> None:
        asked = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self.over.wait(1.0):
            try:
                done = subprocess.run(asked, capture_output=True, text=True, check=True)
                self.seen.append(int(done.stdout.split()[0]))
            except (OSError, ValueError, IndexError, subprocess.CalledProcessError):
                return


@dataclass(frozen=True)
class Case:
    kind: str
    device: str
    threads: int
    rows: int
    seconds: float
    batch: int | None = None


def devices() -> list[str]:
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _steps(run: Run, seconds: float) -> tuple[float, float]:
    """Examples by second and by second of CPU time, after a few steps that are not counted."""
    run.network.train()
    batches = itertools.cycle(run._order(0))
    for numbers in itertools.islice(batches, WARM_STEPS):
        run._learn(numbers)
    done, began, cpu = 0, time.perf_counter(), time.process_time()
    while (spent := time.perf_counter() - began) < seconds:
        done += len(numbers := next(batches))
        run._learn(numbers)  # reads the loss back, so a GPU has finished
    return done / spent, done / max(time.process_time() - cpu, 1e-9)


def _items(examples: list[Example], labels: Labels, bag: bool) -> tuple[list[Item], dict[str, Any]]:
    before, began = _resident(), time.perf_counter()
    items = [item(one.text, None, labels, one, bag) for one in examples]
    rate = len(items) / (time.perf_counter() - began)
    size = max(0, _resident() - before) / len(items)
    return items, {"prepared_per_second": round(rate), "bytes_per_example": round(size)}


def measure(case: Case) -> dict[str, Any]:
    """One training of the kind, cut off after `seconds`; the projection is for LARGE examples."""
    torch.set_num_threads(case.threads)
    device = pick_device(case.device)
    examples = made_up(case.rows)
    labels = Labels.of(examples)
    items, figures = _items(examples, labels, case.kind == "linear")
    settings = options.settings(case.kind, {"batch": case.batch})
    seed_all(settings.seed)
    size = options.SIZES[case.kind]
    shape = models.Shape(kind=case.kind, buckets=size["buckets"], width=size["width"])
    network = models.build(shape, labels)
    projected = LARGE / figures["prepared_per_second"]
    if isinstance(network, models.Linear):
        began = time.perf_counter()
        linear_fit.fit(network, items, linear_fit.targets(items, len(labels.intents)))
        spent = time.perf_counter() - began
        figures["intents_fitted_per_second"] = round(len(items) / spent)
        projected += LARGE / len(items) * spent
    network.to(device)
    with tempfile.TemporaryDirectory() as place:
        objective = objectives.Labelled(network, settings)
        run = Run(network, items, objective, settings, Path(place), "speed", device, 1e9)
        watch = Watch()
        if device.type == "cuda":
            watch.start()
        rate, by_cpu = _steps(run, case.seconds)
        watch.over.set()
    figures |= {"examples_per_second": round(rate), "examples_per_cpu_second": round(by_cpu)}
    projected += LARGE * settings.epochs / rate
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures |= {"epochs": settings.epochs, "peak_mib": round(peak)}
    figures["minutes_for_500k"] = round(projected / 60, 1)
    if device.type == "cuda":
        figures["gpu"] = torch.cuda.get_device_name(device)
        figures["gpu_peak_mib"] = round(torch.cuda.max_memory_allocated(device) / 2**20)
        seen = watch.seen
        figures["gpu_utilisation"] = round(sum(seen) / len(seen)) if seen else None
    return vars(case) | {"batch": settings.batch, "device": device.type} | figures
