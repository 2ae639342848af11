# SPDX-License-Identifier: Apache-2.0
"""Figures shared by the evaluation scripts; standard library only.

All figures are of ranked or thresholded pairs: a pair has a score and a truth. Positives that were
never scored are passed as `missed`: they count as false negatives at every threshold.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Scored = tuple[float, bool]  # score, truth

WILSON_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True)
class Counts:
    """A confusion table without the true negatives, and the figures made of it."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        judged = self.true_positives + self.false_positives
        return self.true_positives / judged if judged else 0.0

    @property
    def recall(self) -> float:
        wanted = self.true_positives + self.false_negatives
        return self.true_positives / wanted if wanted else 0.0

    @property
    def f1(self) -> float:
        total = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / total if total else 0.0

    def as_dict(self) -> dict[str, Any]:
        judged = self.true_positives + self.false_positives
        wanted = self.true_positives + self.false_negatives
        return asdict(self) | {
            "precision": round(self.precision, 4),
            "precision_interval": wilson(self.true_positives, judged),
            "recall": round(self.recall, 4),
            "recall_interval": wilson(self.true_positives, wanted),
            "f1": round(self.f1, 4),
        }


def wilson(hits: int, trials: int, z: float = WILSON_Z) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) when nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    middle = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return round(max(0.0, (middle - half) / scale), 4), round(min(1.0, (middle + half) / scale), 4)


def counts_at(scored: Iterable[Scored], threshold: float, missed: int = 0) -> Counts:
    """A pair is said to be positive when its score reaches the threshold."""
    true_positives = false_positives = false_negatives = 0
    for score, truth in scored:
        if score >= threshold:
            true_positives += truth
            false_positives += not truth
        else:
            false_negatives += truth
    return Counts(true_positives, false_positives, false_negatives + missed)


def steps(scored: Iterable[Scored], missed: int = 0) -> Iterator[tuple[float, Counts]]:
    """Every distinct score as a threshold, from the highest down; equal scores enter together."""
    ranked = sorted(scored, key=lambda pair: -pair[0])
    wanted = sum(truth for _, truth in ranked) + missed
    true_positives = false_positives = 0
    for i, (score, truth) in enumerate(ranked):
        true_positives += truth
        false_positives += not truth
        if i + 1 == len(ranked) or ranked[i + 1][0] != score:
            yield score, Counts(true_positives, false_positives, wanted - true_positives)


def average_precision(scored: Iterable[Scored], missed: int = 0) -> float:
    """Sum over the steps of precision times the recall gained (no interpolation).

    Pairs with one score enter together, so their order in the file cannot matter.
    """
    area = recall = 0.0
    for _, counts in steps(scored, missed):
        area += counts.precision * (counts.recall - recall)
        recall = counts.recall
    return area


def best_f1(scored: Iterable[Scored], missed: int = 0) -> tuple[float, Counts]:
    """The threshold with the highest F1 (the higher threshold of equals), and its table."""
    best = (1.0, counts_at((), 1.0, missed))
    for threshold, counts in steps(scored, missed):
        if counts.f1 > best[1].f1:
            best = (threshold, counts)
    return best


def user_part(user_id: str) -> str:
    """The part of the data a user belongs to, "fit" or "test": half each, by hash, for ever.

    First bit of SHA-256 over the id: 0 is fit, 1 is test. Nothing of one user is in both parts.
    """
    return "test" if hashlib.sha256(user_id.encode()).digest()[0] & 0x80 else "fit"


def word_jaccard(a: str, b: str) -> float:
    """Shared words over all words of two texts, split at white space."""
    words_a, words_b = set(a.lower().split()), set(b.lower().split())
    union = words_a | words_b
    return len(words_a & words_b) / len(union) if union else 0.0


def read_jsonl(path: Path | str) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise SystemExit(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise SystemExit(f"{path}:{number}: a JSON object was expected")
            yield row


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their content; the first to the left, the others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )
