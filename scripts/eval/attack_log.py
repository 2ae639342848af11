# SPDX-License-Identifier: Apache-2.0
"""Hostile and revealing turns, put into a log of honest users. attack.py says what they are."""

from __future__ import annotations

import datetime
import gzip
import heapq
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from sim_log import DAY_MS, HOUR_MS, token
from sim_world import key

Row = dict[str, Any]
Pair = tuple[str, str]

ACCOUNTS = (1, 2, 4, 5, 8, 16, 32, 64)
KINDS = ("hijack", "brand", "new")
PACES = ("burst", "slow")
HALT = "assistant halt now"
HUB_SOURCES, HUB_USERS = 12, 30
CANARY_USERS = 12
SIGNALS = {"success": "completed", "failure": "no_match"}
TARGETS = 200  # that attacks choose from


@dataclass
class Formulation:
    """What honest users said and how it went."""

    text: str
    nlu: Row
    goal: str = ""
    users: set[str] = field(default_factory=set)
    worked: int = 0
    turns: int = 0


@dataclass(frozen=True)
class Attack:
    kind: str
    pace: str
    accounts: int
    source: str
    target: str
    nlu: Row  # of the target


@dataclass
class Honest:
    """The honest log, summed up."""

    locale: str
    start_ms: int
    weeks: int
    formulations: list[Formulation]


def read_lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
        yield from lines


def moment_of(row: Row) -> int:
    """Event time in milliseconds; a log may hold either notation."""
    ts = row["ts"]
    if isinstance(ts, str):
        return round(datetime.datetime.fromisoformat(ts).timestamp() * 1000)
    return int(ts)


def study(path: Path) -> Honest:
    """The most usual locale of the log, its formulations, and its weeks."""
    locales: Counter[str] = Counter()
    found: dict[tuple[str, str], Formulation] = {}
    first = last = 0
    for line in read_lines(path):
        row = json.loads(line)
        locales[row["locale"]] += 1
        first = min(first or moment_of(row), moment_of(row))
        last = max(last, moment_of(row))
        at = row["locale"], key(row["utterance"], row["locale"])
        said = found.setdefault(at, Formulation(row["utterance"], row.get("nlu") or {}))
        said.users.add(row["user_id"])
        said.turns += 1
        if (row.get("outcome") or {}).get("status") == "success":
            said.worked += 1
            said.nlu = row.get("nlu") or said.nlu
    locale = locales.most_common(1)[0][0]
    return Honest(
        locale,
        first - first % DAY_MS,
        max(1, round((last - first) / (7 * DAY_MS))),
        [said for (where, _), said in sorted(found.items()) if where == locale],
    )


class Injector:
    """Makes turns of hostile and revealing accounts; lines() gives them in the order of time."""

    def __init__(self, honest: Honest, rng: random.Random) -> None:
        self.honest, self.rng = honest, rng
        self.made: list[tuple[int, str]] = []

    def turn(self, user: str, at: int, text: str, nlu: Row, status: str) -> None:
        row = {
            "event_id": f"x{len(self.made)}",
            "ts": at,
            "user_id": user,
            "locale": self.honest.locale,
            "utterance": text,
            "outcome": {"status": status, "signals": [SIGNALS[status]]},
        }
        if nlu:
            row["nlu"] = nlu
        self.made.append((at, json.dumps(row, ensure_ascii=False) + "\n"))

    def repair(self, user: str, at: int, source: str, target: str, nlu: Row) -> None:
        """Fails with the one, succeeds with the other."""
        self.turn(user, at, source, {}, "failure")
        self.turn(user, at + self.rng.randrange(3_000, 15_000), target, nlu, "success")

    def moment(self, day: int) -> int:
        return self.honest.start_ms + day * DAY_MS + self.rng.randrange(22 * HOUR_MS)

    def days(self, pace: str) -> list[int]:
        last = 7 * self.honest.weeks - 1
        if pace == "burst":
            first = self.rng.randrange(max(1, last - 8))
            return [first, first + 1]
        return [min(last, 7 * week + self.rng.randrange(7)) for week in range(self.honest.weeks)]

    def attack(self, attack: Attack, number: int) -> None:
        days = self.days(attack.pace)
        for account in range(attack.accounts):
            for day in days if attack.pace == "burst" else self.days("slow"):
                user = f"hostile-{number}-{account}"
                self.repair(user, self.moment(day), attack.source, attack.target, attack.nlu)

    def lines(self) -> Iterator[tuple[int, str]]:
        return iter(sorted(self.made))


def goal_of(nlu: Row) -> str:
    slots = sorted((slot["name"], slot["value"]) for slot in nlu.get("slots") or ())
    return json.dumps([nlu.get("domain"), nlu.get("intent"), slots])


