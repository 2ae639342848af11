#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Label projection against human annotation, through the whole program.

Of a MASSIVE locale, five people succeed with every wording of the train part, as it is annotated: that is the world as
the program knows it. Then, for a wording of the test part and one of the train part, five others fail with the first and
succeed with the second. What the weekly set then says about the first is compared with the first's own annotation, which
the program never saw. There are three kinds of such pairs:

  as written    both mean the same: intent and slot values are equal
  misheard      so they do, but letters of the first are changed inside words, slots included; true spans move along
  other values  the intent is the same and the first says something like every value of the second, but their values
                differ: people gave up a detail, or said another one. Here most labels would be wrong.

Judging and promotion are opened wide, so that projection alone decides what is exported.

    scripts/eval/projection.py --binary build/release/rephrased --data ../shared/data [--locale L]... [--json]
"""
from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import lzma
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from typing import Any, Iterator

PEOPLE = 5
SLOT = re.compile(r"\[\s*([^:\]]+?)\s*:\s*([^\]]+?)\s*\]")
CATCH_ALL = ("general_", "qa_")
WEEK = "2026-W02"
START_MS = 1767571200000  # 2026-01-05, a Monday
CONFIG = """judge:
  accept: 0
  record_floor: 0
promotion:
  synonymy: 0
  min_days: 1
  max_user_share: 1
  protected_intents: []
  allow_unprotected: true
  control_intents: []
export:
  max_intent_rows: 0
"""


@dataclasses.dataclass(frozen=True)
class Span:
    name: str
    start: int  # code points of the wording's text
    end: int


@dataclasses.dataclass(frozen=True)
class Wording:
    text: str
    spans: tuple[Span, ...]

    def values(self) -> list[tuple[str, str]]:
        return [(span.name, self.text[span.start : span.end]) for span in self.spans]


@dataclasses.dataclass(frozen=True)
class Row:
    part: str
    intent: str
    wording: Wording

    def goal(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        return self.intent, tuple(sorted(self.wording.values()))


def annotated(utterance: str, annotation: str) -> Wording | None:
    """The annotation's spans on the utterance, which may have other white space."""
    places = [at for at, letter in enumerate(utterance) if not letter.isspace()]
    plain, spans, done = "", [], 0
    for found in SLOT.finditer(annotation):
        plain += "".join(annotation[done : found.start()].split())
        value = "".join(found.group(2).split())
        spans.append((found.group(1), len(plain), len(plain) + len(value)))
        plain += value
        done = found.end()
    plain += "".join(annotation[done:].split())
    if plain != "".join(utterance.split()) or any(start == end for _, start, end in spans):
        return None
    return Wording(utterance, tuple(Span(name, places[a], places[b - 1] + 1) for name, a, b in spans))


def canonical(wording: Wording) -> Wording:
    """As the program exports text: NFC, white space folded."""
    folded = " ".join(wording.text.split())
    if folded != wording.text:
        return Wording("", ())
    text = unicodedata.normalize("NFC", wording.text)
    spans = tuple(
        Span(
            span.name,
            len(unicodedata.normalize("NFC", wording.text[: span.start])),
            len(unicodedata.normalize("NFC", wording.text[: span.end])),
        )
        for span in wording.spans
    )
    return Wording(text, spans)


def read_rows(path: pathlib.Path) -> list[Row]:
    """Rows with an annotation that fits its text; of equal texts the first."""
    rows: dict[str, Row] = {}
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        head = next(file).rstrip("\n").split("\t")
        for line in file:
            cells = dict(zip(head, line.rstrip("\n").split("\t")))
            wording = annotated(cells["utt"], cells["annot_utt"])
            if wording is None or cells["intent"].startswith(CATCH_ALL):
                continue
            wording = canonical(wording)
            if wording.text:
                rows.setdefault(wording.text, Row(cells["partition"], cells["intent"], wording))
    return list(rows.values())


def misheard(wording: Wording, share: float, chance: random.Random) -> Wording:
    """In `share` of the words of four letters or more one letter becomes its neighbour's double."""
    letters = list(wording.text)
    for found in re.finditer(r"[^\W\d_]{4,}", wording.text):
        if chance.random() < share:
            at = chance.randrange(found.start(), found.end() - 1)
            if unicodedata.category(letters[at]).startswith("L"):
                letters[at] = letters[at + 1] if letters[at + 1].isalpha() else letters[at]
    return canonical(Wording("".join(letters), wording.spans))


