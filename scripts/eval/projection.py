#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Label projection against human annotation, through the whole program.

For every two wordings of one goal (intent and slot values) of a MASSIVE locale, five people fail with the first and
succeed with the second; the second carries its human annotation. What the weekly set then says about the first is
compared with the first's own human annotation, which the program never saw. A share of wordings is misheard: letters
are changed inside words, slots included, and the true spans move with them. Judging and promotion are opened wide, so
that projection alone decides what is exported.

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


@dataclasses.dataclass
class Goal:
    intent: str
    wordings: list[Wording]


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


def read_goals(path: pathlib.Path) -> list[Goal]:
    groups: dict[Any, Goal] = {}
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        head = next(file).rstrip("\n").split("\t")
        for line in file:
            row = dict(zip(head, line.rstrip("\n").split("\t")))
            wording = annotated(row["utt"], row["annot_utt"])
            if wording is None or not wording.spans or row["intent"].startswith(CATCH_ALL):
                continue
            wording = canonical(wording)
            if not wording.text:
                continue
            key = row["intent"], tuple(sorted(wording.values()))
            goal = groups.setdefault(key, Goal(row["intent"], []))
            if all(other.text != wording.text for other in goal.wordings):
                goal.wordings.append(wording)
    return [groups[key] for key in sorted(groups) if len(groups[key].wordings) > 1]


def misheard(wording: Wording, share: float, chance: random.Random) -> Wording:
    """In `share` of the words of four letters or more one letter becomes its neighbour's double."""
    letters = list(wording.text)
    for found in re.finditer(r"[^\W\d_]{4,}", wording.text):
        if chance.random() < share:
            at = chance.randrange(found.start(), found.end() - 1)
            if unicodedata.category(letters[at]).startswith("L"):
                letters[at] = letters[at + 1] if letters[at + 1].isalpha() else letters[at]
    return canonical(Wording("".join(letters), wording.spans))


@dataclasses.dataclass
class Case:
    goal: Goal
    source: Wording
    target: Wording
    changed: bool  # the source was misheard


def cases_of(goals: list[Goal], limit: int, share: float, chance: random.Random) -> list[Case]:
    """One pair per goal, then a second one, ...; each source text once, so that a row has one truth."""
    texts = {wording.text for goal in goals for wording in goal.wordings}
    used: set[str] = set()
    result: list[Case] = []
    order = list(goals)
    chance.shuffle(order)
    for turn in range(4):
        for goal in order:
            if len(result) == limit or turn + 1 >= len(goal.wordings):
                continue
            source, target = goal.wordings[turn + 1], goal.wordings[0]
            changed = turn % 2 == 1 or chance.random() < 0.5
            heard = misheard(source, share, chance) if changed else source
            if changed and (heard.text in texts or heard.text == source.text):
                changed, heard = False, source
            if heard.text and heard.text not in used:
                used.add(heard.text)
                result.append(Case(goal, heard, target, changed))
    return result


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
            slots = [
                {"name": span.name, "value": case.target.text[span.start : span.end], "start": span.start, "end": span.end}
                for span in case.target.spans
            ]
            yield common | {
                "event_id": f"{locale}-{number}-{person}-b",
                "ts": at + 8000,
                "utterance": case.target.text,
                "nlu": {"domain": "", "intent": case.goal.intent, "confidence": 0.9, "slots": slots},
                "outcome": {"status": "success"},
            }


def call(binary: str, *words: Any) -> None:
    done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"projection.py: {binary} {words[0]} failed: {done.stderr.strip()}")


def exported(binary: str, cases: dict[str, list[Case]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of the weekly set by locale and text."""
    rows = {}
    with tempfile.TemporaryDirectory(prefix="projection-") as place:
        folder = pathlib.Path(place)
        lines = [event for locale in sorted(cases) for event in events(cases[locale], locale)]
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
                    rows[row["locale"], row["text"]] = row
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
        self.exact += found == true and row["intent"] == case.goal.intent
        self.spans += len(true)
        self.exact_spans += len(found & true)

    def report(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {
            "exact_share": self.exact / self.exported if self.exported else None,
            "exact_span_share": self.exact_spans / self.spans if self.spans else None,
            "exported_share": self.exported / self.cases if self.cases else None,
        }


def measure(binary: str, data: pathlib.Path, locales: list[str], limit: int, share: float, seed: int) -> dict[str, Any]:
    cases = {
        locale: cases_of(read_goals(data / "massive" / f"{locale}.tsv.xz"), limit, share, random.Random(f"{seed} {locale}"))
        for locale in locales
    }
    rows = exported(binary, cases)
    scores: dict[str, dict[str, Score]] = {
        locale: collections.defaultdict(Score) for locale in [*locales, "all"]
    }
    for locale, list_of_cases in cases.items():
        for case in list_of_cases:
            row = rows.get((locale, case.source.text))
            for key in (locale, "all"):
                scores[key]["misheard" if case.changed else "as written"].add(case, row)
                scores[key]["both"].add(case, row)
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
    parser.add_argument("--limit", type=int, default=600, help="pairs of wordings per locale (default %(default)s)")
    parser.add_argument("--share", type=float, default=0.3, help="words misheard in half of the wordings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "massive"
    if not folder.is_dir():
        print(f"SKIP: {folder} not present", file=sys.stderr)
        return 77
    locales = options.locale or sorted(path.name.split(".")[0] for path in folder.glob("*.tsv.xz"))
    result = measure(options.binary, options.data, locales, options.limit, options.share, options.seed)
    print(json.dumps(result, indent=1, sort_keys=True) if options.json else as_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
