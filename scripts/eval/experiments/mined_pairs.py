# SPDX-License-Identifier: Apache-2.0
"""Promoted pairs on simulated logs with true goals, per locale and script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mined import SUPPORT, normalised, percent, read_truth, score
from sim_world import LOCALES, script_of

if TYPE_CHECKING:
    from context import Context

name = "mined_pairs"
title = "Promoted pairs: simulated logs with true goals"
order = 70
needs = ("massive", "slurp")

QUICK = ("en-US", "th-TH", "tr-TR")
Row = dict[str, Any]


def run(context: Context) -> Row:
    log, truth = context.work / "log.jsonl.gz", context.work / "truth.jsonl"
    locales = QUICK if context.quick else tuple(LOCALES)
    words = [word for locale in locales for word in ("--locale", locale)]
    users = str(context.size(600, 250))
    context.python(
        "eval/simulate.py", "--data", str(context.data), "--seed", str(context.seed),
        "--users", users, "--out", log, "--truth", truth, *words,
    )  # fmt: skip
    context.replay(log)
    store, secret = log.with_suffix(".store"), context.work / "secret"
    listed = context.call(
        context.binary, "pairs", "--secret", secret, "--store", store, "--json"
    )
    return score(read_truth(truth, SUPPORT), normalised(listed.splitlines()))


def cells(locale: str, row: Row) -> list[str]:
    return [
        locale,
        script_of(locale) if locale in LOCALES else "",
        f"{row['promoted']:,}",
        percent(row["precision"]),
        percent(row["in_session"]["cluster"]),
        percent(row["in_session_written"]["cluster"]),
        percent(row["in_session_misheard"]["cluster"]),
        percent(row["cross_user"]["cluster"]),
        f"{row['in_session']['cluster']['of']:,}",
        f"{row['cross_user']['cluster']['of']:,}",
    ]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def reasons(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason} {count:,}" for reason, count in ranked[:8]) or "none"


def render(figures: Row) -> str:
    head = (
        "locale", "script", "promoted", "precision", "recall in session", "written", "misheard",
        "recall cross-user", "pairs in session", "pairs cross-user",
    )  # fmt: skip
    rows = [cells("all", figures["all"])]
    rows += [cells(locale, row) for locale, row in figures["locales"].items()]
    total = figures["all"]
    return "\n\n".join(
        [
            "`scripts/eval/simulate.py` makes logs of real wordings (MASSIVE), real mishearings "
            "(SLURP, English) and an NLU that has seen 5 % of the labels; "
            "`scripts/eval/mined.py` compares what was promoted with the goals that users had. "
            "10 % of outcomes are logged wrong, and 10 % of failures are followed by another topic.",
            markdown(head, rows),
            f"Per cent. Recall: of the pairs that {SUPPORT} users or more support, in session (said "
            "one after the other for one goal, the later one understood) or cross-user (each said "
            "with success for one goal), those that promoted pairs connect.",
            f"Wrong pairs: {reasons(total.get('wrong', {}))}. What held back the pairs that were "
            f"missed in session: {reasons(total['in_session_missed'].get('each', {}))}; cross-user: "
            f"{reasons(total['cross_user_missed'].get('each', {}))}.",
        ]
    )
