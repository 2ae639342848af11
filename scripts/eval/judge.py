#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure the rephrase judge against gold pairs, beside baselines on the same pairs.

Evidence is what `rephrased replay --evidence` writes, one line for a judged transition; gold and
events are what scripts/datasets/dstc2.py writes. The population is the gold pairs of the callers:

  * a gold pair that was never judged scores nothing: a miss if it is "said again";
  * evidence without gold (other distance, other data) is left out and counted.

Callers are halved for ever by a hash (metrics.user_part): "fit" is for choosing features,
thresholds and weights, "test" for the figures that are told to others.

Rows: the judge at p >= 0.5, at the threshold that is best on the fit callers (an honest choice),
and at the threshold that is best on these very pairs (an upper bound); Jaccard overlap of the words
of the two utterances at 0.38, 0.6 and 0.8; repeat after failure: the earlier turn carries a failure
or a friction signal, and the two texts share a word. Intervals in --json are Wilson's, 95 %, of
pairs (pairs of one caller are not independent). Farewells said twice count as "not the same", as
the gold has it; they are counted apart.

Example:
  scripts/eval/judge.py --evidence evidence.jsonl --gold gold.jsonl --events dstc2.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from metrics import (
    Counts,
    Scored,
    average_precision,
    best_f1,
    counts_at,
    read_jsonl,
    table,
    user_part,
    word_jaccard,
)

Row = dict[str, Any]
Pair = tuple[str, str]
OVERLAPS = (0.38, 0.6, 0.8)


def pair_of(row: Row) -> Pair:
    return row["from"], row["to"]


def by_part(gold: list[Row], part: str) -> list[Row]:
    return [row for row in gold if part in ("all", user_part(row["user"]))]


def scored_pairs(
    gold: list[Row], score: Callable[[Pair], float | None]
) -> tuple[list[Scored], int]:
    """The pairs that got a score, and the number of positives that got none."""
    scored: list[Scored] = []
    missed = 0
    for row in gold:
        value = score(pair_of(row))
        if value is None:
            missed += row["same"]
        else:
            scored.append((value, row["same"]))
    return scored, missed


def slices(gold: list[Row], score: Callable[[Pair], float | None], threshold: float) -> Row:
    """Recall on the kinds of positives, and what the false positives are."""
    kinds: dict[str, Callable[[Row], bool]] = {
        "reworded": lambda row: row["reworded"],
        "verbatim": lambda row: not row["reworded"],
        "after a lost value": lambda row: row["lost_value"],
        "1 turn apart": lambda row: row["turns_apart"] == 1,
        "2 turns apart": lambda row: row["turns_apart"] == 2,
        "3 turns apart": lambda row: row["turns_apart"] == 3,
    }

    def accepted(row: Row) -> bool:
        return (score(pair_of(row)) or 0.0) >= threshold

    wanted = [row for row in gold if row["same"]]
    recall: Row = {}
    for name, belongs in kinds.items():
        of_kind = [row for row in wanted if belongs(row)]
        recall[name] = {"said_again": len(of_kind), "found": sum(map(accepted, of_kind))}
    wrong = [row for row in gold if not row["same"] and accepted(row)]
    relations = sorted({row["relation"] for row in wrong})
    return {
        "recall": recall,
        "false_positives": {
            kind: sum(row["relation"] == kind for row in wrong) for kind in relations
        }
        | {"farewell": sum(row["farewell"] for row in wrong)},
    }


class Baselines:
    """Scores of the same pairs that need no model; a pair without both events has none."""

    def __init__(self, events: dict[str, Row]) -> None:
        self.events = events

    def overlap(self, pair: Pair) -> float | None:
        a, b = (self.events.get(event) for event in pair)
        return word_jaccard(a["utterance"], b["utterance"]) if a and b else None

    def after_failure(self, pair: Pair) -> float | None:
        overlap = self.overlap(pair)
        if overlap is None:
            return None
        outcome = self.events[pair[0]].get("outcome", {})
        failed = outcome.get("status") == "failure" or bool(outcome.get("signals"))
        return float(failed and overlap > 0)


