# SPDX-License-Identifier: Apache-2.0
"""What can be wanted in one locale, and in which real words: goals and wordings out of MASSIVE.

  goal       an intent with exact slot values. general_* and qa_* are catch-alls in which one
             annotation stands for many wishes; they are said as chatter but never are a goal.
  wording    a text that people wrote for that goal, or for a goal of the same intent and the same
             slot types, with the values exchanged. A value is put only where it was seen next to
             the same word (in scripts without spaces: character) on the left or on the right, so
             that cases, particles and articles stay in agreement more often than not.

Spaces inside Thai and Khmer are an artefact of the set and are taken out. Texts stay as they are
otherwise; which texts are one formulation is decided by key().
"""

from __future__ import annotations

import lzma
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

CATCH_ALL = ("general_", "qa_")
LOCALES = (
    "ar-SA bn-BD de-DE en-US es-ES fa-IR fi-FI fr-FR hi-IN ja-JP km-KH pt-PT ru-RU sv-SE th-TH "
    "tr-TR zh-CN zh-TW"
).split()
SCRIPTS = {
    "ar": "Arabic", "fa": "Arabic", "bn": "Bengali", "hi": "Devanagari", "ja": "Japanese",
    "km": "Khmer", "ru": "Cyrillic", "th": "Thai", "zh": "Han",
}  # fmt: skip
UNSPACED = ("ja", "zh", "th", "km")
ARTIFICIAL_SPACES = ("th", "km")
DROPPED = ("Cf", "Cc")  # categories of characters that nobody sees
ANNOTATION = re.compile(r"\[\s*([^:\]]+?)\s*:\s*([^\]]*?)\s*\]")

Slot = tuple[str, str, int, int]  # name, value, start and end in code points


def script_of(locale: str) -> str:
    return SCRIPTS.get(locale[:2], "Latin")


@lru_cache(maxsize=1 << 17)
def key(text: str, locale: str = "") -> str:
    """The form in which texts are compared with what `rephrased` prints.

    NFKC, case fold (Turkish dotted and dotless i apart), default-ignorable and control characters
    dropped, runs of white space folded, punctuation dropped at both ends; again until nothing
    changes. It is a little coarser than the normalisation of the miner, so it is applied to both
    sides.
    """
    if locale[:2] in ("tr", "az"):
        text = text.replace("I", "ı")
    while (folded := _fold(text)) != text:
        text = folded
    return text


def _fold(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.replace("İ", "i")).casefold().replace("i\u0307", "i")
    kept = "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c) not in DROPPED)
    kept = " ".join(kept.split())
    start, end = 0, len(kept)
    while start < end and unicodedata.category(kept[start])[0] in "PZ":
        start += 1
    while end > start and unicodedata.category(kept[end - 1])[0] in "PZ":
        end -= 1
    return kept[start:end]


def goal_id(intent: str, slots: Iterable[Slot]) -> str:
    """The canonical name of a goal: intent, then the sorted slots."""
    return "|".join([intent, *sorted(f"{slot[0]}={slot[1]}" for slot in slots)])


@dataclass(frozen=True)
class Wording:
    text: str
    slots: tuple[Slot, ...]
    intent: str
    real: bool = True  # False: values were exchanged

    @property
    def goal(self) -> str:
        return goal_id(self.intent, self.slots)

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(sorted(slot[0] for slot in self.slots))


@dataclass(frozen=True)
class Row:
    """One line of the set, read."""

    number: int
    partition: str
    scenario: str
    wording: Wording


@dataclass
class Goal:
    name: str
    intent: str
    wordings: list[Wording]  # most usual first


@dataclass
class World:
    """Everything the users of one locale may say."""

    locale: str
    rows: list[Row]
    goals: list[Goal]
    chatter: list[Wording]
    meanings: dict[str, set[str]] = field(default_factory=dict)  # key of a wording -> goals
    neighbours: dict[str, list[Goal]] = field(default_factory=dict)  # goal -> other values

    @property
    def spaced(self) -> bool:
        return self.locale[:2] not in UNSPACED


def parse_slots(text: str, annotated: str) -> tuple[Slot, ...] | None:
    """The slots with their places in `text`; None when one cannot be found there."""
    slots: list[Slot] = []
    at = 0
    for name, value in ANNOTATION.findall(annotated):
        start = text.find(value, at)
        if start < 0:
            value = value.replace(" ", "")
            start = text.find(value, at)
        if start < 0 or not value:
            return None
        at = start + len(value)
        slots.append((name, value, start, at))
    return tuple(slots)


