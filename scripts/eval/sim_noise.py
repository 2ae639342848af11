# SPDX-License-Identifier: Apache-2.0
"""What a recogniser makes of what was said.

English: words are confused as a real recogniser confused them, learnt by aligning the sentences of
SLURP with what was heard (formatting apart: "what's" and "whats" are one word). Everywhere else,
and for English words that were never confused there: one or two letters change, drop, double or
change places, letters being drawn from the locale's own text, whole with their marks. The share of
utterances that are spoilt is the same in every locale: the one measured on SLURP.

A recogniser errs in its own way: a wording has a handful of mishearings, the first most usual.
"""

from __future__ import annotations

import bisect
import difflib
import json
import lzma
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from sim_world import key

DEFAULT_RATE = 0.25  # of utterances, where SLURP is not at hand
VARIANTS = 4
LONGEST_CONFUSION = 3  # words
UNHEARD = "unk"


def plain(text: str) -> list[str]:
    """Words without what only formatting tells apart."""
    return "".join(c for c in text.lower() if c not in "'’-.,?!").split()


class Confusions:
    """Words and what was heard in their place ("" when nothing was)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        said: Counter[str] = Counter()
        heard: dict[str, Counter[str]] = defaultdict(Counter)
        spoilt = total = 0
        for gold, asr in pairs:
            a, b = plain(gold), plain(asr)
            if not a or not b or UNHEARD in b:
                continue
            total += 1
            spoilt += a != b
            said.update(a)
            self._align(a, b, heard)
        self.rate = spoilt / total if total else DEFAULT_RATE
        self.said = dict(said)
        self.heard = {word: sorted(counts.items()) for word, counts in sorted(heard.items())}

    @staticmethod
    def _align(a: list[str], b: list[str], heard: dict[str, Counter[str]]) -> None:
        blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        for what, i, j, k, l in blocks:
            if what in ("replace", "delete") and j - i == 1 and l - k <= LONGEST_CONFUSION:
                heard[a[i]][" ".join(b[k:l])] += 1

    @classmethod
    def of_slurp(cls, data: Path) -> Confusions:
        path = data / "slurp" / "test_asr.jsonl.xz"
        if not path.exists():
            return cls(())
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return cls((row["gold_text"], row["asr_text"]) for row in rows)


class Letters:
    """Graphemes, near enough: a code point and the marks that follow; by general category."""

    def __init__(self, texts: Iterable[str]) -> None:
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(self.split(text))
        kinds: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for letter, count in sorted(counts.items()):
            kinds[unicodedata.category(letter[0])].append((letter, count))
        self.kinds = {
            kind: ([letter for letter, _ in some], list(accumulate(count for _, count in some)))
            for kind, some in kinds.items()
        }

    @staticmethod
    def split(text: str) -> list[str]:
        letters: list[str] = []
        for char in text:
            if letters and unicodedata.category(char)[0] == "M":
                letters[-1] += char
            else:
                letters.append(char)
        return letters

    def like(self, letter: str, rng: random.Random) -> str:
        some, weights = self.kinds.get(unicodedata.category(letter[0]), ([letter], [1]))
        return some[bisect.bisect_right(weights, rng.random() * weights[-1])]

    def spoil(self, text: str, rng: random.Random) -> str:
        letters = self.split(text)
        places = [i for i, letter in enumerate(letters) if letter[0].isalpha()]
        if len(places) < 3:
            return text
        for _ in range(1 + (rng.random() < 0.4)):
            at = rng.choice(places)
            what = rng.randrange(4)
            if what == 0:
                letters[at] = self.like(letters[at], rng) if letters[at] else ""
            elif what == 1:
                letters[at] = ""
            elif what == 2:
                letters[at] *= 2
            elif at + 1 < len(letters):
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return "".join(letters)


class Hearing:
    """hear() draws what arrives of a wording; `rate` of the draws are mishearings."""

    def __init__(
        self, locale: str, texts: Iterable[str], confusions: Confusions, seed: int
    ) -> None:
        self.locale, self.seed, self.rate = locale, seed, confusions.rate
        self.letters = Letters(texts)
        self.confusions = confusions if locale.startswith("en") else None
        self.known: dict[str, list[str]] = {}

    def _confuse(self, text: str, rng: random.Random) -> str:
        """One word, the likelier the more often it was confused, by what was heard in its place."""
        assert self.confusions is not None
        words = text.split()
        weights = [self._weight(word) for word in words]
        if not sum(weights):
            return self.letters.spoil(text, rng)
        at = rng.choices(range(len(words)), weights)[0]
        options = self.confusions.heard[plain(words[at])[0]]
        words[at] = rng.choices([o for o, _ in options], [count for _, count in options])[0]
        return " ".join(word for word in words if word)

    def _weight(self, word: str) -> float:
        assert self.confusions is not None
        form = plain(word)
        if len(form) != 1 or form[0] not in self.confusions.heard:
            return 0.0
        errors = sum(count for _, count in self.confusions.heard[form[0]])
        return errors / self.confusions.said[form[0]]

    def variants(self, text: str) -> list[str]:
        if text not in self.known:
            rng = random.Random(f"hear {self.locale} {self.seed} {text}")
            found: dict[str, str] = {}
            for _ in range(3 * VARIANTS):
                spoil = self._confuse if self.confusions else self.letters.spoil
                heard = spoil(text, rng)
                form = key(heard, self.locale)
                if form and form != key(text, self.locale) and len(found) < VARIANTS:
                    found.setdefault(form, heard)
            self.known[text] = list(found.values())
        return self.known[text]

    def hear(self, text: str, rng: random.Random) -> str:
        if rng.random() >= self.rate:
            return text
        variants = self.variants(text)
        # The first with probability 1/2, the next with 1/4, ...
        for heard in variants[:-1]:
            if rng.random() < 0.5:
                return heard
        return variants[-1] if variants else text
