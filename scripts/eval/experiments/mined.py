# SPDX-License-Identifier: Apache-2.0
"""What comes out at the end: promoted pairs of simulated logs against the true goals."""

from __future__ import annotations

import json
from typing import Any

from chart import bars
from context import Context
from report import markdown

name = "mined"
title = "Promoted pairs, on simulated logs with true goals"
order = 70
needs = ("massive", "slurp")
scripts = ("eval/simulate.py", "eval/mined.py")

SEED = 11  # not the one that thresholds were looked at with
QUICK = ("en-US", "th-TH")
REASONS = 8


def run(context: Context) -> dict[str, Any]:
    log, truth = context.work / "simulated.jsonl", context.work / "truth.jsonl"
    words = ["--seed", str(SEED), "--users", str(context.size(1_000, 300))]
    for locale in QUICK if context.quick else context.locales():
        words += ["--locale", locale]
    data = context.folder()
    context.python("eval/simulate.py", "--data", data, *words, "--out", log, "--truth", truth)
    scored = context.python(
        "eval/mined.py", "--binary", context.binary, "--log", log, "--truth", truth, "--json"
    )
    return dict(json.loads(scored))


def share(cell: dict[str, Any]) -> str:
    if cell["share"] is None:
        return "–"
    low, high = cell["interval"]
    return f"{cell['share']:.3f} ({low:.3f}–{high:.3f})"


def row(label: str, cells: dict[str, Any]) -> list[str]:
    return [
        label,
        f"{cells['promoted']:,}",
        share(cells["precision"]),
        f"{cells['in_session']['direct']['of']:,}",
        share(cells["in_session"]["direct"]),
        share(cells["in_session"]["cluster"]),
        share(cells["cross_user"]["cluster"]),
    ]


def refusals(missed: dict[str, int]) -> str:
    ranked = sorted(missed.items(), key=lambda item: (-item[1], item[0]))[:REASONS]
    return markdown(
        ("pairs that were missed, by reason", ""), [[key, f"{n:,}"] for key, n in ranked]
    )


def render(figures: dict[str, Any]) -> str:
    everything = figures["all"]
    head = (
        "locale",
        "promoted",
        "precision",
        "true pairs",
        "recall, in session",
        "with clusters",
        "recall, across users",
    )
    rows = [row(locale, cells) for locale, cells in figures["locales"].items()]
    return "\n\n".join(
        [
            "Wordings are people's, users and failures simulated (`scripts/eval/simulate.py`). A "
            "promoted pair is right when its two sides have a meaning in common. True pairs in "
            "session: said one after the other for one goal by five users or more, the later one "
            "being understood. Across users: each said with success for one goal by five users or "
            "more, whether or not anybody said both. With clusters: joined by promoted pairs. A "
            "pair that was missed may have several reasons.",
            markdown(head, [*rows, row("all", everything)]),
            "![Precision by locale](evaluation/mined-precision.svg)",
            refusals(everything["in_session_missed"]["each"]),
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    rows = [
        (locale, cells["precision"]["share"], tuple(cells["precision"]["interval"]))
        for locale, cells in figures["locales"].items()
        if cells["precision"]["share"] is not None
    ]
    return {f"{name}-precision.svg": bars("Precision of promoted pairs", rows)}
