# SPDX-License-Identifier: Apache-2.0
"""The assistant between users and log: rewrites, understanding, outcome; the weeks of a log.

What the log says of an outcome is wrong in a share of turns (wrong_outcomes): a fulfilled turn is
then logged as a failure, another one as a success. A turn that was not understood, with a
confidence below NO_MATCH, gets a fallback answer; with a higher one the assistant does the wrong
thing, and some users let it know.

Rewrites (arms): a text that has one is replaced before it is understood, but for a share of users
(the holdout), for whom the log notes that it was not.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sim_nlu import Nlu, Reading
from sim_noise import Hearing
from sim_truth import TruthBook, as_line
from sim_users import STOP_INTENT, Conversation, Habits, Population, Said, User
from sim_world import Wording, World, key

NO_MATCH = 0.25
NOT_SAID = -1  # place of a slot that comes from the context
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
HOLDOUT = 0.05
# What users do about a wrong action, by a number drawn between 0 and 1.
COMPLAINTS = (
    ("barge_in", 0.0, 0.3),
    ("cancel", 0.2, 0.35),
    ("undo", 0.5, 0.6),
    ("negative_feedback", 0.8, 0.86),
)
Line = tuple[int, str, str]  # event time, event, truth
Rewrites = dict[str, str]  # key of the source -> target


@dataclass(frozen=True)
class Options:
    seed: int = 1
    users: int = 300
    weeks: int = 4
    sessions: float = 5.0  # per user and week, on average
    start_ms: int = 1_767_571_200_000  # Monday 2026-01-05 00:00 UTC
    wrong_outcomes: float = 0.10
    drift: bool = False
    canaries: int = 50  # every so manieth user has a canary phrase; 0: nobody
    habits: Habits = field(default_factory=Habits)


def in_holdout(user: str, share: float = HOLDOUT) -> bool:
    return hashlib.sha256(f"holdout {user}".encode()).digest()[0] < 256 * share


def token(rng: random.Random) -> str:
    """A word that nobody else says: syllables, so that it is no number and no address."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(6))


@dataclass(frozen=True)
class Answer:
    """A reading with what it takes to log it."""

    reading: Reading
    goal: str  # that is acted upon; "" after a fallback
    text: str  # utterance and nlu, as JSON members
    response: str  # JSON
    fallback: bool


class Assistant:
    """Understands; keeps what it understood, for people say the same things again and again."""

    def __init__(self, locale: str, nlu: Nlu) -> None:
        self.locale, self.nlu = locale, nlu
        self.answers: dict[str, Answer] = {}
        self.rewrites: Rewrites = {}

    def use(self, rewrites: Rewrites) -> None:
        self.rewrites = rewrites

    def retrain(self, nlu: Nlu) -> None:
        self.nlu = nlu
        self.answers = {}

    def answer(self, text: str) -> Answer:
        found = self.answers.get(text)
        if found is None:
            found = self.answers[text] = self._answer(text, self.nlu.predict(text))
        return found

    @staticmethod
    def _answer(text: str, reading: Reading, fallback: bool | None = None) -> Answer:
        if fallback is None:
            fallback = not reading.intent or reading.confidence < NO_MATCH
        slots: list[dict[str, str | int]] = []
        for name, value, start, end in reading.slots:
            place = {} if start == NOT_SAID else {"start": start, "end": end}
            slots.append({"name": name, "value": value, **place})
        nlu = {
            "domain": reading.intent.split("_")[0],
            "intent": reading.intent,
            "confidence": round(reading.confidence, 3),
            "slots": slots,
        }
        members = f'"utterance":{json.dumps(text, ensure_ascii=False)}'
        if reading.intent:
            members += f',"nlu":{json.dumps(nlu, ensure_ascii=False)}'
        goal = "" if fallback else reading.goal
        response = json.dumps(goal or "fallback", ensure_ascii=False)
        return Answer(reading, goal, members, response, fallback)

    def in_context(self, said: Said, text: str) -> Answer:
        """A value alone, understood in the light of the turn before."""
        slots = tuple(
            (name, value, 0, len(text)) if text == value else (name, value, NOT_SAID, NOT_SAID)
            for name, value, _, _ in said.wording.slots
        )
        return self._answer(text, Reading(said.wording.intent, slots, 0.8), False)

    def halted(self, said: Said) -> Answer:
        return self._answer(said.wording.text, Reading(STOP_INTENT, (), 0.95), False)


