# SPDX-License-Identifier: Apache-2.0
"""Callers who spell postcodes, names and dates three times: robustness to recognition errors."""

from __future__ import annotations

from typing import Any

from chart import precision_recall, reliability
from context import Context
from report import figures_table, gain_line, study_text
from study import Study

name = "evi"
title = "Spelling out: EVI, English"
order = 20
needs = ("evi",)


def kind(row: dict[str, Any]) -> str:
    earlier, _, later = row["kind"].partition("/")
    return earlier if earlier == later else "two items"


def study(context: Context, *options: str) -> dict[str, Any]:
    words = ["--sessions", str(context.size(2_000, 300)), *options]
    events, gold = context.convert("evi", *words, tag="".join(options))
    return Study.read(
        gold,
        context.replay(events),
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={
            "item": kind,
            "n-best": lambda row: "same list" if row["same_list"] else "other list",
        },
    ).result()


def run(context: Context) -> dict[str, Any]:
    prompted = study(context, "--signals")
    kept = {key: prompted[key] for key in ("figures", "gain")}
    return study(context) | {"prompted": kept}


def render(figures: dict[str, Any]) -> str:
    prompted = figures["prompted"]
    return "\n\n".join(
        [
            "The log holds the recogniser's text and its n-best list, no outcome and no "
            "interpretation. The repeats are prompted: their variety is spelling, not syntax.",
            study_text(figures, ("item", "wording", "n-best", "gap", "turns apart"), name),
            "With the assistant's reprompts in the log (`--signals`), which give much of the "
            "answer away:",
            figures_table(row for row in prompted["figures"] if row["what"] == "judge"),
            gain_line(prompted["gain"]),
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}-curve.svg": precision_recall("EVI, unseen callers", figures["curves"]),
        f"{name}-calibration.svg": reliability("EVI", figures["calibration"]["bins"]),
    }
