# SPDX-License-Identifier: Apache-2.0
"""Colluding accounts, canary phrases and hubs, through the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attack import MANY, experiment, honest_log
from attack_log import ACCOUNTS, KINDS, PACES

if TYPE_CHECKING:
    from context import Context

name = "attacks"
title = "Attacks and leaks"
order = 80
needs = ()

Row = dict[str, Any]


def run(context: Context) -> Row:
    sessions = context.size(40_000, 8_000)
    log = honest_log(context.binary, context.work, sessions, context.seed)
    return experiment(context.binary, log, context.work, context.size(4, 1), context.seed)


def render(figures: Row) -> str:
    collusion, canaries = figures["collusion"], figures["canaries"]
    head = ["accounts", *(f"{kind}, {pace}" for kind in KINDS for pace in PACES)]
    lines = [head, ["--:"] * len(head)]
    for accounts in ACCOUNTS:
        found = [
            collusion["cells"].get(f"{kind} {pace} {accounts}") for kind in KINDS for pace in PACES
        ]
        shown = [f"{cell['hits']} of {cell['of']}" if cell else "–" for cell in found]
        lines.append([str(accounts), *shown])
    stopped = [
        f"{kind}: " + (", ".join(f"{why} {count}" for why, count in counts.items()) or "nothing")
        for kind, counts in collusion["what_stopped_many"].items()
    ]
    hubs = [
        f"{kind}: {hub['through']} of {hub['sources']}" for kind, hub in figures["hubs"].items()
    ]
    leaked = ", ".join(f"{place} ({n})" for place, n in canaries["leaked"].items()) or "none"
    return "\n\n".join(
        [
            "`scripts/eval/attack.py` puts hostile accounts into an honest log. Attacks that got "
            "through, by number of accounts (*new*: a source that nobody else says, so that only "
            "the attackers would meet the rewrite):",
            "\n".join("| " + " | ".join(line) + " |" for line in lines),
            f"What stopped attacks of {MANY} accounts or more: {'; '.join(stopped)}. Within the "
            f"number of accounts that the honest winner was certified to tolerate: "
            f"{collusion['covered_by_certificate']} attacks, "
            f"{collusion['against_the_certificate']} got through.",
            f"Canary phrases: {canaries['phrases']} in {canaries['looked_at']} outputs; leaked: "
            f"{leaked}. Hub targets that got through: {'; '.join(hubs)}.",
        ]
    )
