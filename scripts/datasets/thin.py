#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Take from the events of a log what a poorer log would not have.

A judge that was fitted to rich logs alone reads the silence of a poor one as a sign. So it is
fitted to both.

  --without nlu          no interpretation
  --without outcome      no status, signal or answer
  --without signals      answers stay; status and signals go
  --without confidence   no recogniser confidence (other hypotheses stay)

Example:
  scripts/datasets/thin.py --without nlu --without outcome calls.jsonl > text-only.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

PARTS = ("nlu", "outcome", "signals", "confidence")


def thinned(event: dict[str, Any], without: frozenset[str]) -> dict[str, Any]:
    """A copy of the event without those parts."""
    gone = without & {"nlu", "outcome"}
    result = {key: value for key, value in event.items() if key not in gone}
    if "signals" in without and "outcome" in result:
        response = result["outcome"].get("response")
        result["outcome"] = {"response": response} if response else {}
    if "confidence" in without and "asr" in result:
        result["asr"] = {k: v for k, v in result["asr"].items() if k != "confidence"}
    return {key: value for key, value in result.items() if value != {}}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--without", action="append", choices=PARTS, required=True)
    parser.add_argument("events", help="a log, one JSON event a line")
    args = parser.parse_args()
    without = frozenset(args.without)
    with open(args.events, encoding="utf-8") as lines:
        for line in lines:
            event = thinned(json.loads(line), without)
            sys.stdout.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
