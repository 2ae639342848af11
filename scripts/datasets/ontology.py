# SPDX-License-Identifier: Apache-2.0
"""From a text to dialogue acts, by the phrases of an ontology and a few of everyday English.

Used on what a recogniser heard (as the NLU of a log) and on what was really said (as gold); the two
differ in the context they are given and in whether slips of the pen are forgiven.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

DONTCARE = "dontcare"
UNKNOWN_SLOT = "this"

# Everyday English for the values of a slot that the ontology spells in one way only.
SPELLINGS = {
    "area": {"center": "centre", "central": "centre", "middle": "centre", "downtown": "centre"},
    "pricerange": {
        "moderately": "moderate",
        "medium": "moderate",
        "mid range": "moderate",
        "inexpensive": "cheap",
        "low priced": "cheap",
        "high priced": "expensive",
        "costly": "expensive",
    },
}
# Properties that can be asked for; weak ones only after an offer or with a word that asks.
STRONG_REQUESTS = {
    "phone": ("phone number", "telephone number", "phone", "telephone"),
    "addr": ("address", "location", "where is it", "where are they"),
    "postcode": ("post code", "postal code", "postcode", "zip code"),
    "signature": ("signature",),
}
WEAK_REQUESTS = {
    "pricerange": ("price range", "price", "prices", "how much"),
    "food": ("type of food", "kind of food", "food type", "food"),
    "area": ("part of town", "area", "part"),
}
QUESTION_WORDS = frozenset("what whats which does do is tell give how know".split())
SLOT_WORDS = {
    "food": "food",
    "cuisine": "food",
    "area": "area",
    "part": "area",
    "town": "area",
    "anywhere": "area",
    "price": "pricerange",
    "priced": "pricerange",
    "prices": "pricerange",
}
INDIFFERENT = (
    "dont care",
    "do not care",
    "doesnt matter",
    "does not matter",
    "not matter",
    "dont mind",
)
ANY_WORDS = frozenset(("any", "anything", "anywhere", "whatever"))
ALTERNATIVES = ("anything else", "something else", "any other", "another", "others", "else", "next")
FAREWELLS = ("goodbye", "good bye", "bye")
SMALL_TALK = {
    "affirm": ("yes", "yeah", "yea", "yep", "right", "correct", "sure"),
    "negate": ("no", "nope", "wrong"),
    "thankyou": ("thank you", "thanks"),
    "repeat": ("repeat", "again"),
    "restart": ("start over", "restart", "reset"),
}
REFUSALS = frozenset(("not", "dont want"))


@dataclass(frozen=True, order=True)
class Act:
    """What a stretch of text asks for. Offsets are code points of the text it was found in."""

    kind: str  # inform, refuse, request, or small talk
    slot: str = ""
    value: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Context:
    """What the system knew when the user spoke."""

    asked: str = ""  # slot it had asked for
    offered: bool = False  # it had named a restaurant
    chosen: tuple[
        str, ...
    ] = ()  # slots that the annotated goal set to "doesn't matter" (gold only)


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    found = re.finditer(r"[^\W_]+(?:'[^\W_]+)*", text.lower())
    return [Token(m.group().replace("'", ""), m.start(), m.end()) for m in found]


def edits(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
    return row[-1]


def slip_or_ending(a: str, b: str) -> bool:
    """One edit (two from 8 letters on), or one stem of 5 letters or more with two short endings."""
    stem = len(os.path.commonprefix((a, b)))
    if stem >= 5 and max(len(a), len(b)) - stem <= 3:
        return True
    allowed = 2 if len(a) >= 8 else 1
    return abs(len(a) - len(b)) <= allowed and edits(a, b) <= allowed


class Lexicon:
    """The values of the ontology as phrases; knows nothing that the ontology does not say."""

    def __init__(self, ontology: dict[str, Any], names: Iterable[str]) -> None:
        self.phrases: dict[tuple[str, ...], tuple[str, str]] = {}
        self.names = sorted({name.lower() for name in names}, key=lambda n: (-len(n), n))
        for slot in ("food", "pricerange", "area"):
            values = ontology["informable"][slot]
            self._add_parts(slot, values)
            for value in values:
                self.phrases[tuple(value.split())] = (slot, value)
            for spelling, value in SPELLINGS.get(slot, {}).items():
                self.phrases[tuple(spelling.split())] = (slot, value)
        self.longest = max(2, *map(len, self.phrases))
        self.words = {word for phrase in self.phrases for word in phrase}
        self.long_words = [p[0] for p in self.phrases if len(p) == 1 and len(p[0]) >= 6]
        self.long_words += ["address", "telephone", "postcode"]
        self._near: dict[str, str] = {}

    def _add_parts(self, slot: str, values: list[str]) -> None:
        """A word of one long name stands for it ("oriental"); a word of several for itself."""
        common = {
            "north",
            "south",
            "east",
            "west",
            "light",
            "new",
            "modern",
            "middle",
            "the",
            "tea",
        }
        whole: dict[str, set[str]] = {}
        for value in values:
            for word in value.split() if " " in value else ():
                if word not in common and len(word) >= 5:
                    whole.setdefault(word, set()).add(value)
        for word, names in whole.items():
            self.phrases[(word,)] = (slot, min(names) if len(names) == 1 else word)

    def value(self, words: list[str]) -> tuple[str, str] | None:
        """Slot and value of a phrase; a value of one word may be said as two."""
        joined = ("".join(words),) if len(words) == 2 else ()
        return self.phrases.get(tuple(words)) or self.phrases.get(joined)

    def near(self, word: str) -> str:
        """The one value word that a slip of the pen or an ending makes of it, else the word."""
        if len(word) < 6 or word in self.words:
            return word
        if word not in self._near:
            close = [known for known in self.long_words if slip_or_ending(word, known)]
            self._near[word] = close[0] if len(close) == 1 else word
        return self._near[word]

    def restaurant(self, prompt: str) -> str:
        """The restaurant that a prompt names, or the empty string."""
        text = f" {prompt.lower()} "
        return next((name for name in self.names if f" {name} " in text), "")


class Parser:
    """One text to its acts. Words are used up by the first act that claims them."""

    def __init__(self, lexicon: Lexicon, text: str, context: Context, forgiving: bool) -> None:
        self.context = context
        self.lexicon = lexicon
        self.tokens = tokens_of(text)
        self.words = [lexicon.near(t.text) if forgiving else t.text for t in self.tokens]
        self.free = [True] * len(self.words)
        self.acts: list[Act] = []

    def parse(self) -> list[Act]:
        self._values()
        self._phrases("reqalts", "", ALTERNATIVES)
        for slot, phrases in STRONG_REQUESTS.items():
            self._phrases("request", slot, phrases)
        self._indifference()
        self._weak_requests()
        self._phrases("bye", "", FAREWELLS)
        for kind, phrases in SMALL_TALK.items():
            self._phrases(kind, "", phrases)
        return sorted(self.acts, key=lambda act: (act.start, act))

    def _claim(self, act: tuple[str, str, str], first: int, count: int) -> None:
        span = self.tokens[first].start, self.tokens[first + count - 1].end
        self.acts.append(Act(*act, *span))
        for i in range(first, first + count):
            self.free[i] = False

    def _find(self, phrase: str) -> Iterator[tuple[int, int]]:
        words = phrase.split()
        for i in range(len(self.words) - len(words) + 1):
            if self.words[i : i + len(words)] == words and all(self.free[i : i + len(words)]):
                yield i, len(words)

    def _phrases(self, kind: str, slot: str, phrases: Iterable[str]) -> None:
        for phrase in phrases:
            for first, count in self._find(phrase):
                self._claim((kind, slot, ""), first, count)

    def _values(self) -> None:
        i = 0
        while i < len(self.words):
            for count in range(min(self.lexicon.longest, len(self.words) - i), 0, -1):
                known = self.lexicon.value(self.words[i : i + count])
                if known:
                    kind = "refuse" if self._refused(i) else "inform"
                    self._claim((kind, *known), i, count)
                    i += count - 1
                    break
            i += 1

    def _refused(self, at: int) -> bool:
        before = self.words[max(0, at - 2) : at]
        return bool(before) and (before[-1] in REFUSALS or " ".join(before) in REFUSALS)

    def _informed(self) -> set[str]:
        return {act.slot for act in self.acts if act.kind == "inform"}

    def _indifference(self) -> None:
        """The slot is known from the goal, or named, or the one asked for.

        "Any" alone counts only where no value is said: "is there any cheap one" is not open.
        """
        places = [place for phrase in INDIFFERENT for place in self._find(phrase)]
        places += [(i, 1) for i, w in enumerate(self.words) if w in ANY_WORDS and self.free[i]]
        for first, count in sorted(places):
            chosen = self.context.chosen[0] if len(self.context.chosen) == 1 else ""
            slot = chosen or self._slot_named_after(first + count)
            informed = self._informed()
            if not slot and (count > 1 or not informed):
                slot = self.context.asked or UNKNOWN_SLOT
            if slot and slot not in informed:
                self._claim(("inform", slot, DONTCARE), first, count)

    def _slot_named_after(self, first: int) -> str:
        """ "Any" reaches five words far, but not past a value."""
        for i in range(first, min(first + 5, len(self.words))):
            if not self.free[i]:
                break
            if self.words[i] in SLOT_WORDS:
                return SLOT_WORDS[self.words[i]]
        return ""

    def _weak_requests(self) -> None:
        if self._informed():
            return
        question = bool(QUESTION_WORDS & set(self.words))
        if not (question or self.context.offered):
            return
        for slot, phrases in WEAK_REQUESTS.items():
            if not any(act.slot == slot for act in self.acts):
                self._phrases("request", slot, phrases)


def content(acts: Iterable[Act]) -> frozenset[tuple[str, str, str]]:
    kinds = ("inform", "refuse", "request", "reqalts")
    return frozenset((act.kind, act.slot, act.value) for act in acts if act.kind in kinds)
