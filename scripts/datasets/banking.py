#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn BANKING77 into sessions of two questions that must not be joined.

Each question meets the one of another intent that looks most like it. The intents are so close that
some labels can be argued with, so a false accept rate of 0 is not to be had. negatives.py says how
a session is made.

Example:
  scripts/datasets/banking.py --data ../shared/data/banking77 --events b.jsonl --gold b.gold.jsonl
"""

from __future__ import annotations

from logs import Log, arguments, read_table
from negatives import Question, add_questions


def main() -> None:
    parser = arguments(__doc__, 2_000)
    args = parser.parse_args()
    questions = [
        Question(row["text"], "banking", row["intent"])
        for row in read_table(args.data / "banking77.tsv.xz")
    ]
    log = Log(args.seed)
    add_questions(log, "banking", questions, args.sessions)
    log.write(args)


if __name__ == "__main__":
    main()