@dataclasses.dataclass(frozen=True)
class Case:
    intent: str
    source: Wording
    target: Wording
    kind: str


def letters_of(text: str, length: int) -> set[str]:
    padded = f" {text.casefold()} "
    return {padded[at : at + length] for at in range(len(padded) - length + 1)}


def pairs_of_values(wording: Wording) -> list[set[str]]:
    return [letters_of(value, 2) for _, value in wording.values()]


def says_like(pairs: set[str], values: list[set[str]]) -> bool:
    """Does a text with these letter pairs share half of those of every value?"""
    return bool(values) and all(2 * len(value & pairs) >= len(value) for value in values)


class Cases:
    """Draws the pairs of one locale; a text is the source of one, so that a row has one truth."""

    def __init__(self, rows: list[Row], share: float, chance: random.Random) -> None:
        self.texts = {row.wording.text for row in rows}
        self.used: set[str] = set()
        self.share, self.chance = share, chance
        self.by_goal: dict[Any, list[Wording]] = collections.defaultdict(list)
        self.by_intent: dict[str, list[tuple[Row, list[set[str]]]]] = collections.defaultdict(list)
        for row in rows:
            if row.part == "train":
                self.by_goal[row.goal()].append(row.wording)
                self.by_intent[row.intent].append((row, pairs_of_values(row.wording)))

    def same_values(self, row: Row) -> Case | None:
        targets = self.by_goal.get(row.goal(), [])
        if not targets or not row.wording.spans:
            return None
        changed = self.chance.random() < 0.5
        heard = misheard(row.wording, self.share, self.chance) if changed else row.wording
        if changed and (heard.text in self.texts or heard.text == row.wording.text):
            changed, heard = False, row.wording
        kind = "misheard" if changed else "as written"
        return Case(row.intent, heard, self.chance.choice(targets), kind)

    def other_values(self, row: Row) -> Case | None:
        pairs = letters_of(row.wording.text, 2)
        targets = [
            other.wording
            for other, values in self.by_intent[row.intent]
            if says_like(pairs, values) and other.goal() != row.goal()
        ]
        return Case(row.intent, row.wording, self.chance.choice(targets), "other values") if targets else None

    def draw(self, rows: list[Row], limit: int) -> list[Case]:
        """Up to `limit` pairs with the same values and as many with others."""
        result: list[Case] = []
        for make in (self.same_values, self.other_values):
            order = list(rows)
            self.chance.shuffle(order)
            found: list[Case] = []
            for row in order:
                case = make(row) if len(found) < limit else None
                if case and case.source.text and case.source.text not in self.used:
                    self.used.add(case.source.text)
                    found.append(case)
            result += found
        return result


def cases_of(rows: list[Row], part: str, limit: int, share: float, chance: random.Random) -> list[Case]:
    return Cases(rows, share, chance).draw([row for row in rows if row.part == part], limit)


def slots_of(wording: Wording) -> list[dict[str, Any]]:
    return [
        {"name": span.name, "value": wording.text[span.start : span.end], "start": span.start, "end": span.end}
        for span in wording.spans
    ]


def understood(wording: Wording, intent: str) -> dict[str, Any]:
    return {
        "utterance": wording.text,
        "nlu": {"domain": "", "intent": intent, "confidence": 0.9, "slots": slots_of(wording)},
        "outcome": {"status": "success"},
    }


def lessons(rows: list[Row], locale: str) -> Iterator[dict[str, Any]]:
    """What works: by people of whom each says a thing a minute."""
    for number, row in enumerate(row for row in rows if row.part == "train"):
        for person in range(PEOPLE):
            yield {
                "event_id": f"{locale}-{number}-{person}-c",
                "user_id": f"{locale}-{number % 997}-{person}-knows",
                "locale": locale,
                "ts": START_MS + (number // 997 * PEOPLE + person) * 600_000 + number % 997 * 100,
            } | understood(row.wording, row.intent)


def events(cases: list[Case], locale: str) -> Iterator[dict[str, Any]]:
    for number, case in enumerate(cases):
        for person in range(PEOPLE):
            at = START_MS + (number * PEOPLE + person) * 1000
            common = {"user_id": f"{locale}-{number}-{person}", "locale": locale}
            yield common | {
                "event_id": f"{locale}-{number}-{person}-a",
                "ts": at,
                "utterance": case.source.text,
                "outcome": {"status": "failure", "signals": ["no_match"]},
            }
            yield common | {"event_id": f"{locale}-{number}-{person}-b", "ts": at + 8000} | understood(
                case.target, case.intent
            )


def call(binary: str, *words: Any) -> None:
    done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"projection.py: {binary} {words[0]} failed: {done.stderr.strip()}")


