#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn Repair-QA into sessions of two turns that must not be joined.

  repair     the question, then what the person said to correct the answer ("no, I meant ...")
  rewrite    the question, then the question that had been meant: most words shared, another meaning

The question was answered (outcome unknown, the answer is the response); there is no NLU. user_id is
a bucket of the hash of the question, so all its repairs are in one part of the split. The set is
for measuring only (non-commercial licence): keep nothing that is made of it.

Example:
  scripts/datasets/repair_qa.py --data ../shared/data/repair-qa --events r.jsonl --gold r.gold.jsonl
"""

from __future__ import annotations

from collections.abc import Callable

from logs import Log, Row, Said, arguments, folded, read_objects, user_of
from negatives import likeness_band

REPAIRS = ("TPR-1", "TPR-2", "TPR-3", "TPR-4")


def label_of(kind: str) -> Callable[[Said, Said], Row]:
    def label(a: Said, b: Said) -> Row:
        return {"same": False, "kind": kind, "likeness": likeness_band(a.text, b.text)}

    return label


def add_question(log: Log, row: Row) -> None:
    user = user_of("repair", row["question"])
    laters = [("rewrite", row["Ref-Rewrite"])]
    laters += [("repair", row.get(key)) for key in REPAIRS]
    for kind, text in laters:
        if not text or not text.strip() or folded(text) == folded(row["question"]):
            continue
        turns = [
            Said(row["question"], "A", response=row["long-answer"] or ""),
            Said(text, "B", response=row["TPR-Ans"] or ""),
        ]
        log.add(user, "en-US", turns, label_of(kind))


def main() -> None:
    parser = arguments(__doc__, 3_400)
    args = parser.parse_args()
    log = Log(args.seed)
    rows = list(read_objects(args.data / "repair_qa.jsonl.xz"))
    for row in log.rng.sample(rows, min(args.sessions, len(rows))):
        add_question(log, row)
    log.write(args)


if __name__ == "__main__":
    main()
