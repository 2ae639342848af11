#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fit the weights of the rephrase judge and write them as miner/judge_weights.def.

Model: logit = bias + sum of weight * value / 1024, with weights and bias in 1/1024 logit and values
from 0 to 1024 (a flag is 0 or 1024; a feature that a line lacks is 0). The features are those that
the evidence names; whatever the miner emits is fitted.

Fit: logistic regression with an L2 penalty on all but the bias, by Newton's method with step
halving (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 2nd ed., 4.4.1), in
plain Python, so the same input gives the same table. It runs far below the rounding to 1/1024.

A source is NAME[*TIMES]:EVIDENCE:GOLD. Evidence: lines of `rephrased replay --evidence`. Gold is either
  * pairs with "same" and "user" (scripts/datasets/dstc2.py): farewells are left out, or
  * the truth of `rephrased generate --truth`: repeat, repair and paraphrase are positives,
    correction and new_request negatives; pairs that touch a bot are left out.
Only users of the half "fit" (metrics.user_part) are fitted. Sources weigh the same, however many
rows they have, unless --weigh rows; one named NAME*3 weighs three times as much. Figures of both halves are printed for every source: the half
"test" is never looked at by the fit. The header of the table names the sources, never a path.

Examples:
  scripts/eval/fit_judge.py --source dstc2:evidence.jsonl:gold.jsonl --out miner/judge_weights.def
  scripts/eval/fit_judge.py --source dstc2:evidence.jsonl:gold.jsonl \\
      --source generated:evidence2.jsonl:truth.jsonl --drop gap --ablate
