# SPDX-License-Identifier: Apache-2.0
"""Sessions out of labelled commands: a goal said, not served, and said again, or something else.

A session has three turns: D, something else that goes well; A, which does not; and B, which does.
What A and B are decides the kind of the pair:

  paraphrase    one goal, two wordings      verbatim   the same text again
  other values  one intent, other values, texts as alike as there are
  other intent  another intent, texts as alike as there are
  unrelated     any other goal (D against A and B too)

A goal without any value is in no paraphrase: one intent is not one meaning ("play a song", "play my
running list"), and without values there is nothing else to tell by.

The outcome tells nothing about the kind: in every kind A fails (as logged: 70 %, unknown 20 %,
success 10 %) and B succeeds (as mirrored). What remains is the text and what the NLU made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from logs import Log, Nearest, Row, Said, dice, folded, part_of, user_of

KINDS = (
    ("paraphrase", 30),
    ("verbatim", 6),
    ("other values", 26),
    ("other intent", 22),
    ("unrelated", 16),
)
POSITIVE = ("paraphrase", "verbatim", "same sentence")
SHARES = (("fit", 0.25), ("choose", 0.25), ("report", 0.5))  # of the sessions
CANDIDATES = 40


@dataclass
class Command:
    """One labelled utterance, with what an NLU makes of it."""

    text: str
    intent: str
    values: tuple[tuple[str, str], ...]  # slot, value; sorted, folded
    block: str  # goal in the language that decides the split
    nlu: Row | None = None
    truth: tuple[tuple[str, str], ...] = ()  # values in that language
    part: str = ""

    def __post_init__(self) -> None:
        self.part = part_of(user_of("assistant", self.block))

    @property
    def goal(self) -> str:
        return goal_text(self.intent, self.values)


def goal_text(intent: str, values: Sequence[tuple[str, str]]) -> str:
    return "|".join([intent, *(f"{slot}={value}" for slot, value in values)])


def values_differ(a: Sequence[tuple[str, str]], b: Sequence[tuple[str, str]]) -> bool:
    """Clearly other values: no value may be the other one in short, or the other way round.

    "the lights" and "lights", "eight" and "eight am" may well be one value; such pairs are left
    out. The same slots are asked for, so that the pair is a change and not a refinement.
    """
    if sorted(slot for slot, _ in a) != sorted(slot for slot, _ in b):
        return False
    return any(
        not any(related(value, other) for name, other in b if name == slot) for slot, value in a
    )


def related(a: str, b: str) -> bool:
    words_a, words_b = set(a.split()), set(b.split())
    return bool(words_a & words_b) or a in b or b in a


@dataclass
class Shelf:
    """The commands of one part of one locale, arranged to find partners."""

    commands: list[Command]
    nearest: Nearest = field(init=False)
    by_goal: dict[str, list[int]] = field(init=False)
    by_intent: dict[str, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.nearest = Nearest([command.text for command in self.commands])
        self.by_goal, self.by_intent = {}, {}
        for i, command in enumerate(self.commands):
            self.by_goal.setdefault(command.goal, []).append(i)
            self.by_intent.setdefault(command.intent, []).append(i)

    def same_goal(self, log: Log, i: int) -> int | None:
        a = self.commands[i]
        others = [
            j
            for j in self.by_goal[a.goal]
            if folded(self.commands[j].text) != folded(a.text)
            and self.commands[j].block == a.block
        ]
        return log.rng.choice(others) if others else None

    def other_values(self, log: Log, i: int) -> int | None:
        a = self.commands[i]
        others = [
            j
            for j, b in ((j, self.commands[j]) for j in self.by_intent[a.intent])
            if values_differ(a.values, b.values)
            and values_differ(a.truth or a.values, b.truth or b.values)
        ]
        if not others:
            return None
        tried = log.rng.sample(others, min(CANDIDATES, len(others)))
        alike = self.nearest.grams[i]
        return max(tried, key=lambda j: (dice(alike, self.nearest.grams[j]), -j))

    def other_intent(self, log: Log, i: int) -> int | None:
        a = self.commands[i]
        return self.nearest.best(
            i,
            lambda j: self.commands[j].intent != a.intent
            and folded(self.commands[j].text) != folded(a.text),
        )

    def unrelated(self, log: Log, i: int) -> int | None:
        a = self.commands[i]
        for _ in range(20):
            j = log.rng.randrange(len(self.commands))
            if self.commands[j].intent != a.intent:
                return j
        return None

    def partner(self, log: Log, kind: str, i: int) -> int | None:
        find: dict[str, Callable[[Log, int], int | None]] = {
            "paraphrase": self.same_goal,
            "verbatim": lambda _, j: j,
            "other values": self.other_values,
            "other intent": self.other_intent,
            "unrelated": self.unrelated,
        }
        return find[kind](log, i)

    def fits(self, kind: str, i: int) -> bool:
        """Whether command i can open a pair of that kind at all."""
        a = self.commands[i]
        if kind == "paraphrase":
            return bool(a.values) and len(self.by_goal[a.goal]) > 1
        return kind != "other values" or bool(a.values)


def label_of(kind: str, more: Row) -> Callable[[Said, Said], Row | None]:
    """D is unrelated to both; A and B are what the session was made for."""

    def label(earlier: Said, later: Said) -> Row:
        if earlier.goal == "D":
            return {"same": False, "kind": "unrelated"} | more
        return {"same": kind in POSITIVE, "kind": kind} | more

    return label


def turn(log: Log, text: str, goal: str, nlu: Row | None, quality: str) -> Said:
    signals = [] if nlu else ["no_match"]
    return Said(text, goal, nlu, log.outcome(quality), signals if quality == "bad" else [])


def add_session(log: Log, shelf: Shelf, kind: str, trio: tuple[int, int, int], locale: str) -> None:
    """`trio`: D, A, B. A was not understood, or understood wrongly, or rightly and not served."""
    d, a, b = (shelf.commands[i] for i in trio)
    heard = log.rng.choice(("nothing", "wrong", "right"))
    taken_for = shelf.unrelated(log, trio[1])
    wrong = shelf.commands[trio[0] if taken_for is None else taken_for].nlu or {}
    nlu = {
        "nothing": None,
        "wrong": {**wrong, "slots": [], "confidence": 0.4} if wrong else None,
        "right": a.nlu,
    }[heard]
    turns = [
        turn(log, d.text, "D", d.nlu, "good"),
        turn(log, a.text, "A", nlu, "bad"),
        turn(log, b.text, "B", b.nlu, "good"),
    ]
    more = {"understood": heard, "values": len(a.values)}
    log.add(user_of("assistant", a.block), locale, turns, label_of(kind, more))


def add_locale(log: Log, commands: list[Command], locale: str, sessions: int) -> None:
    """About `sessions` sessions, each part getting its share of them."""
    for part, share in SHARES:
        shelf = Shelf([command for command in commands if command.part == part])
        if not shelf.commands:
            continue
        for kind, percent in KINDS:
            wanted = round(sessions * share * percent / 100)
            order = [i for i in range(len(shelf.commands)) if shelf.fits(kind, i)]
            log.rng.shuffle(order)
            add_kind(log, shelf, kind, (order, wanted), locale)


def add_kind(
    log: Log, shelf: Shelf, kind: str, order: tuple[list[int], int], locale: str
) -> None:
    made = 0
    candidates, wanted = order
    for a in candidates:
        if made >= wanted:
            break
        b, d = shelf.partner(log, kind, a), shelf.unrelated(log, a)
        if b is None or d is None:
            continue
        if shelf.commands[d].intent == shelf.commands[b].intent:
            continue
        add_session(log, shelf, kind, (d, a, b), locale)
        made += 1
