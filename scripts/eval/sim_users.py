# SPDX-License-Identifier: Apache-2.0
"""The people of the simulation: what they want, in which words, and how they take a failure.

A user has favourite goals and, for each, a usual wording, both by popularity (Zipf). A conversation
is a sequence of wishes. While a wish is not fulfilled the user says it again more clearly, in other
words, only the value that was got wrong, tells the assistant to stop, asks for something else (and
may come back to it) or gives up. Users know whether they were understood; the log may not.

Conversation.say() gives the next turn and Conversation.take() the answer to it, so that any
assistant can stand between the two.
"""

from __future__ import annotations

import bisect
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from sim_nlu import Reading
from sim_world import Goal, Wording, World

Item = TypeVar("Item")

# What the assistant's own control words are, in every locale: turns that steer and mean no goal.
STOP = {
    "ar": "توقف", "bn": "থামো", "de": "stopp", "en": "stop", "es": "para", "fa": "بس کن",
    "fi": "seis", "fr": "arrête", "hi": "रुको", "ja": "止めて", "km": "ឈប់", "pt": "para",
    "ru": "стоп", "sv": "stopp", "th": "หยุด", "tr": "dur", "zh": "停",
}  # fmt: skip
STOP_INTENT = "assistant_halt"  # a name that no pattern of the configuration knows


@dataclass(frozen=True)
class Habits:
    """Probabilities of what happens in a conversation."""

    topic_change: float = 0.10  # after a failure: asks for something else
    give_up: float = 0.15  # after a failure
    repeat: float = 0.25  # of those who try again: the same words
    halt: float = 0.06  # after a failure: tells the assistant to stop, then tries again
    value_only: float = 0.15  # after a value was got wrong: says only that value
    slip: float = 0.05  # asks with another value than was meant, and corrects it
    chatter: float = 0.05  # a wish that is no goal
    another: float = 0.35  # after a wish is settled: another one follows
    back: float = 0.5  # after a topic change: comes back to the first wish
    learn: float = 0.5  # takes the wording that worked for the usual one
    usual: float = 0.7  # says it in the usual wording
    favourite: float = 0.7  # wants one of the favourites
    most_tries: int = 4


def zipf(count: int, exponent: float = 0.9) -> list[float]:
    """Running sums of 1 / rank^exponent."""
    return list(accumulate(1.0 / rank**exponent for rank in range(1, count + 1)))


def draw(items: Sequence[Item], sums: Sequence[float], rng: random.Random) -> Item:
    return items[bisect.bisect_right(sums, rng.random() * sums[-1], 0, len(sums) - 1)]


