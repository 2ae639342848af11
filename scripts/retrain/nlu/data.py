# SPDX-License-Identifier: Apache-2.0
"""Labelled examples: the base set of an assistant, frozen test sets and exported weeks.

A set is JSONL in the columns of train.jsonl (docs/retraining.md). A week is read only when it is
finished (_SUCCESS) and every file is the one that SHA256SUMS names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nlu.units import fold

MAX_WEIGHT = 10.0  # a week can make one of its rows count so much, and no more


class BadData(Exception):
    """A set that must not be trained on; the message names the file and the reason."""


@dataclass(frozen=True)
class Slot:
    name: str
    value: str
    start: int  # code points of the text
    end: int  # exclusive


@dataclass(frozen=True)
class Example:
    text: str
    locale: str
    domain: str
    intent: str
    slots: tuple[Slot, ...] = ()
    weight: float = 1.0
    cohort: str = ""
    kind: str = "base"

    @property
    def label(self) -> str:
        """Domain and intent as one class."""
        return f"{self.domain}/{self.intent}" if self.domain else self.intent

    @property
    def key(self) -> tuple[str, str]:
        """What makes two rows one text: locale, and the text folded, without outer white space."""
        return self.locale, " ".join(fold(self.text).split())

    def spans(self) -> frozenset[tuple[str, int, int]]:
        return frozenset((slot.name, slot.start, slot.end) for slot in self.slots)


def label_parts(label: str) -> tuple[str, str]:
    """Domain (perhaps empty) and intent of a class."""
    domain, slash, intent = label.partition("/")
    return (domain, intent) if slash else ("", label)


def _slot(value: Any, text: str, where: str) -> Slot:
    try:
        slot = Slot(str(value["name"]), str(value["value"]), int(value["start"]), int(value["end"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(f"{where}: a slot has name, value, start and end") from error
    if not slot.name or not 0 <= slot.start < slot.end <= len(text):
        raise BadData(f"{where}: slot '{slot.name}' lies outside of the text")
    return slot


def _string(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadData(f"{where}: {key} must be a string that is not empty")
    return value


def _example(row: Any, where: str) -> Example:
    if not isinstance(row, dict):
        raise BadData(f"{where}: a JSON object was expected")
    text, locale, intent = (_string(row, key, where) for key in ("text", "locale", "intent"))
    weight = row.get("weight", 1.0)
    if not isinstance(weight, (int, float)) or not 0 <= weight <= MAX_WEIGHT:
        raise BadData(f"{where}: weight must be a number from 0 to {MAX_WEIGHT:g}")
    slots = tuple(_slot(slot, text, where) for slot in row.get("slots") or ())
    domain, cohort = str(row.get("domain") or ""), str(row.get("cohort") or "")
    return Example(
        text, locale, domain, intent, slots, float(weight), cohort, str(row.get("kind") or "base")
    )


def read_set(path: Path | str) -> list[Example]:
    """All rows of a JSONL file; BadData with file and line at the first that cannot be used."""
    examples: list[Example] = []
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                examples.append(_example(json.loads(line), f"{path}:{number}"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: {error}") from error
    except json.JSONDecodeError as error:
        raise BadData(f"{path}:{len(examples) + 1}: not JSON: {error}") from error
    return examples


def read_texts(path: Path | str) -> list[tuple[str, str]]:
    """Locale and text of each row of a JSONL file without labels."""
    rows: list[tuple[str, str]] = []
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                    raise BadData(f"{path}:{number}: a JSON object with text was expected")
                rows.append((str(row.get("locale") or ""), row["text"]))
    except (OSError, ValueError) as error:
        raise BadData(f"{path}: {error}") from error
    return rows


def digest(path: Path | str) -> str:
    """SHA-256 of a file, hexadecimal."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _sums(folder: Path) -> Iterator[tuple[str, str]]:
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        total, _, name = line.partition("  ")
        if len(total) != 64 or not name or name.startswith("/") or ".." in Path(name).parts:
            raise BadData(f"{folder}/SHA256SUMS: not a line of sha256sum: {line!r}")
        yield name, total


def check_export(folder: Path) -> str:
    """Refuses an export that is unfinished or not as it was written; its digest otherwise.

    The digest is that of SHA256SUMS, which names the content of every other file.
    """
    if not (folder / "_SUCCESS").is_file():
        raise BadData(f"{folder}: there is no _SUCCESS, so it is not finished")
    try:
        named = dict(_sums(folder))
        for name, total in sorted(named.items()):
            if digest(folder / name) != total:
                raise BadData(f"{folder}/{name}: is not the file that SHA256SUMS names")
        if "train.jsonl" not in named:
            raise BadData(f"{folder}/SHA256SUMS: does not name train.jsonl")
        return digest(folder / "SHA256SUMS")
    except OSError as error:
        raise BadData(f"{folder}: {error}") from error


@dataclass(frozen=True)
class Merged:
    examples: list[Example]
    dropped: dict[str, int]  # reason -> rows of weeks that were left out


def merge(
    base: Iterable[Example],
    weeks: Iterable[Iterable[Example]],
    frozen: Iterable[Example] = (),
    share: float = 1.0,
) -> Merged:
    """Base set and weeks, oldest first, as one set in which a text stands under one label.

    The base set was made by people and wins over a week; a later week wins over an earlier one. A
    text of the frozen test set is never learned from a week. `share` scales the weight of weeks.
    """
    people = list(base)
    known = {example.key for example in people}
    tested = {example.key for example in frozen}
    mined: dict[tuple[str, str], Example] = {}
    dropped = {"in_base": 0, "in_test": 0, "superseded": 0}
    for week in weeks:
        for example in week:
            if example.key in tested:
                dropped["in_test"] += 1
            elif example.key in known:
                dropped["in_base"] += 1
            else:
                dropped["superseded"] += example.key in mined
                mined[example.key] = replace(example, weight=example.weight * share)
    return Merged(people + [mined[key] for key in sorted(mined)], dropped)
