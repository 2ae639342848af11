# SPDX-License-Identifier: Apache-2.0
"""Simulated users who talk to a model, and the log that the assistant would write of it.

The intent is the model's; slots are what a product's recognisers of names and times find, which is not
what the loop is about. A turn is right when both are.
What a user does next is chance with the shares in Habits. Turns are made in waves, so that the model
reads the first turns of all sessions at once, then all second ones, and so on.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loop_world import World
from nlu.data import Example, Slot, label_parts

WEEK = 7 * 24 * 3600 * 1000
START = 1767571200000  # Monday 2026-01-05, 00:00 UTC, in milliseconds


@dataclass(frozen=True)
class Habits:
    """Shares of what users and recogniser do."""

    reword: float = 0.65  # after a failure: say it in other words
    repeat: float = 0.15  # … say the same again; the rest gives up
    wander: float = 0.10  # … or ask for something else at once
    misheard: float = 0.10  # of all turns
    slots_lost: float = 0.05  # texts of which one slot is never found
    wrong_outcome: float = 0.05  # turns whose success or failure the log tells wrongly
    attempts: int = 4
    popularity: float = 1.0  # spread (of the logarithm) of how many users say a wording


@dataclass(frozen=True)
class Answer:
    """What the model made of a text."""

    label: str  # domain and intent
    confidence: float


Reader = Callable[[Sequence[str]], list[Answer]]


@dataclass
class Talk:
    """One session on its way."""

    number: int
    user: int
    time: int
    wish: Example
    next: Example
    rng: random.Random
    turns: int = 0


@dataclass(frozen=True)
class Turn:
    """What was said and meant, and whether the model understood it."""

    said: Example
    wish: Example
    talk: tuple[int, int]  # week and number of the session
    user: int
    right: bool


def _found(said: Example, habits: Habits) -> tuple[Slot, ...]:
    """The slots as the product's recognisers of names and times find them, the same every time."""
    chance = random.Random(f"slots {said.text}")
    if said.slots and chance.random() < habits.slots_lost:
        lost = chance.randrange(len(said.slots))
        return said.slots[:lost] + said.slots[lost + 1 :]
    return said.slots


def _first_talks(
    world: World, habits: Habits, users: int, mean: float, week: int, weeks: int, rng: random.Random
) -> list[Talk]:
    """Who says what when: a wording has a popularity of its own, the same in every round."""
    talks: list[Talk] = []
    for wish in world.said:
        spread = habits.popularity
        expected = mean * math.exp(spread * world.fame(wish) - spread**2 / 2)
        count = min(users, int(expected) + (rng.random() < expected % 1))
        for user in rng.sample(range(users), count):
            time = START + week * WEEK + rng.randrange(weeks * WEEK)
            talks.append(Talk(len(talks), user, time, wish, wish, random.Random(rng.random())))
    return talks


def _outcome(right: bool, sure: float, rng: random.Random, habits: Habits) -> dict[str, Any]:
    seen = right != (rng.random() < habits.wrong_outcome)
    if seen:
        return {"status": "success", "signals": ["completed"] if rng.random() < 0.5 else []}
    signals = [rng.choice(["cancel", "negative_feedback", "barge_in", "fallback", "undo"])]
    return {"status": "failure", "signals": signals + (["low_confidence"] if sure < 0.4 else [])}


def _event(
    talk: Talk, said: Example, answer: Answer, slots: Sequence[Slot], outcome: dict[str, Any]
) -> dict[str, Any]:
    domain, intent = label_parts(answer.label)
    names = sorted(f"{slot.name} {slot.value}" for slot in slots)
    outcome["response"] = " ".join([answer.label, *names])
    return {
        "event_id": f"{talk.time}-{talk.number}-{talk.turns}",
        "ts": talk.time,
        "user_id": f"user-{talk.user}",
        "locale": said.locale,
        "utterance": said.text,
        "nlu": {
            "domain": domain,
            "intent": intent,
            "confidence": round(answer.confidence, 3),
            "slots": [vars(slot) for slot in slots],
        },
        "outcome": outcome,
    }


def _go_on(talk: Talk, world: World, habits: Habits) -> bool:
    """What the user says next, or that nothing comes."""
    rng, chance = talk.rng, talk.rng.random()
    if talk.turns >= habits.attempts:
        return False
    if chance < habits.reword:
        others, ready = world.others(talk.wish)
        if not others:
            return False
        talk.next = rng.choices(others, ready)[0]
    elif chance < habits.reword + habits.repeat:
        talk.next = talk.wish
    elif chance < habits.reword + habits.repeat + habits.wander:
        talk.wish = talk.next = rng.choice(world.said)
    else:
        return False
    talk.time += rng.randrange(5000, 45000)
    return True


def talk_for(
    world: World,
    habits: Habits,
    read: Reader,
    log: Path,
    *,
    users: int,
    mean: float,
    week: int,
    weeks: int,
) -> list[Turn]:
    """Writes the log of `weeks` weeks from `week` on, in the order of time; what was said in truth."""
    rng = random.Random(f"talk {world.locale} {world.seed} {week}")
    talks = _first_talks(world, habits, users, mean, week, weeks, rng)
    events: list[dict[str, Any]] = []
    turns: list[Turn] = []
    while talks:
        said = [
            world.misheard(t.next, t.rng) if t.rng.random() < habits.misheard else t.next
            for t in talks
        ]
        distinct = sorted({one.text for one in said})
        answers = dict(zip(distinct, read(distinct)))
        going: list[Talk] = []
        for talk, one in zip(talks, said):
            answer = answers[one.text]
            slots = _found(one, habits)
            right = answer.label == one.label and slots == one.slots
            outcome = _outcome(right, answer.confidence, talk.rng, habits)
            events.append(_event(talk, one, answer, slots, outcome))
            turns.append(Turn(one, talk.wish, (week, talk.number), talk.user, right))
            talk.turns += 1
            if not right and _go_on(talk, world, habits):
                going.append(talk)
        talks = going
    events.sort(key=lambda event: (event["ts"], event["event_id"]))
    with open(log, "w", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")
    return turns
