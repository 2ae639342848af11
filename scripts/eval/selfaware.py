#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weeks of an assistant that serves the rewrites it learns, while people change their minds.

Every week a simulated assistant answers people with the rewrites published the week before, its log
is replayed, and the next table is published. A source is a garbled request that fails by itself.
People who say it want one song; for a part of the sources ("drifting") most of them want another one
from a given week on, so that a rewrite that was right becomes wrong. Two logs are compared:

  aware   rewritten turns are marked (rewrite.from, rewrite.arm), a tenth of the users is held back
  blind   the log shows the rewritten text as if it had been said; nobody is held back

An assistant that plays the wrong song often believes it did well (--deaf), and not everybody who was
misunderstood says it again (--patience), so the log never tells the truth outright.

Reported for every week, over the sources:
  type I    rewrites in service that lead to another song than most people want
  type II   sources without the rewrite that most people need, of those learnt before and still right
  broken    turns of people whose wish the rewrite missed, of all turns that were rewritten
  served    turns that came out right at once, of all turns with a garbled request

Example:
  scripts/eval/selfaware.py --program build/release/rephrased --weeks 12
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metrics import table

WEEK_MS = 7 * 86_400_000
START_MS = 1_767_571_200_000  # 2026-01-05, a Monday
HOLDOUT = 0.1
CONFIG = """history:
  weeks: {history}
rewrite:
  holdout: 0
promotion:
  min_users: 5
"""

Event = dict[str, Any]


@dataclass
class Source:
    """What people say, and the songs they mean by it."""

    text: str
    songs: tuple[str, str]
    drifts: bool

    def wanted(self, week: int, settings: argparse.Namespace) -> str:
        return self.songs[self.drifts and week >= settings.drift]


@dataclass
class Week:
    type_one: int = 0
    type_two: int = 0
    rewrites: int = 0
    learnt: int = 0
    broken: int = 0
    rewritten: int = 0
    served: int = 0
    turns: int = 0

    def row(self, number: int) -> list[str]:
        return [
            str(number),
            f"{self.type_one}/{self.rewrites}",
            f"{self.type_two}/{self.learnt}",
            f"{self.broken / max(1, self.rewritten):.3f}",
            f"{self.served / max(1, self.turns):.3f}",
        ]


