#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the English calls of EVI into interaction events and gold pairs "said again".

A caller is asked for postcode, name and date of birth, three times each. Saying an item once more
is the same goal, whatever the spelling; two items are two goals. Gold has every two turns of a call
at most 3 turns and 90 s apart.

  utterance   the recogniser's best hypothesis; asr.nbest: its list. Empty ones are no events; their
              gold pairs stay, with "reachable": false.
  outcome     unknown. With --signals the log says what the assistant did next: "reprompt" where it
              asked for the same item again. That gives much of the answer away: the repeats of
              this set are prompted, not caused by a failure.
  nlu         none
  ts          there is none in the set: 400 ms for every word, 6 s for the prompt.
  user_id     the speaker. The id of unknown callers is no person: its calls are left out.

  kind        item/item, e.g. "postcode/postcode" is a positive, "postcode/name" a negative
  same_list   the two n-best lists are equal (nothing is reworded there)

Example:
  scripts/datasets/evi.py --data ../shared/data/evi --events evi.jsonl --gold evi.gold.jsonl
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from logs import (
    SESSION_MS,
    START_MS,
    Log,
    Row,
    arguments,
    close_pairs,
    gold_row,
    hash_bits,
    open_packed,
)

UNKNOWN_CALLER = "655fcc84e80a2419a2996669cda5ce69"
WORD_MS = 400
PROMPT_MS = 6_000
NBEST = 32


def read_calls(path: Path) -> Iterator[list[dict[str, str]]]:
    """The turns of one call after the other, in order; calls sorted by id."""
    calls: dict[str, list[dict[str, str]]] = {}
    with open_packed(path) as file:
        for row in csv.DictReader(file, delimiter="\t"):
            calls.setdefault(row["dialogue_id"], []).append(row)
    for call in sorted(calls):
        yield sorted(calls[call], key=lambda row: int(row["turn_num"]))


def event_of(call: list[dict[str, str]], i: int, ts: int, signals: bool) -> Row:
    row = call[i]
    again = i + 1 < len(call) and call[i + 1]["item"] == row["item"]
    nbest = [text for text in json.loads(row["nbest"] or "[]") if text.strip()][:NBEST]
    event: Row = {
        "event_id": f"{row['dialogue_id']}#{int(row['turn_num']):02d}",
        "ts": ts,
        "user_id": row["speaker_id"],
        "session_id": row["dialogue_id"],
        "locale": "en-GB",
        "utterance": row["transcription"],
    }
    if nbest:
        event["asr"] = {"nbest": nbest}
    marked = ["reprompt"] if signals and again else []
    return event | {"outcome": {"status": "unknown", "signals": marked}}


def add_call(log: Log, call: list[dict[str, str]], signals: bool) -> None:
    speaker = call[0]["speaker_id"]
    ts = START_MS + log.sessions[speaker] * SESSION_MS + hash_bits(speaker) % SESSION_MS
    log.sessions[speaker] += 1
    rows = []
    for i, row in enumerate(call):
        ts += PROMPT_MS
        rows.append(event_of(call, i, ts, signals))
        ts += WORD_MS * len(row["transcription"].split())
    log.events += (row for row in rows if row["utterance"].strip())
    for i, j in close_pairs([row["ts"] for row in rows]):
        log.gold.append(
            gold_row(rows[i], rows[j], j - i)
            | {
                "same": call[i]["item"] == call[j]["item"],
                "kind": f"{call[i]['item']}/{call[j]['item']}",
                "same_list": call[i]["nbest"] == call[j]["nbest"],
            }
        )


def convert(calls: Iterable[list[dict[str, str]]], sessions: int, signals: bool) -> Log:
    log = Log(0)
    taken = 0
    for call in calls:
        if call[0]["speaker_id"] != UNKNOWN_CALLER and taken < sessions:
            add_call(log, call, signals)
            taken += 1
    return log


def main() -> None:
    parser = arguments(__doc__, 100_000)
    parser.add_argument("--signals", action="store_true", help="log the assistant's reprompts")
    args = parser.parse_args()
    calls = read_calls(args.data / "dialogues.en.tsv.xz")
    convert(calls, args.sessions, args.signals).write(args)


if __name__ == "__main__":
    main()