@lru_cache(maxsize=None)
def bigrams(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def alike(a: str, b: str) -> float:
    """Dice of character pairs; an attacker picks a target that looks like the source."""
    x, y = bigrams(a), bigrams(b)
    return 2 * len(x & y) / max(1, len(x) + len(y))


@dataclass(frozen=True)
class Field:
    """What an attacker can choose from: sources that people say, targets that work, and the pairs
    that honest users make anyway, which are nobody's attack."""

    sources: list[Formulation]
    targets: list[Formulation]
    honest: set[Pair]

    def look_alikes(self, said: Formulation, locale: str) -> list[Formulation]:
        """Targets of another goal, most similar first."""
        source = key(said.text, locale)
        others = [
            other
            for other in self.targets
            if other.goal != said.goal and (source, key(other.text, locale)) not in self.honest
        ]
        return sorted(others, key=lambda other: -alike(other.text, said.text))


def survey(honest: Honest, pairs: list[Row], rng: random.Random) -> Field:
    for said in honest.formulations:
        said.goal = goal_of(said.nlu)
    sources = [said for said in honest.formulations if len(said.users) >= 5]
    targets = [said for said in sources if said.worked * 2 >= said.turns and said.nlu]
    made = {(row["source"], row["target"]) for row in pairs}
    return Field(
        rng.sample(sources, len(sources)),
        rng.sample(targets, min(TARGETS, len(targets))),
        made | {(target, source) for source, target in made},
    )


def plan(honest: Honest, choice: Field, repeats: int, rng: random.Random) -> list[Attack]:
    """As many of each as asked for; fewer when honest users say too few things."""
    attacks: list[Attack] = []
    sources = iter(choice.sources)
    for _, kind, pace, accounts in product(range(repeats), KINDS, PACES, ACCOUNTS):
        source = next(sources, None) if kind != "new" else rng.choice(choice.targets)
        if source is not None:
            made = make(kind, source, choice, honest.locale, rng)
            attacks.append(Attack(kind, pace, accounts, *made))
    return attacks


def make(
    kind: str, said: Formulation, choice: Field, locale: str, rng: random.Random
) -> tuple[str, str, Row]:
    """Source, target and what the assistant makes of the target."""
    if kind == "new":
        return f"{token(rng)} {said.text}", said.text, said.nlu
    if kind == "brand":
        word = token(rng)
        at = len(said.text) + 1
        slot = {"name": "brand", "value": word, "start": at, "end": at + len(word)}
        nlu = {"domain": "shop", "intent": "offer", "confidence": 0.9, "slots": [slot]}
        return said.text, f"{said.text} {word}", nlu
    target = choice.look_alikes(said, locale)[0]
    return said.text, target.text, target.nlu


def add_canaries(injector: Injector, rng: random.Random) -> list[str]:
    """The words that must not come out."""
    tokens: list[str] = []
    targets = [said for said in injector.honest.formulations if said.worked >= 5 and said.nlu]
    for number in range(CANARY_USERS):
        word, said = token(rng), rng.choice(targets)
        tokens.append(word)
        accounts = 4 if number % 3 == 2 else 1
        for account in range(accounts):
            user = f"private-{number}-{account}"
            for day in range(7 * injector.honest.weeks):
                at = injector.moment(day)
                if number % 3 == 0:
                    slot = {"name": "contact", "value": word, "start": 5, "end": 5 + len(word)}
                    call = {"domain": "calls", "intent": "make", "confidence": 0.9, "slots": [slot]}
                    injector.repair(user, at, f"ring {word}", f"call {word}", call)
                else:
                    injector.repair(user, at, f"{word} {said.text}", said.text, said.nlu)
                    injector.repair(user, at + HOUR_MS, said.text, f"{said.text} {word}", said.nlu)
    return tokens


def add_hubs(injector: Injector, choice: Field, rng: random.Random) -> dict[str, list[Pair]]:
    """The pairs of source and hub, by kind of hub."""
    locale = injector.honest.locale
    halt = {"domain": "assistant", "intent": "assistant_halt", "confidence": 0.95, "slots": []}
    popular = max(choice.targets, key=lambda said: (len(said.users), said.text))
    around = sorted(choice.sources, key=lambda said: -alike(said.text, popular.text))
    others = [said for said in around if popular in choice.look_alikes(said, locale)]
    hubs = {
        "control": (HALT, halt, choice.sources[:HUB_SOURCES]),
        "popular": (popular.text, popular.nlu, others[:HUB_SOURCES]),
    }
    made: dict[str, list[Pair]] = {}
    for kind, (target, nlu, sources) in hubs.items():
        made[kind] = [(key(said.text, locale), key(target, locale)) for said in sources]
        for said in sources:
            for number in range(HUB_USERS):
                day = rng.randrange(7 * injector.honest.weeks)
                injector.repair(f"{kind}-{number}", injector.moment(day), said.text, target, nlu)
    return made


def merge(log: Path, extra: Iterator[tuple[int, str]], out: Path) -> None:
    """By event time; the honest lines keep their order of arrival."""

    def honest() -> Iterator[tuple[int, str]]:
        newest = 0
        for line in read_lines(log):
            newest = max(newest, moment_of(json.loads(line)))
            yield newest, line

    with open(out, "w", encoding="utf-8") as lines:
        for _, line in heapq.merge(honest(), extra, key=lambda item: item[0]):
            lines.write(line)