def promote_some(order: list[Item], rng: random.Random) -> None:
    """Moves a fifth of the items, at random, towards the front."""
    for _ in range(max(1, len(order) // 5)):
        at = rng.randrange(1, len(order))
        order.insert(rng.randrange(0, at), order.pop(at))


@dataclass(frozen=True)
class Said:
    """A turn as its user means it. `goal` is what the words ask for; "" when they ask for none."""

    wording: Wording
    goal: str
    kind: str  # request, repeat, rephrase, value, halt, chatter, slip
    gap_ms: int  # since the answer before
    wish: int  # number of the wish within the conversation


class Population:
    """What the users of one locale share: goals and wordings by popularity, which may drift."""

    def __init__(
        self,
        world: World,
        seed: int,
        habits: Habits,
        drift: bool = False,
        understood: dict[str, float] | None = None,
    ) -> None:
        self.world, self.habits, self.drift = world, habits, drift
        self.rng_seed = f"{world.locale} {seed}"
        self.goals = self._by_popularity(understood)
        self.sums = zipf(len(self.goals))
        self.wordings = {goal.name: list(goal.wordings) for goal in self.goals}
        most = max(len(goal.wordings) for goal in self.goals)
        self.wording_sums = [zipf(count) for count in range(1, most + 1)]
        self.values = self._fragments()
        self.stop = Wording(STOP[world.locale[:2]], (), STOP_INTENT)

    def _by_popularity(self, understood: dict[str, float] | None) -> list[Goal]:
        """At random, but people do not go on asking for what is never understood: `understood` is
        the share of a goal's wordings that are."""
        if understood is None:
            return list(self.world.goals)
        rng = random.Random(f"popularity {self.rng_seed}")
        rank = {g.name: rng.random() * (0.1 + understood[g.name]) for g in self.world.goals}
        return sorted(self.world.goals, key=lambda goal: -rank[goal.name])

    def _fragments(self) -> dict[str, Wording]:
        """For a goal with one slot: its value alone, which means something only in its context."""
        fragments: dict[str, Wording] = {}
        for goal in self.goals:
            slots = goal.wordings[0].slots
            if len(slots) == 1:
                name, value, _, _ = slots[0]
                fragments[goal.name] = Wording(value, ((name, value, 0, len(value)),), goal.intent)
        return fragments

    def wording(self, goal: Goal, rng: random.Random) -> Wording:
        choices = self.wordings[goal.name]
        return draw(choices, self.wording_sums[len(choices) - 1], rng)

    def turn_week(self, week: int) -> None:
        """With drift, some goals and wordings gain on their neighbours from week to week."""
        if not self.drift or week == 0:
            return
        rng = random.Random(f"drift {self.rng_seed} {week}")
        promote_some(self.goals, rng)
        for wordings in self.wordings.values():
            promote_some(wordings, rng)


class User:
    """One person; remembers which words worked."""

    def __init__(self, people: Population, number: int) -> None:
        self.people = people
        self.name = f"{people.world.locale}-u{number}"
        rng = random.Random(f"user {people.rng_seed} {number}")
        self.favourites = [draw(people.goals, people.sums, rng) for _ in range(rng.randint(3, 8))]
        self.usual: dict[str, Wording] = {}
        self.activity = 0.3 + rng.expovariate(1.0)
        self.hour = rng.randrange(24)
        self.cohort = f"c{rng.randrange(4)}"
        self.canary: tuple[Wording, Goal] | None = None

    def pick_goal(self, rng: random.Random) -> Goal:
        if rng.random() < self.people.habits.favourite:
            return rng.choice(self.favourites)
        return draw(self.people.goals, self.people.sums, rng)

    def pick_wording(self, goal: Goal, rng: random.Random) -> Wording:
        if goal.name not in self.usual:
            self.usual[goal.name] = self.people.wording(goal, rng)
        if rng.random() < self.people.habits.usual:
            return self.usual[goal.name]
        return self.people.wording(goal, rng)


@dataclass
class Wish:
    goal: Goal
    number: int
    tried: list[Wording]
    patience: int
    canary: bool = False


class Conversation:
    """The turns of one session. say() until it gives None; after each, take() the answer."""

    def __init__(self, user: User, rng: random.Random) -> None:
        self.user, self.rng, self.habits = user, rng, user.people.habits
        self.wishes = 0
        self.open: list[Wish] = []  # the last is the present one
        self.next: Said | None = None
        self._wish()

    def _wish(self) -> None:
        """A new wish, said for the first time."""
        rng, habits = self.rng, self.habits
        self.wishes += 1
        if rng.random() < habits.chatter and self.user.people.world.chatter:
            chatter = rng.choice(self.user.people.world.chatter)
            self.next = Said(chatter, "", "chatter", self._pause(False), self.wishes)
            return
        canary = self.user.canary if self.user.canary and rng.random() < 0.2 else None
        goal = canary[1] if canary else self.user.pick_goal(rng)
        wish = Wish(goal, self.wishes, [], rng.randint(1, habits.most_tries), canary is not None)
        self.open.append(wish)
        wording = canary[0] if canary else self.user.pick_wording(goal, rng)
        others = self.user.people.world.neighbours.get(goal.name)
        if others and rng.random() < habits.slip:
            other = rng.choice(others)
            slip = self.user.people.wording(other, rng)
            self.next = Said(slip, other.name, "slip", self._pause(False), self.wishes)
            return
        self._try(wish, wording, "request", False)

    def _try(self, wish: Wish, wording: Wording, kind: str, soon: bool = True) -> None:
        wish.tried.append(wording)
        self.next = Said(wording, wish.goal.name, kind, self._pause(soon), wish.number)

    def _pause(self, soon: bool) -> int:
        """Milliseconds: people who try again are quick, a new wish takes its time."""
        mean = 7_000 if soon else 40_000
        return 1_500 + min(int(self.rng.expovariate(1.0 / mean)), 20 * 60_000)

    def say(self) -> Said | None:
        return self.next

    def take(self, reading: Reading, fulfilled: bool) -> bool:
        """The answer: `fulfilled` is whether it was what the words asked for. True when the user
        leaves an unfulfilled wish behind."""
        said = self.next
        assert said is not None
        self.next = None
        wish = self.open[-1] if self.open else None
        if wish is None or said.kind == "chatter":
            self._settled()
            return False
        if said.kind == "slip":
            self._try(wish, self.user.pick_wording(wish.goal, self.rng), "request")
            return False
        if said.kind == "halt":
            self._again(wish, None)
            return False
        if fulfilled:
            if said.kind != "value" and not wish.canary and self.rng.random() < self.habits.learn:
                self.user.usual[wish.goal.name] = said.wording
            self.open.pop()
            self._settled()
            return False
        return self._failed(wish, reading)

    def _settled(self) -> None:
        if self.open:
            wish = self.open[-1]
            self._try(wish, self.user.pick_wording(wish.goal, self.rng), "request", False)
        elif self.wishes < 6 and self.rng.random() < self.habits.another:
            self._wish()

    def _failed(self, wish: Wish, reading: Reading) -> bool:
        rng, habits = self.rng, self.habits
        if len(wish.tried) > wish.patience or rng.random() < habits.give_up:
            self.open.pop()
            self._settled()
            return True
        if len(self.open) < 2 and rng.random() < habits.topic_change:
            if rng.random() >= habits.back:
                self.open.pop()
            self._wish()
            if self.next:
                self.next = replace(self.next, gap_ms=self._pause(True))
            return True
        if rng.random() < habits.halt:
            self.next = Said(self.user.people.stop, "", "halt", self._pause(True), wish.number)
            return False
        self._again(wish, reading)
        return False

    def _again(self, wish: Wish, reading: Reading | None) -> None:
        rng, people = self.rng, self.user.people
        value = people.values.get(wish.goal.name)
        value_wrong = reading is not None and reading.intent == wish.goal.intent
        if value and value_wrong and rng.random() < self.habits.value_only:
            self._try(wish, value, "value")
            return
        if wish.tried and rng.random() < self.habits.repeat:
            self._try(wish, wish.tried[-1], "value" if wish.tried[-1] == value else "repeat")
            return
        for _ in range(4):
            wording = people.wording(wish.goal, rng)
            if wording not in wish.tried:
                break
        self._try(wish, wording, "rephrase")
