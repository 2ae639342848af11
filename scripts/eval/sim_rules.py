# SPDX-License-Identifier: Apache-2.0
"""What simple rules would mine out of the same log: baselines beside the figures of mined.py.

None of them sees the truth. Turns are within reach when the same user says them at most 3 turns and
90 s apart; every rule asks for five distinct users.

  followed   the one was said and then the other
  overlap    and at least 0.38 of their words are shared (white space; blind without it)
  retry      the one failed and then the other succeeded
  same goal  both succeed for one interpretation, more often than not (or wrong outcomes would make
             synonyms of what never works); rows lead to its most usual formulation, and a
             formulation that meets several goals counts for the one that four fifths met
  pooled     after the one failed, what first succeeded meant one goal for half of the users;
             the row leads to the most usual formulation of that goal
  both       pooled and same goal
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from metrics import word_jaccard
from sim_truth import MOST_MS, MOST_TURNS
from sim_world import key

LEAST = 5
OVERLAP = 0.38
CLEAR = 0.8  # of the users of a formulation mean its goal
AGREED = 0.5  # of the users who went on meant the same
OBJECTIONS = frozenset(("cancel", "negative_feedback", "abandoned", "handover", "undo"))
Row = dict[str, Any]
Pair = tuple[str, str]
Users = dict[str, set[str]]


@dataclass(frozen=True)
class Turn:
    at: int
    text: str
    goal: str
    worked: bool


@dataclass
class Counts:
    """Distinct users, of one locale."""

    followed: dict[Pair, set[str]] = field(default_factory=lambda: defaultdict(set))
    retried: dict[Pair, set[str]] = field(default_factory=lambda: defaultdict(set))
    meant: dict[str, Users] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    said: Counter[str] = field(default_factory=Counter)  # turns
    worked: Counter[str] = field(default_factory=Counter)
    met: dict[str, Users] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))

    def add(self, user: str, turn: Turn, before: list[Turn]) -> None:
        self.said[turn.text] += 1
        self.worked[turn.text] += turn.worked
        if turn.worked and turn.goal:
            self.met[turn.text][turn.goal].add(user)
        settled = False  # a success lies between the two
        for earlier in reversed(before):
            settled |= earlier.worked
            if turn.at - earlier.at > MOST_MS or earlier.text == turn.text:
                continue
            pair = earlier.text, turn.text
            self.followed[pair].add(user)
            if turn.worked and not earlier.worked:
                self.retried[pair].add(user)
                if turn.goal and not settled:
                    self.meant[earlier.text][turn.goal].add(user)


def read_turn(row: Row) -> Turn:
    outcome = row["outcome"]
    objected = OBJECTIONS.intersection(outcome["signals"])
    nlu = row.get("nlu") or {"intent": "", "slots": ()}
    slots = sorted((slot["name"], slot["value"]) for slot in nlu["slots"])
    goal = json.dumps([nlu["intent"], slots], ensure_ascii=False) if nlu["intent"] else ""
    worked = outcome["status"] == "success" and not objected
    return Turn(row["ts"], key(row["utterance"], row["locale"]), goal, worked)


def count(lines: Iterable[str]) -> dict[str, Counts]:
    """Of a log of simulate.py, in which users are of one locale and time is in milliseconds."""
    counts: dict[str, Counts] = defaultdict(Counts)
    recent: dict[str, list[Turn]] = defaultdict(list)
    for line in lines:
        row = json.loads(line)
        turn, before = read_turn(row), recent[row["user_id"]]
        counts[row["locale"]].add(row["user_id"], turn, before)
        before.append(turn)
        del before[:-MOST_TURNS]
    return dict(counts)


def stars(counts: Counts) -> tuple[dict[str, str], dict[str, str]]:
    """Formulation -> its goal; goal -> its most usual formulation."""
    goal_of: dict[str, str] = {}
    usual: dict[str, tuple[int, str]] = {}
    for text, goals in counts.met.items():
        sizes = Counter({goal: len(users) for goal, users in goals.items()})
        goal, most = max(sizes.items(), key=lambda item: (item[1], item[0]))
        works = 2 * counts.worked[text] >= counts.said[text]
        if works and most >= LEAST and most >= CLEAR * sum(sizes.values()):
            goal_of[text] = goal
            usual[goal] = max(usual.get(goal, (0, "")), (most, text))
    return goal_of, {goal: text for goal, (_, text) in usual.items()}


def pooled(counts: Counts, usual: dict[str, str]) -> list[Pair]:
    pairs: list[Pair] = []
    for text, goals in counts.meant.items():
        sizes = {goal: len(users) for goal, users in goals.items()}
        goal, most = max(sizes.items(), key=lambda item: (item[1], item[0]))
        target = usual.get(goal)
        if most >= LEAST and most >= AGREED * sum(sizes.values()) and target not in (None, text):
            pairs.append((text, str(target)))
    return pairs


def mine(counts: Counts) -> dict[str, list[Pair]]:
    """Rule -> its pairs."""
    goal_of, usual = stars(counts)
    same = [(text, usual[goal]) for text, goal in goal_of.items() if usual[goal] != text]
    to_usual = pooled(counts, usual)
    followed = [pair for pair, users in counts.followed.items() if len(users) >= LEAST]
    return {
        "followed": followed,
        "overlap": [pair for pair in followed if word_jaccard(*pair) >= OVERLAP],
        "retry": [pair for pair, users in counts.retried.items() if len(users) >= LEAST],
        "same goal": same,
        "pooled": to_usual,
        "both": sorted({*same, *to_usual}),
    }


def as_rows(lines: Iterable[str]) -> dict[str, list[Row]]:
    """Rule -> rows like those of `rephrased pairs --json`, all promoted."""
    found: dict[str, list[Row]] = {}
    for locale, counts in sorted(count(lines).items()):
        for rule, pairs in mine(counts).items():
            found.setdefault(rule, []).extend(
                {
                    "locale": locale,
                    "source": source,
                    "target": target,
                    "direction": "synonym",
                    "status": "promoted",
                    "reasons": [],
                }
                for source, target in sorted(pairs)
            )
    return found