@dataclass
class World:
    settings: argparse.Namespace
    aware: bool
    sources: list[Source]
    place: Path
    random: random.Random
    number: int = 0
    published: dict[str, str] = field(default_factory=dict)
    learnt: set[str] = field(default_factory=set)

    @property
    def log(self) -> Path:
        return self.place / "log.jsonl"

    # ---- one turn --------------------------------------------------------------------------------

    def event(self, at: int, user: int, text: str, song: str | None, status: str) -> Event:
        self.number += 1
        event: Event = {
            "event_id": f"e{self.number}",
            "ts": at,
            "user_id": f"u{user}",
            "locale": "en-US",
            "utterance": text,
            "outcome": {"status": status, "response": "playing" if song else "sorry"},
        }
        if song:
            start = text.index(song)
            slot = {"name": "song", "value": song, "start": start, "end": start + len(song)}
            event["nlu"] = {"domain": "music", "intent": "play", "confidence": 0.9, "slots": [slot]}
        else:
            event["outcome"]["signals"] = ["no_match"]
        return event

    def is_held_back(self, user: int, text: str) -> bool:
        return self.aware and random.Random(f"{user} {text}").random() < HOLDOUT

    def garbled_turn(self, at: int, user: int, source: Source, song: str, week: Week) -> list[Event]:
        """Somebody says the source and means `song`."""
        rewrite = self.published.get(source.text)
        held_back = rewrite is not None and self.is_held_back(user, source.text)
        week.turns += 1
        if rewrite is None or held_back:
            first = self.event(at, user, source.text, None, "failure")
            right = False
        else:
            played = rewrite.removeprefix("play ")
            right = played == song
            deaf = self.random.random() < self.settings.deaf
            first = self.event(at, user, rewrite, played, "success" if right or deaf else "failure")
            week.rewritten += 1
            week.broken += not right
        if rewrite is not None and self.aware:
            arm = "holdout" if held_back else "treated"
            first["rewrite"] = {"from": source.text, "arm": arm}
        week.served += right
        if right or self.random.random() >= self.settings.patience:
            return [first]
        return [first, self.event(at + 6000, user, f"play {song}", song, "success")]

    # ---- one week --------------------------------------------------------------------------------

    def sessions(self, number: int, week: Week) -> list[list[Event]]:
        start = START_MS + number * WEEK_MS
        result = []
        for index in range(self.settings.sessions):
            user = self.random.randrange(self.settings.users)
            at = start + 4 * 3_600_000 + index * (WEEK_MS - 6 * 3_600_000) // self.settings.sessions
            source = self.random.choice(self.sources)
            main = source.wanted(number, self.settings)
            other = source.songs[main == source.songs[0]]
            song = other if self.random.random() < self.settings.minority else main
            if self.random.random() < 0.4:
                result.append([self.event(at, user, f"play {song}", song, "success")])
            else:
                result.append(self.garbled_turn(at, user, source, song, week))
        return result

    def run_week(self, number: int) -> Week:
        week = Week()
        with self.log.open("a", encoding="utf-8") as file:
            for session in self.sessions(number, week):
                for event in session:
                    print(json.dumps(event), file=file)
            # The first turn of the next week completes this one.
            tick = self.event(START_MS + (number + 1) * WEEK_MS + 3 * 3_600_000, -1, "hello", None,
                              "failure")
            print(json.dumps(tick), file=file)
        self.replay()
        self.publish()
        self.judge(number, week)
        return week

    def command(self, *words: str, **options: Any) -> str:
        where = ["--store", str(self.place / "store"), "--secret", str(self.place / "secret")]
        words = (self.settings.program, words[0], *where, *words[1:])
        return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, **options).stdout

    def replay(self) -> None:
        config = self.place / "config.yaml"
        config.write_text(CONFIG.format(history=self.settings.history), encoding="utf-8")
        self.command("replay", "--config", str(config), "--export-dir", str(self.place / "weeks"),
                     str(self.log))

    def publish(self) -> None:
        asked = "".join(f"{source.text}\n" for source in self.sources)
        answers = self.command("rewrite", "--locale", "en-US", "--json", input=asked)
        rows = [json.loads(line) for line in answers.splitlines()]
        self.published = {row["utterance"]: row["rewrite"] for row in rows if row["rewrite"]}

    def judge(self, number: int, week: Week) -> None:
        """The table as it will be served, against what people will want."""
        for source in self.sources:
            wanted = "play " + source.wanted(number + 1, self.settings)
            rewrite = self.published.get(source.text)
            if rewrite == wanted:
                self.learnt.add(source.text)
            week.rewrites += rewrite is not None
            week.type_one += rewrite not in (None, wanted)
            drifted = source.drifts and number + 1 >= self.settings.drift
            if source.text in self.learnt and not drifted:
                week.learnt += 1
                week.type_two += rewrite is None


def make_sources(settings: argparse.Namespace, chance: random.Random) -> list[Source]:
    """Names of three syllables; a garbled one and two songs differ from one another in one of them."""
    sources: list[Source] = []
    taken: set[str] = set()
    while len(sources) < settings.sources:
        parts = [chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4)]
        names = ["".join(parts[:2] + [chance.choice("bdfgklmnprst") + vowel] + parts[3:])
                 for vowel in chance.sample("aeiou", 3)]
        if taken.isdisjoint(names) and len(set(names)) == 3:
            taken.update(names)
            drifts = len(sources) < settings.sources * settings.drifting
            sources.append(Source(f"play {names[0]}", (names[1], names[2]), drifts))
    return sources


def simulate(settings: argparse.Namespace, aware: bool) -> list[Week]:
    chance = random.Random(settings.seed)
    with tempfile.TemporaryDirectory(prefix="rephrased-loop-") as place:
        world = World(settings, aware, make_sources(settings, chance), Path(place), chance)
        return [world.run_week(number) for number in range(settings.weeks)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="rephrased")
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--drift", type=int, default=5, help="the week in which minds change")
    parser.add_argument("--drifting", type=float, default=0.3, help="share of drifting sources")
    parser.add_argument("--sources", type=int, default=40)
    parser.add_argument("--users", type=int, default=600)
    parser.add_argument("--sessions", type=int, default=6000, help="a week")
    parser.add_argument("--history", type=int, default=4, help="weeks that evidence counts")
    parser.add_argument("--minority", type=float, default=0.05, help="people who want the other song")
    parser.add_argument("--deaf", type=float, default=0.5, help="wrong songs told as successes")
    parser.add_argument("--patience", type=float, default=0.6, help="people who say it again")
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--json", action="store_true")
    settings = parser.parse_args()
    result = {name: simulate(settings, name == "aware") for name in ("aware", "blind")}
    if settings.json:
        print(json.dumps({name: [vars(week) for week in weeks] for name, weeks in result.items()}))
        return
    for name, weeks in result.items():
        print(name)
        print(table(["week", "type I", "type II", "broken", "served"],
                    [week.row(number) for number, week in enumerate(weeks)]))


if __name__ == "__main__":
    main()
