# SPDX-License-Identifier: Apache-2.0
"""Commands that a real recogniser and NLU got wrong, then right."""

from __future__ import annotations

from typing import Any

from chart import precision_recall, reliability
from context import Context
from report import study_text
from study import Study

name = "slurp"
title = "Misunderstood commands: SLURP"
order = 30
needs = ("slurp",)


def run(context: Context) -> dict[str, Any]:
    events, gold = context.convert(
        "slurp", "--seed", str(context.seed), "--sessions", str(context.size(4_000, 500))
    )
    return Study.read(
        gold,
        context.replay(events),
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={
            "kind": lambda row: row["kind"],
            "intent of the failed take": lambda row: "right" if row["intent_right"] else "wrong",
        },
    ).result()


def render(figures: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            "Texts, intents and slots are what a recogniser and an NLU made of real recordings; "
            "sessions, times and outcomes are simulated, and the outcome tells nothing about the "
            "kind of a pair. Every positive is reworded.",
            study_text(figures, ("kind", "intent of the failed take", "gap"), name),
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}-curve.svg": precision_recall("SLURP, unseen goals", figures["curves"]),
        f"{name}-calibration.svg": reliability("SLURP", figures["calibration"]["bins"]),
    }
