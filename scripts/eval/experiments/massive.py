# SPDX-License-Identifier: Apache-2.0
"""Two wordings of one command, or of two, in 18 languages and 10 scripts."""

from __future__ import annotations

from typing import Any

from chart import bars, precision_recall, reliability
from context import Context
from report import study_text
from study import Study

name = "massive"
title = "Other words, other languages: MASSIVE"
order = 40
needs = ("massive",)

SCRIPTS = {
    "ar-SA": "Arabic",
    "fa-IR": "Arabic",
    "bn-BD": "Bengali",
    "hi-IN": "Devanagari",
    "ja-JP": "Japanese",
    "km-KH": "Khmer",
    "ru-RU": "Cyrillic",
    "th-TH": "Thai",
    "zh-CN": "Han",
    "zh-TW": "Han",
}
QUICK = ("en-US", "tr-TR", "ja-JP", "th-TH")


def run(context: Context) -> dict[str, Any]:
    words = ["--seed", str(context.seed), "--sessions", str(context.size(600, 150))]
    for locale in QUICK if context.quick else ():
        words += ["--locale", locale]
    events, gold = context.convert("massive", *words)
    return Study.read(
        gold,
        context.replay(events),
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={
            "locale": lambda row: row["locale"],
            "script": lambda row: SCRIPTS.get(row["locale"], "Latin"),
            "kind": lambda row: row["kind"],
            "earlier turn understood": lambda row: row["understood"],
        },
    ).result()


def render(figures: dict[str, Any]) -> str:
    slices = ("locale", "script", "kind", "earlier turn understood", "wording", "gap")
    return "\n\n".join(
        [
            "Texts and annotations are people's; sessions, times, failures and outcomes are "
            "simulated, and the outcome tells nothing about the kind of a pair, so this is harder "
            "than a log in which people who were served go on to something else.",
            study_text(figures, slices, name),
            "![Average precision by locale](evaluation/massive-locales.svg)",
        ]
    )


def charts(figures: dict[str, Any]) -> dict[str, str]:
    locales = figures["slices"]["locale"]
    rows = [(key, row["ap"]["value"], row["ap"]["interval"]) for key, row in locales.items()]
    return {
        f"{name}-curve.svg": precision_recall("MASSIVE, unseen goals", figures["curves"]),
        f"{name}-calibration.svg": reliability("MASSIVE", figures["calibration"]["bins"]),
        f"{name}-locales.svg": bars("Average precision by locale", rows),
    }
