# SPDX-License-Identifier: Apache-2.0
"""What hostile accounts, a person's secrets and popular targets can do to what is learnt."""

from __future__ import annotations

import json
from typing import Any

from context import Context
from report import markdown

name = "attacks"
title = "Attacks, canaries, hubs"
order = 80
needs = ()
scripts = ("eval/attack.py",)

SEED = 5


def run(context: Context) -> dict[str, Any]:
    words = ["--seed", str(SEED), "--sessions", str(context.size(40_000, 8_000))]
    words += ["--repeats", str(context.size(12, 1))]
    told = context.python("eval/attack.py", "--binary", context.binary, "--json", *words)
    return dict(json.loads(told))


def sweep(cells: dict[str, dict[str, int]]) -> str:
    """Kind and pace down, number of accounts across; keys are "kind pace accounts"."""
    accounts = sorted({int(key.split()[2]) for key in cells})
    rows: dict[str, list[str]] = {}
    for key, cell in cells.items():
        kind, pace, count = key.split()
        row = rows.setdefault(f"{kind}, {pace}", ["–"] * len(accounts))
        row[accounts.index(int(count))] = f"{cell['hits']}/{cell['of']}"
    head = ["got through, by accounts", *map(str, accounts)]
    return markdown(head, [[label, *row] for label, row in rows.items()])


def render(figures: dict[str, Any]) -> str:
    collusion, canaries = figures["collusion"], figures["canaries"]
    hubs = [
        [kind, f"{hub['sources']}", f"{hub['candidates']}", f"{hub['through']}"]
        for kind, hub in figures["hubs"].items()
    ]
    return "\n\n".join(
        [
            "`scripts/eval/attack.py` puts hostile and revealing turns into a generated log of "
            f"honest users ({figures['honest_promoted']:,} promoted pairs) and looks at what comes "
            "out; its `--help` says what each kind is.",
            sweep(collusion["cells"]),
            f"Of {collusion['attacks']:,} attacks, {collusion['covered_by_certificate']:,} were "
            "within the certified number of accounts of the pair they attacked; "
            f"{collusion['against_the_certificate']:,} of those got through.",
            f"Canaries: {canaries['phrases']:,} phrases that one to four accounts say, looked for "
            f"in {canaries['looked_at']:,} outputs; found in {len(canaries['leaked']):,}.",
            markdown(("hub", "sources", "candidates", "got through"), hubs),
        ]
    )
