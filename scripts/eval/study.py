# SPDX-License-Identifier: Apache-2.0
"""Everything that is told of the judge on one set of gold pairs, as one dictionary.

The population is the gold pairs of the part that is reported. A gold pair that was never judged
has no score: a miss if it is "said again". Evidence without gold is counted and left out.

Thresholds: p >= 0.5 is what the program ships with; every other threshold that is reported was
chosen on the users of the other parts ("fit" and "choose"), for the judge and for the baselines
alike. Fixed thresholds of a baseline are those of the literature or round numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines import Baselines, Pair, Row
from bootstrap import Interval, Item, Ranking, intervals, intervals_at, paired_gain
from defs import same_types
from metrics import Counts, best_f1, read_jsonl, steps, wilson
from splits import part_of

SHIPPED = 0.5
OVERLAPS = (0.38, 0.6, 0.8)
EDITS = (0.6, 0.8)
GAPS_S = (5, 15, 30, 60)  # upper ends of the bands of the gap
BINS = 10
CURVE_POINTS = 60
SAME_TYPES = same_types()
ROUND = 4


def rounded(value: Any) -> Any:
    """Floats to four places, everywhere inside."""
    if isinstance(value, float):
        return round(value, ROUND)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(inner) for inner in value]
    return value


def pair_of(row: Row) -> Pair:
    return row["from"], row["to"]


def gap_band(gap_ms: int) -> str:
    below = 0
    for above in GAPS_S:
        if gap_ms < above * 1000:
            return f"{below} to {above} s"
        below = above
    return f"{below} s and more"


def by_number(name: str) -> tuple[float, str]:
    """"5 to 15 s" before "15 to 30 s"; names without a number by the alphabet."""
    first = name.split()[0]
    return (float(first) if first.replace(".", "", 1).isdigit() else -1.0), name


@dataclass
class Study:
    """Gold, evidence and events of one log."""

    gold: list[Row]
    evidence: dict[Pair, Row]
    baselines: Baselines
    resamples: int
    seed: int
    reported: str = "report"
    # Further ways to cut the gold into slices: name -> the slice of a gold row ("" leaves it out).
    slices: dict[str, Callable[[Row], str]] = field(default_factory=dict)

    @classmethod
    def read(cls, gold: Path, evidence: Path, events: Path, **more: Any) -> Study:
        rows = list(read_jsonl(gold))
        return cls(
            rows,
            {pair_of(row): row for row in read_jsonl(evidence)},
            Baselines(read_jsonl(events), map(pair_of, rows)),
            **more,
        )

    def __post_init__(self) -> None:
        self.here = [row for row in self.gold if part_of(row["user"]) == self.reported]
        self.elsewhere = [row for row in self.gold if part_of(row["user"]) != self.reported]

    def p(self, pair: Pair) -> float | None:
        row = self.evidence.get(pair)
        return None if row is None else float(row["p"])

    def items(self, rows: Iterable[Row], score: Callable[[Pair], float | None]) -> list[Item]:
        return [Item(row["user"], score(pair_of(row)), bool(row["same"])) for row in rows]

    def threshold(self, score: Callable[[Pair], float | None]) -> float | None:
        """The best F1 on users that are not reported; None where they have no positives."""
        items = self.items(self.elsewhere, score)
        if not any(item.truth for item in items):
            return None
        scored = [(item.score, item.truth) for item in items if item.score is not None]
        missed = sum(item.truth for item in items if item.score is None)
        return best_f1(scored, missed)[0]

    def ranking(
        self, score: Callable[[Pair], float | None], threshold: float, rows: list[Row] | None = None
    ) -> Ranking:
        return Ranking(self.items(self.here if rows is None else rows, score), threshold)

    def measured(self, ranking: Ranking, threshold: float, resamples: int | None = None) -> Row:
        """One row of figures with intervals."""
        drawn = self.resamples if resamples is None else resamples
        return self.told(ranking, threshold, intervals(ranking, drawn, self.seed))

    def measured_at(self, ranking: Ranking, thresholds: list[float]) -> list[Row]:
        between = intervals_at(ranking, thresholds, self.resamples, self.seed)
        return [self.told(ranking, *pair) for pair in zip(thresholds, between)]

    def told(self, ranking: Ranking, threshold: float, between: dict[str, Interval]) -> Row:
        """Figures and intervals; a figure that the pairs cannot give is None."""
        figures = ranking.figures_at(ranking.users, [ranking.cut(threshold)])[0]
        counts = ranking.counts(threshold)
        positives = counts.true_positives + counts.false_negatives
        negatives = sum(ranking.negatives.values())
        known = {
            "precision": bool(positives and negatives)
            and counts.true_positives + counts.false_positives > 0,
            "recall": positives > 0,
            "f1": bool(positives and negatives),
            "ap": bool(positives and negatives),
            "false_accept": negatives > 0,
        }
        return {
            "threshold": threshold,
            "true_positives": counts.true_positives,
            "false_positives": counts.false_positives,
            "false_negatives": counts.false_negatives,
        } | {
            name: {"value": value, "interval": between.get(name)}
            if known[name]
            else {"value": None, "interval": None}
            for name, value in figures.items()
        }

    def scorers(self) -> list[tuple[str, Callable[[Pair], float | None], tuple[float, ...]]]:
        """Baselines with their fixed thresholds."""
        return [
            ("word overlap", self.baselines.overlap, OVERLAPS),
            ("edit similarity", self.baselines.edit, EDITS),
            ("same-user PMI^2", self.baselines.together, ()),
            ("repeat after failure", self.baselines.after_failure, (0.5,)),
        ]

    def rows(self) -> list[Row]:
        """The judge and every baseline, at each threshold."""
        out = []
        for name, score, fixed in [("judge", self.p, (SHIPPED,)), *self.scorers()]:
            chosen = None if name == "repeat after failure" else self.threshold(score)
            thresholds = [*fixed, *([] if chosen is None else [chosen])]
            how = ["fixed"] * len(fixed) + ["on other users"]
            rows = self.measured_at(self.ranking(score, SHIPPED), thresholds)
            out += [{"what": name, "chosen": word} | row for word, row in zip(how, rows)]
        return out

    def gain(self) -> Row | None:
        """Average precision above the best baseline, paired over users."""
        if not any(row["same"] for row in self.here):
            return None
        ours = self.ranking(self.p, SHIPPED)
        theirs = {name: self.ranking(score, SHIPPED) for name, score, _ in self.scorers()}
        best = max(theirs, key=lambda name: (theirs[name].figures(ours.users)["ap"], name))
        value, between = paired_gain(ours, theirs[best], "ap", self.resamples, self.seed)
        return {"over": best, "value": value, "interval": between}

    def curves(self) -> dict[str, list[tuple[float, float, float]]]:
        """Recall, precision and threshold, thinned to steps of recall."""
        named = [("judge", self.p), *((name, score) for name, score, _ in self.scorers()[:3])]
        return {name: thinned(self.items(self.here, score)) for name, score in named}

    def slice(self, rows: list[Row]) -> Row:
        """The judge on some of the pairs, and one baseline beside it (without intervals)."""
        ranking = self.ranking(self.p, SHIPPED, rows)
        beside = self.ranking(self.baselines.edit, EDITS[0], rows)
        return {
            "pairs": len(rows),
            "said_again": sum(bool(row["same"]) for row in rows),
            **self.measured(ranking, SHIPPED),
            "edit_similarity": self.measured(beside, EDITS[0], 0),
        }

    def sliced(self) -> dict[str, dict[str, Row]]:
        cuts: dict[str, Callable[[Row], str]] = {
            "wording": lambda row: "reworded" if row["reworded"] else "verbatim",
            "gap": lambda row: gap_band(row["gap_ms"]),
            "turns apart": lambda row: str(row["turns_apart"]),
        } | self.slices
        out: dict[str, dict[str, Row]] = {}
        for name, of_row in cuts.items():
            parts: dict[str, list[Row]] = {}
            for row in self.here:
                parts.setdefault(of_row(row), []).append(row)
            parts.pop("", None)
            out[name] = {part: self.slice(parts[part]) for part in sorted(parts, key=by_number)}
        return out

    def edge_types(self) -> dict[str, Row]:
        """Of the pairs that were judged: what type was given, how sure, and the truth."""
        out: dict[str, Row] = {}
        for row in self.here:
            judged = self.evidence.get(pair_of(row))
            if judged is None:
                continue
            cell = out.setdefault(
                judged["type"], {"judged": 0, "said_again": 0, "accepted": 0, "accepted_right": 0}
            )
            accepted = float(judged["p"]) >= SHIPPED
            cell["judged"] += 1
            cell["said_again"] += bool(row["same"])
            cell["accepted"] += accepted
            cell["accepted_right"] += accepted and bool(row["same"])
        for kind, cell in out.items():
            share = cell["said_again"] / cell["judged"]
            cell["right"] = share if kind in SAME_TYPES else 1 - share
            cell["interval"] = wilson(
                cell["said_again"] if kind in SAME_TYPES else cell["judged"] - cell["said_again"],
                cell["judged"],
            )
        return dict(sorted(out.items()))

    def types_of_kinds(self) -> dict[str, dict[str, int]]:
        """Of each kind of pair that the gold tells apart: how many were given which type."""
        out: dict[str, Counter[str]] = {}
        for row in self.here:
            if "kind" in row:
                judged = self.evidence.get(pair_of(row))
                kind = out.setdefault(row["kind"], Counter())
                kind["not judged" if judged is None else str(judged["type"])] += 1
        return {kind: dict(sorted(types.items())) for kind, types in sorted(out.items())}

    def result(self) -> Row:
        known = {pair_of(row) for row in self.gold}
        unjudged = [row for row in self.here if pair_of(row) not in self.evidence]
        return rounded(
            {
                "users": len({row["user"] for row in self.here}),
                "users_elsewhere": len({row["user"] for row in self.elsewhere}),
                "pairs": len(self.here),
                "said_again": sum(bool(row["same"]) for row in self.here),
                "never_judged": len(unjudged),
                "never_judged_said_again": sum(bool(row["same"]) for row in unjudged),
                "evidence_without_gold": sum(pair not in known for pair in self.evidence),
                "figures": self.rows(),
                "gain": self.gain(),
                "curves": self.curves(),
                "calibration": calibration(self.items(self.here, self.p)),
                "slices": self.sliced(),
                "edge_types": self.edge_types(),
                "types_of_kinds": self.types_of_kinds(),
            }
        )


def thinned(items: list[Item]) -> list[tuple[float, float, float]]:
    """At most CURVE_POINTS points of a precision-recall curve, the last of every step of recall."""
    scored = [(item.score, item.truth) for item in items if item.score is not None]
    missed = sum(item.truth for item in items if item.score is None)
    kept: dict[int, tuple[float, float, float]] = {}
    for threshold, counts in steps(scored, missed):
        if counts.true_positives:
            step = int(counts.recall * CURVE_POINTS)
            kept[step] = (counts.recall, counts.precision, threshold)
    return [kept[step] for step in sorted(kept)]


def calibration(items: list[Item]) -> Row:
    """Reliability in ten bins of equal width, expected calibration error, Brier score."""
    scored = [(item.score, item.truth) for item in items if item.score is not None]
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, truth in scored:
        bins[min(int(score * BINS), BINS - 1)].append((score, truth))
    table = []
    error = 0.0
    for number, cell in enumerate(bins):
        if not cell:
            continue
        said = sum(score for score, _ in cell) / len(cell)
        right = sum(truth for _, truth in cell)
        error += abs(said - right / len(cell)) * len(cell)
        table.append(
            {
                "from": number / BINS,
                "pairs": len(cell),
                "said_again": right,
                "mean_p": said,
                "share": right / len(cell),
                "interval": wilson(right, len(cell)),
            }
        )
    squares = sum((score - truth) ** 2 for score, truth in scored)
    return {
        "bins": table,
        "ece": error / len(scored) if scored else None,
        "brier": squares / len(scored) if scored else None,
    }


def false_accepts(study: Study, fixed: dict[str, tuple[float, ...]] | None = None) -> list[Row]:
    """Of a set without positives: the share that each scorer would accept, with its interval."""
    out = []
    for name, score, thresholds in [("judge", study.p, (SHIPPED,)), *study.scorers()]:
        for threshold in (fixed or {}).get(name, thresholds):
            ranking = study.ranking(score, threshold)
            counts: Counts = ranking.counts()
            between = intervals(ranking, study.resamples, study.seed)
            out.append(
                {
                    "what": name,
                    "threshold": threshold,
                    "accepted": counts.false_positives,
                    "false_accept": ranking.figures(ranking.users)["false_accept"],
                    "interval": between.get("false_accept"),
                }
            )
    return rounded(out)
