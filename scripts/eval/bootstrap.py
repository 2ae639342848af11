# SPDX-License-Identifier: Apache-2.0
"""Figures of scored pairs with intervals that resample users, not pairs.

Pairs of one user are not independent: one caller repeats herself twenty times, another never.
A resample draws as many users as there are, with replacement, and takes all pairs of each (the
cluster bootstrap); the interval is the percentile interval over the resamples. Scores are ranked
once, so a resample is one pass over the counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from metrics import Counts

LEVEL = 0.95


@dataclass(frozen=True)
class Item:
    """One gold pair: the user who said it, its score (None: never judged) and the truth."""

    user: str
    score: float | None
    truth: bool


Figures = dict[str, float]  # name of a figure -> value
Interval = tuple[float, float]


class Ranking:
    """Scored pairs, counted per user and distinct score, from the highest score down."""

    def __init__(self, items: Iterable[Item], threshold: float) -> None:
        kept = list(items)
        self.threshold = threshold
        self.scores = sorted({i.score for i in kept if i.score is not None}, reverse=True)
        index = {score: number for number, score in enumerate(self.scores)}
        per_user: dict[str, dict[int, list[int]]] = {}
        self.missed: dict[str, int] = {}
        self.negatives: dict[str, int] = {}
        for item in kept:
            cells = per_user.setdefault(item.user, {})
            self.negatives[item.user] = self.negatives.get(item.user, 0) + (not item.truth)
            if item.score is None:
                self.missed[item.user] = self.missed.get(item.user, 0) + item.truth
            else:
                cells.setdefault(index[item.score], [0, 0])[not item.truth] += 1
        self.users = sorted(per_user)
        self.cells = {
            user: [(rank, right, wrong) for rank, (right, wrong) in sorted(cells.items())]
            for user, cells in per_user.items()
        }

    def totals(self, users: Iterable[str]) -> tuple[list[int], list[int], int, int]:
        """Positives and negatives at each score, positives never judged, all negatives."""
        right = [0] * len(self.scores)
        wrong = [0] * len(self.scores)
        missed = negatives = 0
        for user in users:
            for rank, positive, negative in self.cells[user]:
                right[rank] += positive
                wrong[rank] += negative
            missed += self.missed.get(user, 0)
            negatives += self.negatives[user]
        return right, wrong, missed, negatives

    def cut(self, threshold: float) -> int:
        """How many scores, from the highest down, reach a threshold."""
        return sum(score >= threshold for score in self.scores)

    def counts(self, threshold: float | None = None) -> Counts:
        cut = self.cut(self.threshold if threshold is None else threshold)
        right, wrong, missed, _ = self.totals(self.users)
        return Counts(sum(right[:cut]), sum(wrong[:cut]), sum(right[cut:]) + missed)

    def figures(self, users: Iterable[str]) -> Figures:
        """Precision, recall, F1 and false accept rate at the threshold; average precision."""
        return self.figures_at(users, [self.cut(self.threshold)])[0]

    def figures_at(self, users: Iterable[str], cuts: Sequence[int]) -> list[Figures]:
        """The same at several cuts, in one pass over the users."""
        right, wrong, missed, negatives = self.totals(users)
        ap = ranked_precision(right, wrong, missed)
        out = []
        for cut in cuts:
            counts = Counts(sum(right[:cut]), sum(wrong[:cut]), sum(right[cut:]) + missed)
            accepted = counts.false_positives / negatives if negatives else 0.0
            out.append(
                {
                    "precision": counts.precision,
                    "recall": counts.recall,
                    "f1": counts.f1,
                    "ap": ap,
                    "false_accept": accepted,
                }
            )
        return out


def ranked_precision(right: Sequence[int], wrong: Sequence[int], missed: int) -> float:
    """Average precision of counts by falling score; the same as metrics.average_precision."""
    wanted = sum(right) + missed
    if not wanted:
        return 0.0
    area = 0.0
    found = judged = 0
    for positive, negative in zip(right, wrong):
        found += positive
        judged += positive + negative
        if positive:
            area += positive * found / judged
    return area / wanted


def percentile_interval(values: Iterable[float]) -> Interval:
    """The middle 95 % of the values, by the nearest rank."""
    ranked = sorted(values)
    outside = round(len(ranked) * (1 - LEVEL) / 2)
    return ranked[min(outside, len(ranked) - 1)], ranked[max(0, len(ranked) - 1 - outside)]


def draws(users: Sequence[str], resamples: int, seed: int) -> Iterable[list[str]]:
    """The same draws for every ranking of the same users: differences are paired."""
    rng = random.Random(seed)
    for _ in range(resamples):
        yield rng.choices(users, k=len(users))


def intervals(ranking: Ranking, resamples: int, seed: int) -> dict[str, Interval]:
    """An interval per figure; empty where there is nobody to resample."""
    return intervals_at(ranking, [ranking.threshold], resamples, seed)[0]


def intervals_at(
    ranking: Ranking, thresholds: Sequence[float], resamples: int, seed: int
) -> list[dict[str, Interval]]:
    """The same at several thresholds, from the same draws."""
    if len(ranking.users) < 2 or not resamples:
        return [{} for _ in thresholds]
    cuts = [ranking.cut(threshold) for threshold in thresholds]
    drawn = [ranking.figures_at(users, cuts) for users in draws(ranking.users, resamples, seed)]
    return [
        {name: percentile_interval(f[i][name] for f in drawn) for name in drawn[0][i]}
        for i in range(len(cuts))
    ]


def paired_gain(
    ours: Ranking, theirs: Ranking, figure: str, resamples: int, seed: int
) -> tuple[float, Interval | None]:
    """How much higher a figure is than another scorer's on the same pairs, with its interval."""
    gain: Callable[[list[str]], float] = (
        lambda users: ours.figures(users)[figure] - theirs.figures(users)[figure]
    )
    value = gain(ours.users)
    if len(ours.users) < 2 or not resamples or ours.users != theirs.users:
        return value, None
    return value, percentile_interval(map(gain, draws(ours.users, resamples, seed)))