def outcome(
    fulfilled: bool, answer: Answer, left: bool, wrong: float, rng: random.Random
) -> tuple[str, list[str]]:
    """Status and signals as the log has them."""
    signals: list[str] = []
    flipped = rng.random() < wrong
    looks_good = fulfilled != flipped
    chance = rng.random()
    if looks_good:
        status = "success"
        if chance < 0.4:
            signals.append("completed")
    elif fulfilled:
        status = "failure"
        if chance < 0.5:
            signals.append("barge_in" if chance < 0.3 else "error")
    elif answer.fallback:
        status = "failure"
        signals.append("no_match" if chance < 0.5 else "fallback")
        if chance < 0.2:
            signals.append("reprompt")
    else:
        status = "failure" if chance < 0.67 else "unknown"
        signals.extend(signal for signal, low, high in COMPLAINTS if low <= chance < high)
    if left and rng.random() < 0.4:
        signals.append("abandoned")
    return status, signals


class Simulation:
    """The log of one locale, week by week, in the order of event time.

    week() yields its lines; between two weeks the caller may change the assistant.
    """

    def __init__(self, world: World, nlu: Nlu, hearing: Hearing, options: Options) -> None:
        self.world, self.hearing, self.options = world, hearing, options
        self.assistant = Assistant(world.locale, nlu)
        self.people = Population(
            world, options.seed, options.habits, options.drift, self._understood()
        )
        self.truth = TruthBook(world)
        self.users = [User(self.people, number) for number in range(options.users)]
        self.goal_json = {
            goal.name: json.dumps(goal.name, ensure_ascii=False) for goal in world.goals
        }
        self.late: list[Line] = []
        self.events = self.sessions = 0
        self.weeks: list[Counter[str]] = []
        self._give_canaries()

    def _understood(self) -> dict[str, float]:
        return {
            goal.name: sum(self._works(w.text, goal.name) for w in goal.wordings)
            / len(goal.wordings)
            for goal in self.world.goals
        }

    def _works(self, text: str, goal: str) -> bool:
        return self.assistant.answer(text).goal == goal

    def _give_canaries(self) -> None:
        for user in self.users[7 :: self.options.canaries] if self.options.canaries else ():
            rng = random.Random(f"canary {self.people.rng_seed} {user.name}")
            word, goal = token(rng), user.favourites[0]
            usual = self.people.wording(goal, rng)
            said = f"{word} {usual.text}"
            shift = len(word) + 1
            slots = tuple((n, v, s + shift, e + shift) for n, v, s, e in usual.slots)
            user.canary = (Wording(said, slots, goal.intent), goal)
            self.truth.canaries[user.name] = word

    def _plan(self, week: int, day: int) -> list[tuple[int, int]]:
        """Sessions of one day: when, and whose."""
        rng = random.Random(f"plan {self.people.rng_seed} {week} {day}")
        midnight = self.options.start_ms + (7 * week + day) * DAY_MS
        plan: list[tuple[int, int]] = []
        for number, user in enumerate(self.users):
            rate = self.options.sessions / 7 * user.activity / 1.3
            while rng.random() < rate:
                rate -= 1.0
                hour = (user.hour + int(rng.gauss(0, 2))) % 24
                plan.append((midnight + hour * HOUR_MS + rng.randrange(HOUR_MS), number))
        return sorted(plan)

    def week(self, week: int) -> Iterator[Line]:
        self.people.turn_week(week)
        self.weeks.append(Counter())
        for day in range(7):
            lines = self.late
            for start, number in self._plan(week, day):
                lines.extend(self._session(start, self.users[number]))
            lines.sort(key=lambda line: line[0])
            end = self.options.start_ms + (7 * week + day + 1) * DAY_MS
            self.late = [line for line in lines if line[0] >= end]
            yield from (line for line in lines if line[0] < end)

    def finish(self) -> list[Line]:
        """What goes on past the end of the last week."""
        lines, self.late = self.late, []
        return lines

    def _session(self, start: int, user: User) -> list[Line]:
        self.sessions += 1
        rng = random.Random(self.options.seed * 1_000_003 + self.sessions)
        talk = Conversation(user, rng)
        self.truth.open_session()
        lines: list[Line] = []
        at = start
        while (said := talk.say()) is not None:
            at += said.gap_ms if lines else 0
            lines.append(self._turn(at, user, talk, said, rng))
            at += 1_500
        return lines

    def _hear(self, said: Said, user: User, rng: random.Random) -> tuple[str, Answer, str]:
        """What arrives, what is made of it, and the log's note about a rewrite."""
        if said.kind == "halt":
            return said.wording.text, self.assistant.halted(said), ""
        heard = self.hearing.hear(said.wording.text, rng)
        if said.kind == "value" and rng.random() < 0.7:
            return heard, self.assistant.in_context(said, heard), ""
        rewrites = self.assistant.rewrites
        target = rewrites.get(key(heard, self.world.locale)) if rewrites else None
        if target is None:
            return heard, self.assistant.answer(heard), ""
        arm = "holdout" if in_holdout(user.name) else "treated"
        note = json.dumps({"from": heard, "arm": arm}, ensure_ascii=False)
        answer = self.assistant.answer(target if arm == "treated" else heard)
        return heard, answer, f',"rewrite":{note}'

    def _count(self, said: Said, heard: str, fulfilled: bool, note: str) -> None:
        """Requests, and what rewrites did to them: won if they alone made it work, lost if it would
        have worked without."""
        if not said.goal or said.kind == "slip":
            return
        counts = self.weeks[-1]
        counts["requests"] += 1
        counts["failed"] += not fulfilled
        if said.kind == "request":
            counts["first"] += 1
            counts["first_failed"] += not fulfilled
        if '"treated"' in note:
            alone = self._works(heard, said.goal)
            counts["treated"] += 1
            counts["won"] += fulfilled and not alone
            counts["lost"] += alone and not fulfilled
        elif note:
            counts["holdout"] += 1
            counts["holdout_failed"] += not fulfilled

    def _turn(
        self, at: int, user: User, talk: Conversation, said: Said, rng: random.Random
    ) -> Line:
        heard, answer, note = self._hear(said, user, rng)
        fulfilled = answer.goal == (said.goal or said.wording.goal)
        left = talk.take(answer.reading, fulfilled)
        self._count(said, heard, fulfilled, note)
        status, signals = outcome(fulfilled, answer, left, self.options.wrong_outcomes, rng)
        self.truth.add(user.name, at, said, heard, fulfilled)
        self.events += 1
        name = f"{self.world.locale}-{self.events}"
        sure = 0.4 + 0.35 * rng.random() + (0.2 if heard == said.wording.text else 0.0)
        listed = ",".join(f'"{signal}"' for signal in signals)
        event = (
            f'{{"event_id":"{name}","ts":{at},"user_id":"{user.name}",'
            f'"locale":"{self.world.locale}",{answer.text},"asr":{{"confidence":{sure:.2f}}},'
            f'"outcome":{{"status":"{status}","signals":[{listed}],"response":{answer.response}}},'
            f'"cohort":"{user.cohort}"{note}}}\n'
        )
        goal = self.goal_json[said.goal] if said.goal else "null"
        truth = (
            f'{{"kind":"event","event_id":"{name}","goal":{goal},"said":"{said.kind}",'
            f'"heard":{"true" if heard == said.wording.text else "false"},'
            f'"understood":{"true" if fulfilled else "false"}}}\n'
        )
        return at, event, truth

    def total(self) -> Counter[str]:
        return sum(self.weeks, Counter())

    def truth_lines(self) -> Iterator[str]:
        for week, counts in enumerate(self.weeks, 1):
            row = {"kind": "week", "locale": self.world.locale, "week": week}
            yield as_line(row | dict(sorted(counts.items())))
        for row in self.truth.rows():
            yield as_line(row)
