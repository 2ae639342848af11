#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What changed between two runs of the evaluation: two results.json, figure by figure.

A figure whose new value lies outside the old interval is marked with *. The intervals are of one
run each; the pairs are the same where sizes and seeds are, so smaller differences may be real too.

Example:
  scripts/eval/compare.py docs/evaluation/results.json build/evaluation/evaluation/results.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metrics import table

Row = dict[str, Any]
Cell = tuple[str, Any]  # value with its interval, under a name
LEAST = 0.0005


def cells_of(name: str, figures: Row) -> Iterator[Cell]:
    """The judge's figures of one experiment: of studies, of hard negatives, of mined pairs."""
    if "gain" in figures:
        judge = figures["figures"][0]
        for key in ("ap", "f1", "precision", "recall", "false_accept"):
            yield f"{name}: {key}", judge[key]
        yield f"{name}: ece", {"value": figures["calibration"]["ece"], "interval": None}
        for cut, parts in figures["slices"].items():
            for part, row in parts.items():
                key = "ap" if row["ap"]["value"] is not None else "recall"
                key = "false_accept" if row[key]["value"] is None else key
                yield f"{name}, {cut} {part}: {key}", row[key]
    elif "all" in figures:
        for locale, row in [("all", figures["all"]), *figures["locales"].items()]:
            for key, cell in (("precision", row["precision"]), ("recall", row["in_session"])):
                told = cell.get("cluster", cell)
                between = told["interval"] if told["of"] else None
                yield f"{name}, {locale}: {key}", {"value": told["share"], "interval": between}
    else:
        for part, row in figures.items():
            if isinstance(row, dict) and "accepted" in row:
                first = row["accepted"][0]
                value = {"value": first["false_accept"], "interval": first["interval"]}
                yield f"{name}, {part}: false_accept", value


def differences(old: Row, new: Row, everything: bool) -> Iterator[tuple[str, str, str, str]]:
    """Name, before, after, change; only what changed, and without slices unless asked for."""
    for name in sorted(old.keys() & new.keys()):
        if "figures" not in old[name] or "figures" not in new[name]:
            continue
        after = dict(cells_of(name, new[name]["figures"]))
        for key, cell in cells_of(name, old[name]["figures"]):
            if key not in after or None in (cell["value"], after[key]["value"]):
                continue
            change = after[key]["value"] - cell["value"]
            is_slice = "gain" in old[name]["figures"] and key.startswith(f"{name}, ")
            if abs(change) < LEAST or (is_slice and not everything):
                continue
            low, high = cell["interval"] or (cell["value"], cell["value"])
            mark = "" if low <= after[key]["value"] <= high else " *"
            before, now = f"{cell['value']:.3f}", f"{after[key]['value']:.3f}"
            yield key, before, now, f"{change:+.3f}{mark}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--all", action="store_true", help="slices too")
    args = parser.parse_args()
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (args.old, args.new))
    rows = list(differences(old, new, args.all))
    print(table(("", "before", "after", "change"), rows) if rows else "nothing changed")


if __name__ == "__main__":
    main()
