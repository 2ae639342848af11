#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn SLURP's recogniser texts into sessions: one take misunderstood, then one understood.

  utterance   what the recogniser heard; nlu: what the NLU of the set made of that (scenario and
              action predicted apart, slots), with no confidence
  A           a take that the NLU got wrong (intent or slots), each at most once
  B           a take that it got right: of the same sentence by another take ("same sentence"), of
              another sentence with the same intent and slots ("paraphrase"), of one with the same
              intent and other values, with another intent and a like text, or unrelated
  D           before them, an unrelated take that went well

Outcomes are simulated alike for every kind (commands.py): nothing can be learnt from them. One
utterance through two microphones is one take. Texts with "< unk >" are left out, and so are
general_* and qa_* intents. user_id is a bucket of the hash of the gold goal.

Example:
  scripts/datasets/slurp.py --data ../shared/data/slurp --events slurp.jsonl --gold slurp.gold.jsonl
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from commands import SHARES, Command, Shelf, goal_text, label_of, turn
from logs import Log, Row, Said, arguments, folded, read_objects, user_of

CATCH_ALL = ("general", "qa")
# In turn; the same sentence most often, as few sentences have a take of either sort.
TURNS = (
    "same sentence",
    "other values",
    "same sentence",
    "other intent",
    "same sentence",
    "paraphrase",
    "same sentence",
    "unrelated",
)
MICROPHONE = "-headset"


@dataclass
class Sentence:
    """What was to be said, and its takes: file without the microphone -> row."""

    text: str
    intent: str
    values: tuple[tuple[str, str], ...]
    good: dict[str, Row] = field(default_factory=dict)
    bad: dict[str, Row] = field(default_factory=dict)

    @property
    def command(self) -> Command:
        goal = goal_text(self.intent, self.values)
        return Command(self.text, self.intent, self.values, goal)


def values_of(slots: Iterable[Row]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((slot["type"], folded(slot["filler"])) for slot in slots))


def take_of(row: Row) -> str:
    return str(row["file"]).rpartition(".")[0].replace(MICROPHONE, "")


def understood(row: Row) -> bool:
    return bool(row["intent_ok"]) and values_of(row["pred_slots"]) == values_of(row["gold_slots"])


def read_sentences(rows: Iterable[Row]) -> list[Sentence]:
    sentences: dict[int, Sentence] = {}
    for row in sorted(rows, key=lambda row: (row["slurp_id"], row["file"])):
        if row["gold_scenario"] in CATCH_ALL or "unk" in row["asr_text"].split():
            continue
        if not row["asr_text"].strip():
            continue
        sentence = sentences.setdefault(
            row["slurp_id"],
            Sentence(
                row["gold_text"],
                f"{row['gold_scenario']}_{row['gold_action']}",
                values_of(row["gold_slots"]),
            ),
        )
        (sentence.good if understood(row) else sentence.bad).setdefault(take_of(row), row)
    return [sentences[key] for key in sorted(sentences)]


def nlu_of(row: Row) -> Row:
    slots: list[Row] = []
    for slot in row["pred_slots"]:
        start = row["asr_text"].find(slot["filler"])
        found: Row = {"name": slot["type"], "value": slot["filler"]}
        if start >= 0 and slot["filler"]:
            found |= {"start": start, "end": start + len(slot["filler"])}
        slots.append(found)
    intent = f"{row['pred_scenario']}_{row['pred_action']}"
    return {"domain": row["pred_scenario"], "intent": intent, "slots": slots}


def spoken(log: Log, row: Row, goal: str, quality: str) -> Said:
    return turn(log, row["asr_text"], goal, nlu_of(row), quality)


class Sessions:
    """The sentences of one part, and the ways to make a session of them."""

    def __init__(self, log: Log, sentences: list[Sentence]) -> None:
        self.log = log
        self.sentences = sentences
        self.shelf = Shelf([sentence.command for sentence in sentences])

    def good_take(self, i: int | None, not_take: str = "") -> Row | None:
        if i is None:
            return None
        takes = sorted(take for take in self.sentences[i].good if take != not_take)
        return self.sentences[i].good[self.log.rng.choice(takes)] if takes else None

    def later(self, kind: str, i: int, take: str) -> Row | None:
        if kind == "same sentence":
            return self.good_take(i, take)
        if not self.shelf.fits(kind, i):
            return None
        return self.good_take(self.shelf.partner(self.log, kind, i))

    def before(self, i: int) -> Row | None:
        for _ in range(20):
            row = self.good_take(self.shelf.unrelated(self.log, i))
            if row:
                return row
        return None

    def add(self, i: int, take: str, kind: str) -> bool:
        a, b, d = self.sentences[i].bad[take], self.later(kind, i, take), self.before(i)
        if b is None or d is None or d["gold_scenario"] == b["gold_scenario"]:
            return False
        turns = [
            spoken(self.log, d, "D", "good"),
            spoken(self.log, a, "A", "bad"),
            spoken(self.log, b, "B", "good"),
        ]
        user = user_of("assistant", self.shelf.commands[i].block)
        more = {"intent_right": bool(a["intent_ok"])}
        label = label_of(kind, more)
        self.log.add(user, "en-US", turns, label)
        return True

    def add_all(self, wanted: int) -> None:
        """Each misunderstood take opens one session; the next kind if it has no partner of one."""
        takes = [(i, take) for i, s in enumerate(self.sentences) for take in sorted(s.bad)]
        self.log.rng.shuffle(takes)
        for number, (i, take) in enumerate(takes[:wanted]):
            first = number % len(TURNS)
            any(self.add(i, take, kind) for kind in TURNS[first:] + TURNS[:first])


def main() -> None:
    parser = arguments(__doc__, 4_000)
    args = parser.parse_args()
    sentences = read_sentences(read_objects(args.data / "test_asr.jsonl.xz"))
    log = Log(args.seed)
    for part, share in SHARES:
        own = [sentence for sentence in sentences if sentence.command.part == part]
        Sessions(log, own).add_all(round(args.sessions * share))
    log.write(args)


if __name__ == "__main__":
    main()