def exported(binary: str, lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows of the weekly set of one locale, by text."""
    rows = {}
    with tempfile.TemporaryDirectory(prefix="projection-") as place:
        folder = pathlib.Path(place)
        lines.sort(key=lambda event: (event["ts"], event["event_id"]))
        with open(folder / "log.jsonl", "w", encoding="utf-8") as file:
            for event in lines:
                file.write(json.dumps(event, ensure_ascii=False) + "\n")
        (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
        (folder / "secret").write_text("0" * 64 + "\n", encoding="ascii")
        (folder / "secret").chmod(0o600)
        common = ("--config", folder / "config.yaml", "--secret", folder / "secret", "--store", folder / "store")
        call(binary, "replay", *common, "--final", folder / "log.jsonl")
        call(binary, "export", *common, "--week", WEEK, "--out", folder / "out")
        for name in ("train.jsonl", "holdout.jsonl"):
            with open(folder / "out" / WEEK / name, encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    rows[row["text"]] = row
    return rows


@dataclasses.dataclass
class Score:
    cases: int = 0
    exported: int = 0
    exact: int = 0  # every span of the row as annotated
    spans: int = 0
    exact_spans: int = 0

    def add(self, case: Case, row: dict[str, Any] | None) -> None:
        self.cases += 1
        if row is None:
            return
        found = {(slot["name"], slot["start"], slot["end"]) for slot in row["slots"]}
        true = {(span.name, span.start, span.end) for span in case.source.spans}
        self.exported += 1
        self.exact += found == true and row["intent"] == case.intent
        self.spans += len(true)
        self.exact_spans += len(found & true)

    def report(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {
            "exact_share": self.exact / self.exported if self.exported else None,
            "exact_span_share": self.exact_spans / self.spans if self.spans else None,
            "exported_share": self.exported / self.cases if self.cases else None,
        }


def measure(binary: str, data: pathlib.Path, locales: list[str], options: argparse.Namespace) -> dict[str, Any]:
    scores: dict[str, dict[str, Score]] = collections.defaultdict(lambda: collections.defaultdict(Score))
    for locale in locales:
        known = read_rows(data / "massive" / f"{locale}.tsv.xz")
        chance = random.Random(f"{options.seed} {locale}")
        cases = cases_of(known, options.part, options.limit, options.share, chance)
        taught = list(lessons(known, locale)) if options.lessons else []
        rows = exported(binary, taught + list(events(cases, locale)))
        for case in cases:
            row = rows.get(case.source.text)
            for key in (locale, "all"):
                scores[key][case.kind].add(case, row)
    return {key: {kind: score.report() for kind, score in sorted(kinds.items())} for key, kinds in scores.items()}


def as_text(result: dict[str, Any]) -> str:
    lines = [f"{'locale':8}{'wordings':>12}{'cases':>8}{'exported':>10}{'rows exact':>12}{'spans exact':>13}"]
    for locale, kinds in result.items():
        for kind, cell in kinds.items():
            share = ["–" if cell[key] is None else f"{cell[key]:.3f}" for key in
                     ("exported_share", "exact_share", "exact_span_share")]
            lines.append(f"{locale:8}{kind:>12}{cell['cases']:8}{share[0]:>10}{share[1]:>12}{share[2]:>13}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/release/rephrased")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("../shared/data"))
    parser.add_argument("--locale", action="append", help="default: all of MASSIVE that is there")
    parser.add_argument("--limit", type=int, default=600, help="pairs of a locale with the same values, and as many with others (default %(default)s)")
    parser.add_argument("--share", type=float, default=0.3, help="words misheard in half of the wordings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=("dev", "test"), default="test", help="where failing wordings come from")
    parser.add_argument("--no-lessons", dest="lessons", action="store_false", help="nobody said anything before")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "massive"
    if not folder.is_dir():
        print(f"SKIP: {folder} not present", file=sys.stderr)
        return 77
    locales = options.locale or sorted(path.name.split(".")[0] for path in folder.glob("*.tsv.xz"))
    result = measure(options.binary, options.data, locales, options)
    print(json.dumps(result, indent=1, sort_keys=True) if options.json else as_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