def figures(args: argparse.Namespace) -> Row:
    gold_all = list(read_jsonl(args.gold))
    gold = by_part(gold_all, args.callers)
    known = {pair_of(row) for row in gold_all}
    p: dict[Pair, float] = {}
    outside = 0
    for row in read_jsonl(args.evidence):
        if pair_of(row) in known:
            p[pair_of(row)] = float(row["p"])
        else:
            outside += 1
    baselines = Baselines({row["event_id"]: row for row in read_jsonl(args.events)})

    judged, missed = scored_pairs(gold, p.get)
    chosen, _ = best_f1(*scored_pairs(by_part(gold_all, "fit"), p.get))
    peak, at_peak = best_f1(judged, missed)
    overlaps, overlaps_missed = scored_pairs(gold, baselines.overlap)
    failures, failures_missed = scored_pairs(gold, baselines.after_failure)

    rows: list[tuple[str, Counts, float | None]] = [
        ("judge, p >= 0.5", counts_at(judged, 0.5, missed), average_precision(judged, missed)),
        (f"judge, p >= {chosen:.3f} (best on fit)", counts_at(judged, chosen, missed), None),
        (f"judge, p >= {peak:.3f} (best here)", at_peak, None),
    ]
    overlap_ap: float | None = average_precision(overlaps, overlaps_missed)
    for threshold in OVERLAPS:
        rows.append(
            (
                f"word overlap >= {threshold}",
                counts_at(overlaps, threshold, overlaps_missed),
                overlap_ap,
            )
        )
        overlap_ap = None
    rows.append(("repeat after failure", counts_at(failures, 0.5, failures_missed), None))
    return {
        "callers": args.callers,
        "users": len({row["user"] for row in gold}),
        "gold_pairs": len(gold),
        "said_again": sum(row["same"] for row in gold),
        "farewells": sum(row["farewell"] for row in gold),
        "never_judged": len(gold) - len(judged),
        "never_judged_said_again": missed,
        "evidence_without_gold": outside,
        "figures": [
            {"what": name, "ap": None if ap is None else round(ap, 4)} | counts.as_dict()
            for name, counts, ap in rows
        ],
        "at_half": slices(gold, p.get, 0.5),
    }


def print_text(result: Row) -> None:
    print(
        f"{result['callers']} callers: {result['users']}; {result['gold_pairs']} gold pairs, "
        f"{result['said_again']} said again; never judged: {result['never_judged']}, "
        f"{result['never_judged_said_again']} of them said again; "
        f"evidence without gold: {result['evidence_without_gold']}\n"
    )
    head = ("", "precision", "recall", "F1", "AP")
    lines = [
        (
            row["what"],
            f"{row['precision']:.3f}",
            f"{row['recall']:.3f}",
            f"{row['f1']:.3f}",
            "" if row["ap"] is None else f"{row['ap']:.3f}",
        )
        for row in result["figures"]
    ]
    print(table(head, lines))
    recall = result["at_half"]["recall"].items()
    print(
        "\nfound at p >= 0.5: "
        + "; ".join(f"{k} {v['found']} of {v['said_again']}" for k, v in recall)
    )
    wrong = result["at_half"]["false_positives"].items()
    print("wrong at p >= 0.5, by relation of the acts: " + "; ".join(f"{k} {v}" for k, v in wrong))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evidence", required=True, help="lines of `rephrased replay --evidence`")
    parser.add_argument("--gold", required=True, help="gold pairs")
    parser.add_argument(
        "--events", required=True, help="events that were replayed (for the baselines)"
    )
    parser.add_argument("--callers", choices=("test", "fit", "all"), default="test")
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")
    args = parser.parse_args()
    result = figures(args)
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        print_text(result)


if __name__ == "__main__":
    main()
