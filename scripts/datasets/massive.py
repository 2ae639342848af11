#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the commands of MASSIVE, in any of its locales, into sessions with gold pairs.

Two commands want the same thing when their intents and all slot values are equal, in the locale's
own annotation AND in the English one of the same ids; they want other things when the values differ
clearly in both. What is left between (a value localised in two ways, "eight" and "eight am") is in
no pair. general_* and qa_* are catch-all intents and left out. commands.py says how a session is
made.

  nlu      the annotation, with confidence 0.9; for the failed turn nothing, or the intent of
           another command, or the right one, a third each (gold: "understood")
  user_id  a bucket of the hash of the English goal, the same in all locales, so that the wordings
           of a goal are in one part of the split in every language at once
  text     th-TH and km-KH: spaces between words and U+200B are taken out, as nobody types them

Example:
  scripts/datasets/massive.py --data ../shared/data/massive --locale ja-JP --locale tr-TR \\
      --events massive.jsonl --gold massive.gold.jsonl
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from commands import Command, add_locale, goal_text
from logs import Log, Row, arguments, folded, read_table

LOCALES = (
    "ar-SA", "bn-BD", "de-DE", "en-US", "es-ES", "fa-IR", "fi-FI", "fr-FR", "hi-IN",
    "ja-JP", "km-KH", "pt-PT", "ru-RU", "sv-SE", "th-TH", "tr-TR", "zh-CN", "zh-TW",
)  # fmt: skip
SPACED_BY_HAND = ("th-TH", "km-KH")
SLOT = re.compile(r"\[\s*([^\s:\]]+)\s*:\s*([^\]]*?)\s*\]")
CATCH_ALL = ("general_", "qa_")


@dataclass(frozen=True)
class Plain:
    """A row of a table."""

    text: str
    scenario: str
    intent: str
    slots: tuple[tuple[str, str], ...]  # in order of the text

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((slot, folded(value)) for slot, value in self.slots))


def as_typed(text: str, locale: str) -> str:
    return re.sub("[ \u200b]", "", text) if locale in SPACED_BY_HAND else text


def read_locale(folder: Path, locale: str) -> dict[str, Plain]:
    rows = {}
    for row in read_table(folder / f"{locale}.tsv.xz"):
        if row["intent"].startswith(CATCH_ALL):
            continue
        slots = tuple(
            (slot, as_typed(value, locale)) for slot, value in SLOT.findall(row["annot_utt"])
        )
        text = as_typed(row["utt"], locale)
        rows[row["id"]] = Plain(text, row["scenario"], row["intent"], slots)
    return rows


def nlu_of(row: Plain) -> Row:
    """Values are looked for from left to right; one that is not found has no place."""
    slots: list[Row] = []
    position = 0
    for slot, value in row.slots:
        start = row.text.find(value, position)
        if start < 0:
            value = value.replace(" ", "")
            start = row.text.find(value, position)
        found: Row = {"name": slot, "value": value}
        if start >= 0 and value:
            position = start + len(value)
            found |= {"start": start, "end": position}
        slots.append(found)
    return {"domain": row.scenario, "intent": row.intent, "confidence": 0.9, "slots": slots}


def commands_of(rows: dict[str, Plain], english: dict[str, Plain]) -> list[Command]:
    return [
        Command(
            row.text,
            row.intent,
            row.values,
            goal_text(english[key].intent, english[key].values),
            nlu_of(row),
            english[key].values,
        )
        for key, row in sorted(rows.items())
        if key in english and row.text.strip()
    ]


def main() -> None:
    parser = arguments(__doc__, 600)
    parser.add_argument(
        "--locale", action="append", choices=LOCALES, help="may be repeated; all without it"
    )
    args = parser.parse_args()
    english = read_locale(args.data, "en-US")
    log = Log(args.seed)
    for locale in args.locale or LOCALES:
        rows = english if locale == "en-US" else read_locale(args.data, locale)
        add_locale(log, commands_of(rows, english), locale, args.sessions)
    log.write(args)


if __name__ == "__main__":
    main()
