# SPDX-License-Identifier: Apache-2.0
"""The truth about a simulated log: what every turn meant, and which pairs there are to be found.

Lines of the truth file, each with "kind":

  event        event_id, goal (null when the words ask for none), heard (false: misheard),
               understood, said (request, rephrase, ...)
  formulation  locale, text, meanings, goals [{goal, users, worked}] (distinct users who said the
               text with the goal in mind; those of them for whom it worked)
  pair         locale, source, target, goals, users, worked, misheard, users_any. The one was said
               and then the other for one goal, at most 3 turns and 90 s apart, by so many distinct
               users; `worked`: of them, those for whom the target was understood.
  chatter      locale, text: said for no goal; of two such texts nobody knows whether they mean the
               same, so pairs of them are no part of the truth
  canary       user, token: a personal word that must never leave the store

Texts are in the form of sim_world.key().

What a formulation means: the goals for which people wrote it (in the whole set, not only in the
simulation); for a text that exists only as a mishearing, the goal most of its users had in mind,
and nothing when fewer than two thirds of them agree. A value alone, a control word and chatter mean
nothing. A pair is true when both sides have a meaning in common.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim_users import Said
from sim_world import World, key

MOST_TURNS = 3
MOST_MS = 90_000


@dataclass
class Use:
    users: set[str] = field(default_factory=set)
    worked: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Heard:
    at: int
    text: str  # key
    goal: str
    worked: bool
    formulation: bool  # a wording of a goal, not a value alone


class TruthBook:
    """Collects while the simulation of one locale runs; sessions come one after the other."""

    def __init__(self, world: World, least_users: int = 2) -> None:
        self.world, self.least_users = world, least_users
        self.uses: dict[str, dict[str, Use]] = defaultdict(lambda: defaultdict(Use))
        self.pairs: dict[tuple[str, str], dict[str, Use]] = defaultdict(lambda: defaultdict(Use))
        self.fragments: set[str] = set()
        self.chatter: set[str] = set()
        self.canaries: dict[str, str] = {}
        self.turns: list[Heard] = []

    def open_session(self) -> None:
        self.turns = []

    def add(self, user: str, at: int, said: Said, heard: str, worked: bool) -> None:
        text = key(heard, self.world.locale)
        if said.kind == "chatter":
            self.chatter.add(text)
        is_formulation = said.kind not in ("value", "halt", "chatter")
        if not is_formulation and heard == said.wording.text:
            self.fragments.add(text)
        turn = Heard(at, text, said.goal, worked, is_formulation)
        if is_formulation:
            use = self.uses[text][said.goal]
            use.users.add(user)
            if worked:
                use.worked.add(user)
            self._link(user, turn)
        self.turns.append(turn)

    def _link(self, user: str, later: Heard) -> None:
        for earlier in self.turns[-MOST_TURNS:]:
            if (
                earlier.formulation
                and earlier.goal == later.goal
                and earlier.text != later.text
                and later.at - earlier.at <= MOST_MS
            ):
                use = self.pairs[earlier.text, later.text][later.goal]
                use.users.add(user)
                if later.worked:
                    use.worked.add(user)

    def meanings(self, text: str) -> set[str]:
        written = self.world.meanings.get(text)
        if written:
            return written
        uses = self.uses.get(text)
        if not uses or text in self.fragments:
            return set()
        goal, use = max(uses.items(), key=lambda item: (len(item[1].users), item[0]))
        agreed = 3 * len(use.users) >= 2 * sum(len(other.users) for other in uses.values())
        return {goal} if agreed else set()

    def rows(self) -> Iterator[dict[str, Any]]:
        locale = self.world.locale
        for text, uses in sorted(self.uses.items()):
            yield {
                "kind": "formulation",
                "locale": locale,
                "text": text,
                "written": text in self.world.meanings,
                "meanings": sorted(self.meanings(text)),
                "goals": [
                    {"goal": goal, "users": len(use.users), "worked": len(use.worked)}
                    for goal, use in sorted(uses.items())
                ],
            }
        for text in sorted(self.chatter - self.uses.keys()):
            yield {"kind": "chatter", "locale": locale, "text": text}
        for (source, target), by_goal in sorted(self.pairs.items()):
            users = set().union(*(use.users for use in by_goal.values()))
            shared = sorted(self.meanings(source) & self.meanings(target))
            if len(users) < self.least_users or not shared:
                continue
            yield {
                "kind": "pair",
                "locale": locale,
                "source": source,
                "target": target,
                "goals": shared,
                "users": len(users),
                "worked": len(set().union(*(use.worked for use in by_goal.values()))),
                "misheard": [side not in self.world.meanings for side in (source, target)],
            }
        for user, token in sorted(self.canaries.items()):
            yield {"kind": "canary", "locale": locale, "user": user, "token": token}


def as_line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
