# SPDX-License-Identifier: Apache-2.0
"""Real calls to a system that often misunderstood: the judge on the recogniser's text alone."""

from __future__ import annotations

from typing import Any

from chart import precision_recall, reliability
from context import Context
from report import markdown, measured, study_text
from study import Study

name = "dstc2"
title = "Real calls: Dialog State Tracking Challenge 2"
order = 10
needs = ("dstc2",)

SLICES = (
    "wording",
    "gap",
    "turns apart",
    "earlier turn",
    "heard",
    "acts of the two",
    "farewell",
)


def study(context: Context, text: str) -> dict[str, Any]:
    events, gold = context.convert("dstc2", "--text", text, tag=f"-{text}")
    evidence = context.replay(events)
    found = Study.read(
        gold,
        evidence,
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={
            "earlier turn": lambda row: "lost a value" if row["lost_value"] else "kept its values",
            "heard": lambda row: "misheard" if row["misheard"] else "heard rightly",
            "acts of the two": lambda row: row["relation"],
            "farewell": lambda row: "both take leave" if row["farewell"] else "",
        },
    )
    return found.result()


def run(context: Context) -> dict[str, Any]:
    heard = study(context, "asr")
    if context.quick:
        return heard
    # Of the bound only what is compared; its edges and curves are nobody's log.
    return heard | {"transcript": {"figures": study(context, "transcript")["figures"][:1]}}


def bound(figures: dict[str, Any]) -> str:
    if "transcript" not in figures:
        return ""
    rows = [
        [what, *(measured(row[key]) for key in ("precision", "recall", "f1", "ap"))]
        for what, row in (
            ("recogniser's text", figures["figures"][0]),
            ("true transcript", figures["transcript"]["figures"][0]),
        )
    ]
    head = ("p ≥ 0.5", "precision", "recall", "F1", "average precision")
    told = "What the recogniser costs: the same calls with the true transcripts as utterances."
    return f"{told}\n\n{markdown(head, rows)}"


def render(figures: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            "Recogniser text only; the gold is a rule over the true transcripts, which the miner "
            "never sees.",
            study_text(figures, SLICES, name),
            bound(figures),
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}-curve.svg": precision_recall("DSTC2, unseen callers", figures["curves"]),
        f"{name}-calibration.svg": reliability("DSTC2", figures["calibration"]["bins"]),
    }
