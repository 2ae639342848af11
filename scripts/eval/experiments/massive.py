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


def values(row: dict[str, Any]) -> str:
    """More annotated values leave less room for what the annotation does not say."""
    if row["kind"] != "paraphrase":
        return ""
    return "1 value" if row["values"] == 1 else "2 values or more"


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
            "values of a paraphrase": values,
            "earlier turn understood": lambda row: row["understood"],
        },
    ).result()


def spread(locales: dict[str, Any]) -> str:
    """How far the languages are apart, in one sentence."""
    ranked = sorted((row["ap"]["value"], locale) for locale, row in locales.items())
    low, high = ranked[0], ranked[-1]
    english = locales["en-US"]["ap"]["value"]
    return (
        f"Average precision by locale: lowest {low[0]:.3f} ({low[1]}), highest {high[0]:.3f} "
        f"({high[1]}), English {english:.3f}."
    )


def render(figures: dict[str, Any]) -> str:
    slices = (
        *("locale", "script", "kind", "values of a paraphrase", "earlier turn understood"),
        *("wording", "gap"),
    )
    return "\n\n".join(
        [
            "Texts and annotations are people's; sessions, times, failures and outcomes are "
            "simulated, and the outcome tells nothing about the kind of a pair, so this is harder "
            "than a log in which people who were served go on to something else.",
            study_text(figures, slices, name),
            spread(figures["slices"]["locale"]),
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
