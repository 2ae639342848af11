# SPDX-License-Identifier: Apache-2.0
"""Sessions of two turns that must never be joined, out of sets of labelled questions.

The earlier turn was not understood, or was understood as its own intent, in turn (gold:
"understood"); the later one is understood. The outcome looks like a retry: the earlier turn fails
and the later one succeeds, with the noise of commands.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from commands import SHARES, turn
from logs import Log, Nearest, Row, Said, dice, folded, grams, part_of, user_of


@dataclass(frozen=True)
class Question:
    text: str
    domain: str
    intent: str  # "": out of scope

    def nlu(self) -> Row | None:
        if not self.intent:
            return None
        return {"domain": self.domain, "intent": self.intent, "confidence": 0.9, "slots": []}


def likeness_band(a: str, b: str) -> str:
    """Shared letter sequences (Dice), in fifths."""
    step = min(int(5 * dice(grams(a), grams(b))), 4)
    return f"{step / 5:.1f} to {(step + 1) / 5:.1f}"


def add_pair(log: Log, user: str, pair: tuple[Question, Question], more: Row) -> None:
    earlier, later = pair
    heard = earlier.nlu() if log.rng.random() < 0.5 else None

    def label(a: Said, b: Said) -> Row:
        row: Row = {"same": False, "likeness": likeness_band(a.text, b.text)}
        return row | {"understood": "right" if heard else "nothing"} | more

    turns = [
        turn(log, earlier.text, "A", heard, "bad"),
        turn(log, later.text, "B", later.nlu(), "good"),
    ]
    log.add(user, "en-US", turns, label)


def add_part(log: Log, family: str, questions: list[Question], wanted: int) -> None:
    """Each with the question of another intent that looks most like it; partners all in scope."""
    nearest = Nearest([question.text for question in questions])
    order = list(range(len(questions)))
    log.rng.shuffle(order)
    # Out-of-scope questions are few: they come first, at most a third.
    outside = [i for i in order if not questions[i].intent][: wanted // 3]
    inside = [i for i in order if questions[i].intent][: wanted - len(outside)]
    for i in outside + inside:
        a = questions[i]
        j = nearest.best(
            i,
            lambda j: questions[j].intent not in ("", a.intent)
            and folded(questions[j].text) != folded(a.text),
        )
        if j is not None:
            kind = "another intent" if a.intent else "out of scope"
            add_pair(log, user_of(family, a.text), (a, questions[j]), {"kind": kind})


def add_questions(log: Log, family: str, questions: list[Question], sessions: int) -> None:
    for part, share in SHARES:
        own = [q for q in questions if part_of(user_of(family, q.text)) == part]
        add_part(log, family, own, round(sessions * share))
