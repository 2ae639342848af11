# SPDX-License-Identifier: Apache-2.0
"""Figures to Markdown: the tables that experiments share, and the page around them.

The page comes from docs/evaluation/template.md, which holds everything that is written by hand.
There "{{summary}}" stands for one line for each set of pairs, "{{results}}" for all experiments,
each under its title, "{{settings}}" for how they were run. Nothing is read from an earlier page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from baselines import Row

NONE = "–"
BESIDE = ("recall", "f1", "ap", "false_accept")  # of a baseline, in the tables of slices
NOTE = "<!-- Written by scripts/eval/run from docs/evaluation/template.md; edit that. -->"


def share(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def measured(cell: Row | None) -> str:
    """A figure with its interval."""
    if not cell or cell["value"] is None:
        return NONE
    if not cell["interval"]:
        return share(cell["value"])
    low, high = cell["interval"]
    return f"{cell['value']:.3f} ({low:.3f}–{high:.3f})"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column to the left, the others to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def population(figures: Row) -> str:
    return (
        f"{figures['users']} users in the report part, {figures['users_elsewhere']} in the others; "
        f"{figures['pairs']:,} gold pairs, of which {figures['said_again']:,} say the same again; "
        f"{figures['never_judged']:,} pairs were never judged "
        f"({figures['never_judged_said_again']:,} of them positive: they count as misses)."
    )


def figures_table(rows: Iterable[Row]) -> str:
    """The judge above the baselines; average precision only once for a scorer."""
    lines = []
    told: set[str] = set()
    for row in rows:
        ap = measured(row["ap"]) if row["what"] not in told else ""
        told.add(row["what"])
        mark = "*" if row["chosen"] != "fixed" else ""
        lines.append(
            [
                f"{row['what']} ≥ {row['threshold']:.3g}{mark}",
                measured(row["precision"]),
                measured(row["recall"]),
                measured(row["f1"]),
                ap,
                share(row["false_accept"]["value"]),
            ]
        )
    head = ("", "precision", "recall", "F1", "average precision", "false accepts")
    return markdown(head, lines)


def gain_line(gain: Row | None) -> str:
    if not gain:
        return ""
    between = ""
    if gain["interval"]:
        low, high = gain["interval"]
        between = f" ({low:+.3f} to {high:+.3f}, resampled together)"
    return (
        f"Average precision against the best baseline, {gain['over']}: "
        f"{gain['value']:+.3f}{between}."
    )


def slice_table(name: str, parts: dict[str, Row]) -> str:
    lines = [
        [
            part,
            f"{row['pairs']:,}",
            f"{row['said_again']:,}",
            measured(row["precision"]),
            measured(row["recall"]),
            measured(row["f1"]),
            measured(row["ap"]),
            measured(row["false_accept"]),
            *(share(row["edit_similarity"][key]["value"]) for key in BESIDE),
        ]
        for part, row in parts.items()
    ]
    head = (
        *(name, "pairs", "again", "precision", "recall", "F1", "AP", "false accepts"),
        *("edit: recall", "edit: F1", "edit: AP", "edit: f. a."),
    )
    return markdown(head, lines)


def edge_table(types: dict[str, Row]) -> str:
    lines = [
        [
            kind,
            f"{row['judged']:,}",
            f"{row['accepted']:,}",
            f"{row['said_again']:,}",
            f"{row['right']:.3f} ({row['interval'][0]:.3f}–{row['interval'][1]:.3f})",
        ]
        for kind, row in types.items()
    ]
    head = ("edge type", "judged", "accepted", "again, by gold", "share right")
    return markdown(head, lines)


def kinds_table(kinds: dict[str, dict[str, int]]) -> str:
    """Kinds of the gold down, types given across; nothing where the gold tells no kinds."""
    if not kinds:
        return ""
    types = sorted({name for row in kinds.values() for name in row})
    lines = [[kind, *(f"{row.get(name, 0):,}" for name in types)] for kind, row in kinds.items()]
    return markdown(("kind, by gold", *types), lines)


def calibration_table(calibration: Row) -> str:
    lines = [
        [
            f"{cell['from']:.1f}–{cell['from'] + 0.1:.1f}",
            f"{cell['pairs']:,}",
            share(cell["mean_p"]),
            f"{cell['share']:.3f} ({cell['interval'][0]:.3f}–{cell['interval'][1]:.3f})",
        ]
        for cell in calibration["bins"]
    ]
    table = markdown(("p", "pairs", "mean p", "share said again"), lines)
    return (
        f"{table}\n\nExpected calibration error {share(calibration['ece'])}, "
        f"Brier score {share(calibration['brier'])}."
    )


def study_text(figures: Row, slices: Sequence[str], image: str = "") -> str:
    """What a study of pairs tells, in the order of the questions asked of it."""
    parts = [population(figures), figures_table(figures["figures"]), gain_line(figures["gain"])]
    if image:
        parts.append(
            f"![Precision and recall](evaluation/{image}-curve.svg) "
            f"![Calibration](evaluation/{image}-calibration.svg)"
        )
    parts += [slice_table(name, figures["slices"][name]) for name in slices]
    parts.append(edge_table(figures["edge_types"]))
    parts.append(kinds_table(figures["types_of_kinds"]))
    parts.append(calibration_table(figures["calibration"]))
    return "\n\n".join(part for part in parts if part)


def summary_row(title: str, figures: Row) -> list[str]:
    """One set of pairs in one line: the judge, and the best baseline by average precision."""
    judge, gain = figures["figures"][0], figures["gain"]
    best = next(row for row in figures["figures"] if row["what"] == gain["over"])
    return [
        title,
        f"{figures['pairs']:,} / {figures['said_again']:,}",
        measured(judge["ap"]),
        f"{share(best['ap']['value'])} ({gain['over']})",
        measured(judge["f1"]),
        share(judge["precision"]["value"]),
        share(judge["recall"]["value"]),
        share(figures["calibration"]["ece"]),
    ]


def summary_text(entries: Iterable[tuple[str, Row]]) -> str:
    """`entries`: title and figures of the experiments that are studies of pairs."""
    head = (
        "",
        "pairs / again",
        "average precision",
        "best baseline",
        "F1 at p ≥ 0.5",
        "precision",
        "recall",
        "ECE",
    )
    return markdown(head, [summary_row(title, f) for title, f in entries if f.get("gain")])


def settings_text(results: Row) -> str:
    """How each experiment was run; one line where all were run alike."""
    lines = []
    for name, entry in sorted(results.items()):
        if "skipped" in entry:
            lines.append([name, NONE, NONE, NONE, NONE])
            continue
        s: dict[str, Any] = entry["settings"]
        quick = "quick" if s["quick"] else "full"
        lines.append([name, s["program"], quick, str(s["seed"]), str(s["resamples"])])
    return markdown(("experiment", "program", "size", "seed", "resamples"), lines)


def page(template: str, parts: dict[str, str]) -> str:
    """The template with every {{name}} of `parts` filled in."""
    for name, text in parts.items():
        template = template.replace("{{" + name + "}}", text)
    return f"{NOTE}\n{template}"
