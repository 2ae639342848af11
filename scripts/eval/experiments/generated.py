# SPDX-License-Identifier: Apache-2.0
"""Logs of the program's own generator, whose truth is known: six languages, needs no data."""

from __future__ import annotations

import json
from typing import Any

from chart import precision_recall, reliability
from context import Context
from metrics import read_jsonl
from report import study_text
from study import SAME_TYPES, Study

name = "generated"
title = "Generated logs"
order = 60
needs = ()

SEED = 77  # not the one that the weights were fitted on
MAX_GAP_MS = 90_000


def run(context: Context) -> dict[str, Any]:
    truth, events = context.work / "truth.jsonl", context.work / "generated.jsonl"
    sessions = str(context.size(10_000, 1_500))
    words = ["generate", "--seed", str(SEED), "--sessions", sessions, "--truth", truth]
    context.call(context.binary, *words, stdout=events)
    evidence = context.replay(events)

    turns: dict[str, dict[str, Any]] = {row["event_id"]: row for row in read_jsonl(events)}
    known = {row["event_id"]: row for row in read_jsonl(truth) if "event_id" in row}
    gold = context.work / "generated.gold.jsonl"
    with open(gold, "w", encoding="utf-8") as out:
        for row in read_jsonl(truth):
            # Bots say one thing hundreds of times: a handful of them would be half of the gold.
            if "from" in row and row["gap_ms"] <= MAX_GAP_MS and not known[row["from"]]["bot"]:
                out.write(json.dumps(gold_row(row, turns, known)) + "\n")
    return Study.read(
        gold,
        evidence,
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={"locale": lambda row: row["locale"], "kind": lambda row: row["kind"]},
    ).result()


def number_of(event: str) -> int:
    """Which turn of its session an event is: the last part of its id, in hexadecimal."""
    return int(event.rpartition("-")[2], 16)


def gold_row(
    row: dict[str, Any], turns: dict[str, dict[str, Any]], known: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    earlier, later = turns[row["from"]], turns[row["to"]]
    return {
        "from": row["from"],
        "to": row["to"],
        "user": known[row["from"]]["user"],
        "same": row["type"] in SAME_TYPES,
        "kind": row["type"],
        "locale": earlier["locale"],
        "reworded": earlier["utterance"] != later["utterance"],
        "gap_ms": row["gap_ms"],
        "turns_apart": number_of(row["to"]) - number_of(row["from"]),
    }


def render(figures: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            "`rephrased generate`: the grammars are the project's own, and the judge was fitted on "
            "logs of the same generator (another seed, so other users and sessions; bots are left "
            "out). This says that the machinery works in six languages, not what a deployment "
            "will see.",
            study_text(figures, ("locale", "kind", "wording", "gap"), name),
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}-curve.svg": precision_recall("Generated logs", figures["curves"]),
        f"{name}-calibration.svg": reliability("Generated logs", figures["calibration"]["bins"]),
    }
