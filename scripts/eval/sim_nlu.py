# SPDX-License-Identifier: Apache-2.0
"""The assistant's understanding in the simulation: anything that can predict(), and a small one.

SmallNlu is what a young assistant has: an intent classifier (complement naive Bayes over character
n-grams and words) that has seen a small labelled share of the training part, and the catalogues of
a product (devices, dates, titles): a share of the known slot values, curated so that a value that
mostly is no slot is left out. It fails where it was not taught, and in its own way every time.

Any object with the same predict() may stand in its place, so that a real model can sit in the loop.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim_world import Row, Slot, Wording, World, goal_id, key

LONGEST_VALUE = 24  # code points of a value, where there are no spaces
LONGEST_PHRASE = 6  # words of a value, where there are
SMOOTHING = 0.3
CURATED_ROWS = 3000  # rows that the curation of the catalogue looks at


@dataclass(frozen=True)
class Reading:
    """An interpretation; an empty intent means that nothing matched."""

    intent: str
    slots: tuple[Slot, ...]
    confidence: float

    @property
    def goal(self) -> str:
        return goal_id(self.intent, self.slots)


class Nlu(Protocol):
    """predict() may be called with any text of its locale, again and again with the same one."""

    def predict(self, text: str) -> Reading: ...


def features(text: str) -> set[str]:
    """Words, and runs of 2 to 4 characters with the edges of words marked."""
    words = text.split()
    found = {f"w {word}" for word in words}
    found.update(f"p {a} {b}" for a, b in zip(words, words[1:]))
    line = "_".join(["", *words, ""])
    for n in (2, 3, 4):
        found.update(line[i : i + n] for i in range(len(line) - n + 1))
    return found


class Intents:
    """Complement naive Bayes (Rennie et al. 2003): a class is known by what the others lack."""

    def __init__(self, examples: Sequence[tuple[str, str]]) -> None:
        self.classes = sorted({intent for _, intent in examples})
        number = {intent: i for i, intent in enumerate(self.classes)}
        self.counts: dict[str, Counter[int]] = defaultdict(Counter)
        self.totals = [0] * len(self.classes)
        for text, intent in examples:
            for feature in features(text):
                self.counts[feature][number[intent]] += 1
                self.totals[number[intent]] += 1
        self.all = sum(self.totals)
        self.weights: dict[str, list[float]] = {}
        self.sharpness = 1.0

    def _weights(self, feature: str) -> list[float]:
        """Made when first asked for: most features of a class never occur in the logs."""
        counts = self.counts[feature]
        seen, size = sum(counts.values()), len(self.counts)
        return [
            -math.log(
                (seen - counts[c] + SMOOTHING) / (self.all - self.totals[c] + SMOOTHING * size)
            )
            for c in range(len(self.classes))
        ]

    def scores(self, text: str) -> list[float]:
        """Mean weight over the features that are known, per class."""
        rows: list[list[float]] = []
        for feature in features(text):
            if feature not in self.counts:
                continue
            if feature not in self.weights:
                self.weights[feature] = self._weights(feature)
            rows.append(self.weights[feature])
        if not rows:
            return [0.0] * len(self.classes)
        return [sum(column) / len(rows) for column in zip(*rows)]

    def predict(self, text: str) -> tuple[str, float]:
        scores = self.scores(text)
        best = max(range(len(scores)), key=scores.__getitem__)
        total = sum(math.exp((score - scores[best]) * self.sharpness) for score in scores)
        return self.classes[best], 1.0 / total

    def calibrate(self, examples: Sequence[tuple[str, str]]) -> None:
        """Chooses the sharpness of the softmax under which `examples` are most probable."""
        scored = [
            (self.scores(text), self.classes.index(intent))
            for text, intent in examples
            if intent in self.classes
        ]

        def loss(sharpness: float) -> float:
            lost = 0.0
            for scores, truth in scored:
                top = max(scores)
                total = sum(math.exp((score - top) * sharpness) for score in scores)
                lost += math.log(total) - (scores[truth] - top) * sharpness
            return lost

        self.sharpness = min((1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0), key=loss)


class Catalogue:
    """Slot values by their text; the longest match wins, from left to right."""

    def __init__(self, wordings: Iterable[Wording], spaced: bool, rng: random.Random, share: float):
        self.spaced = spaced
        self.types: dict[str, Counter[str]] = defaultdict(Counter)
        self.allowed: dict[str, set[str]] = defaultdict(set)
        known = list(wordings)
        for wording in known:
            for name, value, _, _ in wording.slots:
                self.types[value][name] += 1
                self.allowed[wording.intent].add(name)
        self._curate(known[:CURATED_ROWS])
        for value in sorted(self.types):
            if rng.random() >= share:
                del self.types[value]

    def _curate(self, wordings: list[Wording]) -> None:
        """Drops what is a slot in fewer than half of the places where it is said."""
        said: Counter[str] = Counter()
        meant: Counter[str] = Counter()
        for wording in wordings:
            said.update({value for value, _, _ in self._spans(wording.text)})
            meant.update({slot[1] for slot in wording.slots})
        for value, count in said.items():
            if 2 * meant[value] < count:
                del self.types[value]

    def _spans(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Known values in `text`, by start, longest first."""
        if not self.spaced:
            for start in range(len(text)):
                for end in range(min(len(text), start + LONGEST_VALUE), start, -1):
                    if text[start:end] in self.types:
                        yield text[start:end], start, end
            return
        starts = [i for i, c in enumerate(text) if c != " " and (i == 0 or text[i - 1] == " ")]
        ends = [i for i in range(1, len(text) + 1) if i == len(text) or text[i] == " "]
        for first, start in enumerate(starts):
            for end in reversed(ends[first : first + LONGEST_PHRASE]):
                if text[start:end] in self.types:
                    yield text[start:end], start, end

    def find(self, text: str, intent: str) -> tuple[Slot, ...]:
        allowed = self.allowed.get(intent)
        if not allowed:
            return ()
        slots: list[Slot] = []
        at = 0
        for value, start, end in self._spans(text):
            names = {n: c for n, c in self.types[value].items() if n in allowed}
            if start >= at and names:
                name = max(sorted(names), key=names.__getitem__)
                slots.append((name, value, start, end))
                at = end
        return tuple(slots)


class SmallNlu:
    """See the head of the file. `share` of the training part is labelled."""

    def __init__(
        self, world: World, seed: int, share: float = 0.05, catalogue: float = 0.95
    ) -> None:
        rng = random.Random(f"nlu {world.locale} {seed}")
        train = [row for row in world.rows if row.partition == "train"]
        self.labelled: list[Row] = rng.sample(train, max(1, round(share * len(train))))
        wordings = [row.wording for row in self.labelled]
        pairs = [(key(wording.text, world.locale), wording.intent) for wording in wordings]
        cut = len(pairs) // 5
        trial = Intents(pairs[cut:])
        trial.calibrate(pairs[:cut])
        self.intents = Intents(pairs)
        self.intents.sharpness = trial.sharpness
        ontology = [row.wording for row in train]
        self.catalogue = Catalogue(ontology, world.spaced, rng, catalogue)
        self.locale = world.locale

    def predict(self, text: str) -> Reading:
        intent, confidence = self.intents.predict(key(text, self.locale))
        return Reading(intent, self.catalogue.find(text, intent), confidence)