def _is_letter(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in "LM"


def without_spaces(text: str, slots: tuple[Slot, ...]) -> tuple[str, tuple[Slot, ...]]:
    """Takes out spaces between letters of a script that has none, and moves the slots along."""
    place = [0]
    kept: list[str] = []
    for i, char in enumerate(text):
        inside = 0 < i < len(text) - 1
        gap = char == " " and inside and _is_letter(text[i - 1]) and _is_letter(text[i + 1])
        if not gap and char != "\u200b":
            kept.append(char)
        place.append(len(kept))
    joined = "".join(kept)
    moved = ((name, place[start], place[end]) for name, _, start, end in slots)
    return joined, tuple((name, joined[start:end], start, end) for name, start, end in moved)


def read_rows(data: Path, locale: str, partitions: tuple[str, ...]) -> list[Row]:
    path = data / "massive" / f"{locale}.tsv.xz"
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        head = next(lines).rstrip("\n").split("\t")
        cells = [dict(zip(head, line.rstrip("\n").split("\t"))) for line in lines]
    rows: list[Row] = []
    for cell in cells:
        if cell["partition"] not in partitions:
            continue
        text = cell["utt"].strip()
        slots = parse_slots(text, cell["annot_utt"])
        if slots is None or not key(text, locale):
            continue
        if locale[:2] in ARTIFICIAL_SPACES:
            text, slots = without_spaces(text, slots)
        wording = Wording(text, slots, cell["intent"])
        rows.append(Row(int(cell["id"]), cell["partition"], cell["scenario"], wording))
    return rows


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands to the left and to the right: a word where there are spaces, else a character."""
    left, right = text[:start], text[end:]
    before = left.split()[-1] + " " if left[-1:].isspace() else left[-1:]
    after = " " + right.split()[0] if right[:1].isspace() else right[:1]
    return before, after


class Templates:
    """Exchanges values between the utterances of one intent."""

    def __init__(self, wordings: Iterable[Wording]) -> None:
        self.by_shape: dict[tuple[str, tuple[str, ...]], list[Wording]] = defaultdict(list)
        self.left: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.right: dict[tuple[str, str], set[str]] = defaultdict(set)
        for wording in wordings:
            if wording.slots and len(set(wording.types)) == len(wording.types):
                self.by_shape[wording.intent, wording.types].append(wording)
            for name, value, start, end in wording.slots:
                before, after = context(wording.text, start, end)
                self.left[name, value].add(before)
                self.right[name, value].add(after)

    def _fits(self, template: Wording, values: dict[str, str]) -> bool:
        for name, _, start, end in template.slots:
            before, after = context(template.text, start, end)
            slot = (name, values[name])
            if before not in self.left[slot] and after not in self.right[slot]:
                return False
        return True

    def filled(self, model: Wording) -> Iterator[Wording]:
        """Wordings for the goal of `model`, made of other utterances."""
        values = {slot[0]: slot[1] for slot in model.slots}
        for template in self.by_shape.get((model.intent, model.types), ()):
            if not self._fits(template, values):
                continue
            text, at = "", 0
            slots: list[Slot] = []
            for name, _, start, end in sorted(template.slots, key=lambda slot: slot[2]):
                text += template.text[at:start]
                slots.append((name, values[name], len(text), len(text) + len(values[name])))
                text += values[name]
                at = end
            yield Wording(text + template.text[at:], tuple(slots), model.intent, real=False)


def _wordings_of(
    real: list[Wording], templates: Templates, locale: str, limit: int, rng: random.Random
) -> list[Wording]:
    """At most `limit` formulations of one goal: real ones first, then made ones, each shuffled."""
    made = list(templates.filled(real[0])) if real[0].slots else []
    chosen: dict[str, Wording] = {}
    for pool in (real, made):
        for wording in rng.sample(pool, len(pool)):
            if len(chosen) < limit:
                chosen.setdefault(key(wording.text, locale), wording)
    return list(chosen.values())


def _in_order(names: list[str], by_goal: dict[str, list[Wording]]) -> list[str]:
    """The goals of one intent, in pairs of one shape and other values, well supplied ones first.

    Without the pairs few goals would have a near miss: the same request with another value.
    """

    def supply(name: str) -> int:
        return len({wording.text for wording in by_goal[name]})

    shapes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(names, key=lambda name: (-supply(name), name)):
        shapes[by_goal[name][0].types].append(name)
    pairs = [(-supply(s[i]), s[i : i + 2]) for s in shapes.values() for i in range(0, len(s), 2)]
    return [name for _, pair in sorted(pairs) for name in pair]


def build_world(
    data: Path,
    locale: str,
    seed: int,
    goals: int = 120,
    wordings: int = 10,
    partitions: tuple[str, ...] = ("train", "dev"),
) -> World:
    """Chooses goals evenly over the intents; every goal has three wordings or more."""
    rows = read_rows(data, locale, partitions)
    rng = random.Random(f"world {locale} {seed}")
    by_goal: dict[str, list[Wording]] = defaultdict(list)
    for row in rows:
        if not row.wording.intent.startswith(CATCH_ALL):
            by_goal[row.wording.goal].append(row.wording)
    templates = Templates(wording for group in by_goal.values() for wording in group)
    by_intent: dict[str, list[str]] = defaultdict(list)
    for name in sorted(by_goal):
        by_intent[by_goal[name][0].intent].append(name)
    by_intent = {intent: _in_order(names, by_goal) for intent, names in by_intent.items()}
    chosen: list[Goal] = []
    for rank in range(max(map(len, by_intent.values()))):
        for intent in sorted(by_intent):
            if rank >= len(by_intent[intent]) or len(chosen) >= goals:
                continue
            name = by_intent[intent][rank]
            texts = _wordings_of(by_goal[name], templates, locale, wordings, rng)
            if len(texts) >= 3:
                chosen.append(Goal(name, intent, texts))
    rng.shuffle(chosen)
    chatter = [row.wording for row in rows if row.wording.intent.startswith(CATCH_ALL)]
    world = World(locale, rows, chosen, rng.sample(chatter, min(200, len(chatter))))
    _index(world, by_goal)
    return world


def _index(world: World, by_goal: dict[str, list[Wording]]) -> None:
    """Meanings over all goals of the set: a wording may be right for a goal nobody has here."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for name, group in by_goal.items():
        for wording in group:
            meanings[key(wording.text, world.locale)].add(name)
    for goal in world.goals:
        for wording in goal.wordings:
            meanings[key(wording.text, world.locale)].add(goal.name)
    world.meanings = dict(meanings)
    shapes: dict[tuple[str, tuple[str, ...]], list[Goal]] = defaultdict(list)
    for goal in world.goals:
        shapes[goal.intent, goal.wordings[0].types].append(goal)
    for goal in world.goals:
        others = [other for other in shapes[goal.intent, goal.wordings[0].types] if other != goal]
        if others and goal.wordings[0].slots:
            world.neighbours[goal.name] = others
