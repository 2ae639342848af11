# SPDX-License-Identifier: Apache-2.0
"""Scores of pairs of turns that need no model: what the judge has to beat.

  word overlap    shared words over all words (Jaccard), split at white space
  edit distance   1 - Levenshtein distance / length of the longer text, over code points
  PMI^2           same-user co-occurrence over the whole log: users who said both texts in one
                  session, squared, over the users of either text (the number of all users cancels,
                  and the logarithm does not change a ranking). It sees no outcome: the mistake of
                  the search-log textbooks.
  after failure   the earlier turn carries a failure or friction, and the texts share a word

A pair whose turns are not both events of the log has no score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from defs import friction_signals
from metrics import word_jaccard

Row = dict[str, Any]
Pair = tuple[str, str]
Scorer = Callable[[Pair], "float | None"]

STEPS = 1024
FRICTION = friction_signals()


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance by bit-parallel columns (Hyyro 2003, after Myers 1999)."""
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return len(a)
    where: dict[str, int] = {}
    for i, char in enumerate(a):
        where[char] = where.get(char, 0) | 1 << i
    full, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    plus, minus, distance = full, 0, len(a)
    for char in b:
        match = where.get(char, 0)
        diagonal = ((((match & plus) + plus) ^ plus) | match | minus) & full
        rise = minus | (full & ~(diagonal | plus))
        fall = plus & diagonal
        distance += bool(rise & last) - bool(fall & last)
        rise = (rise << 1 | 1) & full
        fall = fall << 1 & full
        plus = fall | (full & ~(diagonal | rise))
        minus = diagonal & rise
    return distance


def edit_similarity(a: str, b: str) -> float:
    longer = max(len(a), len(b))
    return 1 - edit_distance(a, b) / longer if longer else 0.0


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


class Baselines:
    """Scorers over the events of one log; `pairs` are those whose texts are counted together."""

    def __init__(self, events: Iterable[Row], pairs: Iterable[Pair]) -> None:
        self.events = {row["event_id"]: row for row in events}
        self.texts = {key: folded(row["utterance"]) for key, row in self.events.items()}
        self.edits: dict[Pair, float] = {}  # asked for many times, and slow
        self.users_of_text: dict[str, set[str]] = {}
        for key, text in self.texts.items():
            self.users_of_text.setdefault(text, set()).add(self.events[key]["user_id"])
        self.users_of_pair: dict[tuple[str, str], set[str]] = {}
        for a, b in pairs:
            if a in self.events and b in self.events:
                self.users_of_pair.setdefault(self.key(a, b), set()).add(
                    self.events[a]["user_id"]
                )

    def key(self, a: str, b: str) -> tuple[str, str]:
        first, second = sorted((self.texts[a], self.texts[b]))
        return first, second

    def known(self, pair: Pair) -> bool:
        return pair[0] in self.texts and pair[1] in self.texts

    def overlap(self, pair: Pair) -> float | None:
        if not self.known(pair):
            return None
        return word_jaccard(self.texts[pair[0]], self.texts[pair[1]])

    def edit(self, pair: Pair) -> float | None:
        if not self.known(pair):
            return None
        if pair not in self.edits:
            share = edit_similarity(self.texts[pair[0]], self.texts[pair[1]])
            self.edits[pair] = round(share * STEPS) / STEPS
        return self.edits[pair]

    def together(self, pair: Pair) -> float | None:
        if not self.known(pair):
            return None
        a, b = self.key(*pair)
        both = len(self.users_of_pair.get((a, b), ()))
        return both * both / (len(self.users_of_text[a]) * len(self.users_of_text[b]))

    def after_failure(self, pair: Pair) -> float | None:
        overlap = self.overlap(pair)
        if overlap is None:
            return None
        outcome = self.events[pair[0]].get("outcome") or {}
        friction = FRICTION.intersection(outcome.get("signals") or ())
        failed = outcome.get("status") == "failure" or bool(friction)
        return float(failed and overlap > 0)