"""

from __future__ import annotations

import argparse
import hashlib
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path
from typing import Any

from metrics import Scored, average_precision, best_f1, counts_at, read_jsonl, table, user_part

SCALE = 1024
POSITIVE_TYPES = frozenset(("repeat", "repair", "paraphrase"))
MAX_STEPS = 100
TOLERANCE = 1e-9  # largest change of a weight, in logits

Pair = tuple[str, str]
Matrix = list[list[float]]


@dataclass
class Source:
    name: str
    times: float = 1.0  # how often it weighs what another source weighs
    names: list[str] = field(default_factory=list)  # of features, in the order of the evidence
    rows: list[dict[str, int]] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)
    part: list[str] = field(default_factory=list)
    missed: dict[str, int] = field(default_factory=lambda: {"fit": 0, "test": 0})

    def weight_mark(self) -> str:
        return "" if self.times == 1.0 else f"*{self.times:g}"


@dataclass(frozen=True)
class Label:
    same: bool
    user: str
    usable: bool


def read_labels(path: str) -> dict[Pair, Label]:
    """Both kinds of gold, told apart by their keys."""
    pairs: dict[Pair, dict[str, Any]] = {}
    events: dict[str, tuple[str, bool]] = {}  # of a truth file: user, bot
    for row in read_jsonl(path):
        if "from" in row:
            pairs[row["from"], row["to"]] = row
        else:
            events[row["event_id"]] = str(row.get("user", row["event_id"])), bool(row.get("bot"))
    labels: dict[Pair, Label] = {}
    for pair, row in pairs.items():
        if "same" in row:
            labels[pair] = Label(row["same"], row["user"], not row.get("farewell"))
        else:
            user, bot = events.get(pair[0], (pair[0], False))
            labels[pair] = Label(row["type"] in POSITIVE_TYPES, user, not bot)
    return labels


def value_of(raw: Any, name: str, where: str) -> int:
    value = SCALE * raw if isinstance(raw, bool) else raw
    if not isinstance(value, int) or not 0 <= value <= SCALE:
        raise SystemExit(
            f"{where}: feature {name} is {raw!r}; an integer from 0 to {SCALE} was expected"
        )
    return value


def kept(pair: Pair, share: float) -> bool:
    """A share of the pairs, chosen by hash: always the same ones."""
    digest = hashlib.sha256("\n".join(pair).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2.0**64


def read_source(text: str, dropped: set[str], max_rows: int) -> Source:
    try:
        name, evidence, gold = text.split(":")
        name, _, times = name.partition("*")
        source = Source(name, float(times or 1))
    except ValueError:
        raise SystemExit(f"--source {text}: NAME[*TIMES]:EVIDENCE:GOLD was expected") from None
    labels = read_labels(gold)
    usable = {pair: label for pair, label in labels.items() if label.usable}
    share = min(1.0, max_rows / len(usable)) if max_rows and usable else 1.0
    for row in read_jsonl(evidence):
        pair = row["from"], row["to"]
        label = usable.pop(pair, None)
        if label is None or not kept(pair, share):
            continue
        features = {
            k: value_of(v, k, evidence) for k, v in row["features"].items() if k not in dropped
        }
        source.names += (n for n in features if n not in source.names)
        source.rows.append(features)
        source.same.append(label.same)
        source.part.append(user_part(label.user))
    for pair, label in usable.items():
        source.missed[user_part(label.user)] += label.same and kept(pair, share)
    if not source.rows:
        raise SystemExit(f"--source {text}: no line of the evidence has gold")
    return source


@dataclass
class Problem:
    """Weighted rows, as columns: column 0 is the bias."""

    names: list[str]
    columns: Matrix
    same: list[bool]
    weight: list[float]


def feature_names(sources: Sequence[Source]) -> list[str]:
    names = list(dict.fromkeys(name for source in sources for name in source.names))
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise SystemExit(f"feature {name!r} is no name for a table in C")
    return names


def problem_of(sources: Sequence[Source], names: list[str], weigh: str) -> Problem:
    """Equal sources keep the total weight at the number of rows, so L2 means the same."""
    rows: list[dict[str, int]] = []
    same: list[bool] = []
    weight: list[float] = []
    sizes = [source.part.count("fit") for source in sources]
    total = sum(
        source.times * (size / sum(sizes) if weigh == "rows" else 1.0)
        for source, size in zip(sources, sizes)
    )
    for source, size in zip(sources, sizes):
        if not size:
            raise SystemExit(f"source {source.name}: no user of the half to fit")
        share = source.times * (size / sum(sizes) if weigh == "rows" else 1.0) / total
        share *= sum(sizes) / size
        for row, truth, part in zip(source.rows, source.same, source.part):
            if part == "fit":
                rows.append(row)
                same.append(truth)
                weight.append(share)
    columns = [[1.0] * len(rows)]
    columns += ([row.get(name, 0) / SCALE for row in rows] for name in names)
    return Problem(names, columns, same, weight)


def logits_of(columns: Matrix, beta: Sequence[float]) -> list[float]:
    logits = [0.0] * len(columns[0])
    for factor, column in zip(beta, columns):
        logits = [a + factor * b for a, b in zip(logits, column)]
    return logits


def sigmoid(logit: float) -> float:
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def loss_of(problem: Problem, beta: Sequence[float], l2: float) -> float:
    penalty = 0.5 * l2 * math.fsum(b * b for b in beta[1:])
    logits = logits_of(problem.columns, beta)
    signed = (-z if truth else z for z, truth in zip(logits, problem.same))
    losses = (max(z, 0.0) + math.log1p(math.exp(-abs(z))) for z in signed)
    return math.fsum(map(mul, problem.weight, losses)) + penalty


def solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """Cholesky; the matrix is symmetric and, by the penalty, positive definite."""
    size = len(right)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - math.fsum(map(mul, lower[i][:j], lower[j][:j]))
            lower[i][j] = math.sqrt(max(rest, 1e-12)) if i == j else rest / lower[j][j]
    half: list[float] = []
    for i in range(size):
        half.append((right[i] - math.fsum(map(mul, lower[i][:i], half))) / lower[i][i])
    result = [0.0] * size
    for i in reversed(range(size)):
        known = math.fsum(lower[k][i] * result[k] for k in range(i + 1, size))
        result[i] = (half[i] - known) / lower[i][i]
    return result


def newton_step(problem: Problem, beta: Sequence[float], l2: float) -> list[float]:
    p = [sigmoid(z) for z in logits_of(problem.columns, beta)]
    curve = [w * q * (1.0 - q) for w, q in zip(problem.weight, p)]
    error = [w * (truth - q) for w, truth, q in zip(problem.weight, problem.same, p)]
    size = len(beta)
    gradient = [sum(map(mul, error, problem.columns[i])) for i in range(size)]
    hessian = [[0.0] * size for _ in range(size)]
    for i in range(size):
        bent = list(map(mul, curve, problem.columns[i]))
        for j in range(i + 1):
            hessian[i][j] = hessian[j][i] = sum(map(mul, bent, problem.columns[j]))
    for i in range(1, size):
        gradient[i] -= l2 * beta[i]
        hessian[i][i] += l2
    return solve(hessian, gradient)


def fit(problem: Problem, l2: float) -> list[float]:
    beta = [0.0] * len(problem.columns)
    loss = loss_of(problem, beta, l2)
    for _ in range(MAX_STEPS):
        step = newton_step(problem, beta, l2)
        if max(map(abs, step)) < TOLERANCE:
            return beta
        scale = 1.0
        while scale > 1e-6:
            tried = [b + scale * s for b, s in zip(beta, step)]
            tried_loss = loss_of(problem, tried, l2)
            if tried_loss <= loss:
                break
            scale /= 2
        else:
            return beta
        beta, loss = tried, tried_loss
    raise SystemExit(f"no convergence in {MAX_STEPS} steps; raise --l2")


def rounded(beta: Sequence[float]) -> list[int]:
    return [math.floor(b * SCALE + 0.5) for b in beta]


def scores(source: Source, names: Sequence[str], weights: Sequence[int], part: str) -> list[Scored]:
    """With the integers that are written, so the figures are those of the table."""
    scored: list[Scored] = []
    for row, truth, of_part in zip(source.rows, source.same, source.part):
        if of_part == part:
            total = sum(w * row.get(name, 0) for name, w in zip(names, weights[1:]))
            scored.append((sigmoid((weights[0] + total / SCALE) / SCALE), truth))
    return scored


def report(sources: Sequence[Source], names: Sequence[str], weights: Sequence[int]) -> str:
    lines: list[Sequence[str]] = []
    for source in sources:
        for part in ("fit", "test"):
            scored = scores(source, names, weights, part)
            missed = source.missed[part]
            threshold, best = best_f1(scored, missed)
            said_again = sum(truth for _, truth in scored) + missed
            lines.append(
                (
                    f"{source.name}, {part}",
                    str(len(scored)),
                    str(said_again),
                    f"{average_precision(scored, missed):.4f}",
                    f"{counts_at(scored, 0.5, missed).f1:.4f}",
                    f"{best.f1:.4f}",
                    f"{threshold:.3f}",
                )
            )
    return table(("", "rows", "said again", "AP", "F1 at 0.5", "best F1", "at p"), lines)


def ablation(
    sources: Sequence[Source], names: list[str], args: argparse.Namespace
) -> Iterator[Sequence[str]]:
    """AP on the fit half and the test half of every source, without each feature in turn."""

    def figures(without: str) -> list[float]:
        left = [name for name in names if name != without]
        weights = rounded(fit(problem_of(sources, left, args.weigh), args.l2))
        return [
            average_precision(scores(source, left, weights, part), source.missed[part])
            for source in sources
            for part in ("fit", "test")
        ]

    whole = figures("")
    for name in names:
        yield name, *(f"{a - b:+.4f}" for a, b in zip(whole, figures(name)))


def table_text(
    sources: Sequence[Source], names: Sequence[str], weights: Sequence[int], command: str
) -> str:
    of_source = [
        f" *   {s.name}: {s.part.count('fit')} transitions of the users to fit, "
        f"{sum(t for t, part in zip(s.same, s.part) if part == 'fit')} said again"
        for s in sources
    ]
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        "/*",
        " * judge_weights.def - written by scripts/eval/fit_judge.py, never by hand.",
        " *",
        " * Log odds that a later turn says an earlier one again, in 1/1024:",
        " *   RPH_JUDGE_BIAS + sum of weight * value / 1024, values from 0 to 1024.",
        f" * Command: {command}",
        " * Sources:",
        *of_source,
        " */",
        f"RPH_JUDGE_BIAS({weights[0]})",
        *(f"RPH_JUDGE_WEIGHT({name}, {weight})" for name, weight in zip(names, weights[1:])),
    ]
    return "\n".join(lines) + "\n"


def command_of(args: argparse.Namespace, sources: Sequence[Source]) -> str:
    """What was typed, without the places of files."""
    parts = ["fit_judge.py", *(f"--source {s.name}{s.weight_mark()}:EVIDENCE:GOLD" for s in sources)]
    parts += [f"--l2 {args.l2:g}", f"--weigh {args.weigh}"]
    parts += [f"--max-rows {args.max_rows}"] if args.max_rows else []
    parts += [f"--drop {name}" for name in sorted(args.drop)]
    return " ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", action="append", required=True, metavar="NAME[*TIMES]:EVIDENCE:GOLD")
    parser.add_argument("--out", type=Path, help="table to write; only figures without it")
    parser.add_argument(
        "--l2", type=float, default=1.0, help="penalty: half of this times each squared weight (1)"
    )
    parser.add_argument(
        "--weigh", choices=("sources", "rows"), default="sources", help="what weighs the same"
    )
    parser.add_argument(
        "--max-rows", type=int, default=0, help="about so many pairs of a source, by hash (all)"
    )
    parser.add_argument(
        "--drop", action="append", default=[], metavar="FEATURE", help="fit without it"
    )
    parser.add_argument(
        "--ablate", action="store_true", help="also print what each feature is worth in AP"
    )
    args = parser.parse_args()
    if args.l2 <= 0:
        parser.error("--l2 must be positive")

    sources = [read_source(text, set(args.drop), args.max_rows) for text in args.source]
    names = feature_names(sources)
    weights = rounded(fit(problem_of(sources, names, args.weigh), args.l2))
    if args.out:
        args.out.write_text(
            table_text(sources, names, weights, command_of(args, sources)), encoding="utf-8"
        )
        print(f"{args.out}: {len(names)} weights", file=sys.stderr)
    print(report(sources, names, weights))
    if args.ablate:
        head = [
            "AP that is lost without",
            *(f"{s.name}, {p}" for s in sources for p in ("fit", "test")),
        ]
        print("\n" + table(head, ablation(sources, names, args)))


if __name__ == "__main__":
    main()
