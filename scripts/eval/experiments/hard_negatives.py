# SPDX-License-Identifier: Apache-2.0
"""Pairs that look alike and must not be joined: the share that the judge would accept."""

from __future__ import annotations

from typing import Any

from context import Context
from report import markdown, measured, share
from study import Study, false_accepts

name = "hard_negatives"
title = "Hard negatives: CLINC150, BANKING77, Repair-QA"
order = 50
needs = ("clinc150", "banking77", "repair-qa")

SETS = (  # converter, folder, sessions, quick, further slices
    ("clinc", "clinc150", 3_000, 300, ("kind", "understood", "likeness")),
    ("banking", "banking77", 2_000, 200, ("understood", "likeness")),
    ("repair_qa", "repair-qa", 3_400, 400, ("kind", "likeness")),
)


def one(context: Context, row: tuple[str, str, int, int, tuple[str, ...]]) -> dict[str, Any]:
    converter, folder, full, quick, cuts = row
    words = ["--seed", str(context.seed), "--sessions", str(context.size(full, quick))]
    events, gold = context.convert(converter, *words, folder=folder)
    found = Study.read(
        gold,
        context.replay(events),
        events,
        resamples=context.resamples,
        seed=context.seed,
        slices={cut: (lambda cut: lambda pair: str(pair[cut]))(cut) for cut in cuts},
    )
    sliced = found.sliced()
    return {
        "users": len({pair["user"] for pair in found.here}),
        "pairs": len(found.here),
        "accepted": false_accepts(found),
        "slices": {
            cut: {
                part: {"pairs": cell["pairs"], "false_accept": cell["false_accept"]}
                for part, cell in sliced[cut].items()
            }
            for cut in (*cuts, "gap")
        },
    }


def run(context: Context) -> dict[str, Any]:
    return {row[0]: one(context, row) for row in SETS}


def accepted_rows(figures: dict[str, Any]) -> list[list[str]]:
    """One row for a scorer at a threshold, one column for a set."""
    columns = [figures[row[0]]["accepted"] for row in SETS]
    return [
        [
            f"{cells[0]['what']} ≥ {cells[0]['threshold']:.3g}",
            *(
                measured({"value": cell["false_accept"], "interval": cell["interval"]})
                for cell in cells
            ),
        ]
        for cells in zip(*columns)
    ]


def render(figures: dict[str, Any]) -> str:
    head = ["share accepted", *(f"{row[1]} ({figures[row[0]]['pairs']:,} pairs)" for row in SETS)]
    parts = [
        "Each turn is followed by the one of another intent that looks most like it (Repair-QA: by "
        "the correction of the answer, or by the question that had been meant). The earlier turn "
        "fails and the later one succeeds, as in a retry (Repair-QA: unknown), so only text and "
        "interpretation can tell.",
        markdown(head, accepted_rows(figures)),
    ]
    for converter, folder, _, _, _ in SETS:
        lines = [
            [f"{cut}: {part}", f"{cell['pairs']:,}", share(cell["false_accept"]["value"])]
            for cut, cells in figures[converter]["slices"].items()
            for part, cell in cells.items()
        ]
        parts.append(markdown((folder, "pairs", "accepted by the judge"), lines))
    return "\n\n".join(parts)
