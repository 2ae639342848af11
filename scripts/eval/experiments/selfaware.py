# SPDX-License-Identifier: Apache-2.0
"""Weeks with rewriting switched on while minds change, with and without watching the rewrites."""

from __future__ import annotations

import json
from typing import Any

from context import Context
from report import markdown

name = "selfaware"
title = "Rewriting for weeks, while minds change"
order = 85
needs = ()
scripts = ("eval/selfaware.py",)

SEED = 4711  # not the script's own, with which the rules were written
DRIFT = 5


def run(context: Context) -> dict[str, Any]:
    result = {}
    for history in (4, 26):
        words = ["--weeks", str(context.size(14, 8)), "--drift", str(DRIFT), "--history", str(history)]
        words += ["--seed", str(SEED), "--sessions", str(context.size(6_000, 1_500)), "--json"]
        told = context.python("eval/selfaware.py", "--program", context.binary, *words)
        result[str(history)] = json.loads(told)
    return {"histories": result}


def errors(weeks: list[dict[str, Any]], kind: str) -> str:
    return " ".join(str(week[kind]) for week in weeks)


def render(figures: dict[str, Any]) -> str:
    rows = []
    for history, arms in figures["histories"].items():
        for arm, label in (("aware", "watched"), ("blind", "not watched")):
            weeks = arms[arm]
            rows.append([f"{label}, history {history}", errors(weeks, "type_one"), errors(weeks, "type_two")])
    return "\n\n".join(
        [
            "An assistant serves the rewrites it learnt the week before (`scripts/eval/selfaware.py`); of 40 garbled "
            f"requests 12 begin to mean something else for most people in week {DRIFT}; half of the wrong answers are "
            "logged as successes. Watched: rewritten turns are marked, a tenth of the users is held back. Not watched: "
            "the log shows the rewritten text as if it had been said. Type I: rewrites in service that lead elsewhere "
            "than most people want. Type II: right ones that were learnt and are gone. One number a week. The rules "
            "were written with this simulation at hand (another seed): it shows the mechanism, not what a deployment "
            "will see.",
            markdown(("", "type I, by week", "type II, by week"), rows),
        ]
    )
