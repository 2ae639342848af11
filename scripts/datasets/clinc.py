#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn CLINC150 into sessions of two queries that must not be joined.

Each query meets the one of another intent that looks most like it; an out-of-scope query meets the
in-scope one that looks most like it. Two queries of one intent may want different things (there are
no slots), so the set has no positives. negatives.py says how a session is made.

Example:
  scripts/datasets/clinc.py --data ../shared/data/clinc150 --events c.jsonl --gold c.gold.jsonl
"""

from __future__ import annotations

from logs import Log, arguments, read_table
from negatives import Question, add_questions

OUT_OF_SCOPE = "oos"


def main() -> None:
    parser = arguments(__doc__, 3_000)
    args = parser.parse_args()
    questions = [
        Question(row["text"], row["domain"], "" if row["intent"] == OUT_OF_SCOPE else row["intent"])
        for row in read_table(args.data / "clinc150.tsv.xz")
    ]
    log = Log(args.seed)
    add_questions(log, "clinc", questions, args.sessions)
    log.write(args)


if __name__ == "__main__":
    main()
