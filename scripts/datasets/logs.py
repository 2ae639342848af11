# SPDX-License-Identifier: Apache-2.0
"""What the converters share: reading packed tables, sessions to events and gold, near texts.

Sets without sessions become sessions of simulated users. What must stay on one side of a split
(the wordings of a goal, the pairs of a sentence) belongs to one user: the user is a bucket of the
hash of the goal, and its part (scripts/eval/splits.py) is the goal's part. Partners of a pair come
from the same part, so no sentence stands in two parts.

Times are invented: a session begins three hours after the one before it of the same user, and
turns follow each other after 3 to 40 s, whatever they say. Nothing can be learnt from them.
"""

from __future__ import annotations

import argparse
import heapq
import json
import lzma
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from splits import hash_bits, part_of  # noqa: E402

Row = dict[str, Any]

MAX_TURNS_APART = 3
MAX_GAP_MS = 90_000
START_MS = 1_772_409_600_000  # 2026-03-02T00:00:00Z, a Monday
SESSION_MS = 3 * 3_600_000
GAP_MS = (3_000, 40_000)
BUCKETS = 64
# A simulated outcome is wrong this often; a failure that nobody noticed is "unknown".
OUTCOMES = {
    "good": (("success", 0.7), ("unknown", 0.2), ("failure", 0.1)),
    "bad": (("failure", 0.7), ("unknown", 0.2), ("success", 0.1)),
}


def open_packed(path: Path) -> Any:
    try:
        return lzma.open(path, "rt", encoding="utf-8", newline="\n")
    except FileNotFoundError as error:
        raise SystemExit(f"{path}: not found; name the folder of the set with --data") from error


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """A table with a header, TAB between cells and no quoting."""
    with open_packed(path) as file:
        head = next(file).rstrip("\n").split("\t")
        for line in file:
            yield dict(zip(head, line.rstrip("\n").split("\t")))


def read_objects(path: Path) -> Iterator[Row]:
    with open_packed(path) as file:
        for line in file:
            yield json.loads(line)


def write_jsonl(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def user_of(family: str, goal: str) -> str:
    """The simulated user who holds all wordings of a goal."""
    return f"{family}-{hash_bits(family + '/' + goal) % BUCKETS:02d}"


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


@dataclass
class Said:
    """One turn of a simulated session."""

    text: str
    goal: str
    nlu: Row | None = None
    status: str = "unknown"
    signals: list[str] = field(default_factory=list)
    response: str = ""
    nbest: list[str] = field(default_factory=list)

    def event(self) -> Row:
        row: Row = {"utterance": self.text}
        if self.nbest:
            row["asr"] = {"nbest": self.nbest}
        if self.nlu:
            row["nlu"] = self.nlu
        outcome: Row = {"status": self.status, "signals": self.signals}
        if self.response:
            outcome["response"] = self.response
        return row | {"outcome": outcome}


# What is known of two turns: {"same": bool, "kind": text, ...}, or None to leave the pair out.
Label = Callable[[Said, Said], "Row | None"]


class Log:
    """Sessions of many users, and the gold pairs of each."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.events: list[Row] = []
        self.gold: list[Row] = []
        self.sessions: Counter[str] = Counter()

    def outcome(self, quality: str) -> str:
        names, weights = zip(*OUTCOMES[quality])
        return str(self.rng.choices(names, weights)[0])

    def add(self, user: str, locale: str, turns: Sequence[Said], label: Label) -> None:
        number = self.sessions[user]
        self.sessions[user] += 1
        session = f"{user}/{number:05d}"
        ts = START_MS + number * SESSION_MS + hash_bits(user) % SESSION_MS
        times = []
        for turn in turns:
            times.append(ts)
            ts += self.rng.randrange(*GAP_MS)
        rows = [
            {
                "event_id": f"{session}#{i}",
                "ts": times[i],
                "user_id": user,
                "session_id": session,
                "locale": locale,
            }
            | turn.event()
            for i, turn in enumerate(turns)
        ]
        self.events += (row for row in rows if row["utterance"].strip())
        for i, j in close_pairs(times):
            known = label(turns[i], turns[j])
            if known is not None:
                self.gold.append(gold_row(rows[i], rows[j], j - i) | known)

    def write(self, args: argparse.Namespace) -> None:
        self.events.sort(key=lambda event: (event["ts"], event["event_id"]))
        write_jsonl(args.events, self.events)
        write_jsonl(args.gold, self.gold)
        same = sum(row["same"] for row in self.gold)
        print(
            f"{len(self.events)} events; {len(self.gold)} pairs, {same} said again",
            file=sys.stderr,
        )


def close_pairs(times: Sequence[int]) -> Iterator[tuple[int, int]]:
    for i, earlier in enumerate(times):
        for j in range(i + 1, min(i + 1 + MAX_TURNS_APART, len(times))):
            if times[j] - earlier <= MAX_GAP_MS:
                yield i, j


def gold_row(earlier: Row, later: Row, turns_apart: int) -> Row:
    a, b = earlier["utterance"], later["utterance"]
    return {
        "from": earlier["event_id"],
        "to": later["event_id"],
        "user": earlier["user_id"],
        "locale": earlier["locale"],
        "reworded": folded(a) != folded(b),
        "reachable": bool(a.strip() and b.strip()),
        "turns_apart": turns_apart,
        "gap_ms": later["ts"] - earlier["ts"],
    }


def grams(text: str) -> frozenset[str]:
    """Character bigrams of words and of the text without spaces: script-agnostic."""
    plain = folded(text)
    padded = f" {plain} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2)) | frozenset(
        plain[i : i + 2] for i in range(len(plain) - 1)
    )


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class Nearest:
    """Which of many texts looks most like one of them."""

    COMMON = 150  # a gram in more texts than this finds no candidates

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.grams = [grams(text) for text in texts]
        self.holders: dict[str, list[int]] = {}
        for i, found in enumerate(self.grams):
            for gram in found:
                self.holders.setdefault(gram, []).append(i)

    def best(self, i: int, allowed: Callable[[int], bool], tried: int = 40) -> int | None:
        """The most alike allowed text among those sharing the most rare grams with text i."""
        shared: Counter[int] = Counter()
        for gram in sorted(self.grams[i]):
            holders = self.holders[gram]
            if len(holders) <= self.COMMON:
                shared.update(holders)
        shared.pop(i, None)
        ranked = heapq.nlargest(6 * tried, shared.items(), key=lambda found: (found[1], -found[0]))
        fitting = [j for j, _ in ranked if allowed(j)][:tried]
        return max(fitting, key=lambda j: (dice(self.grams[i], self.grams[j]), -j), default=None)


def arguments(doc: str, sessions: int) -> argparse.ArgumentParser:
    """The options that all converters have."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the set")
    parser.add_argument("--events", type=Path, required=True, help="events to write")
    parser.add_argument("--gold", type=Path, required=True, help="gold pairs to write")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same files")
    parser.add_argument(
        "--sessions", type=int, default=sessions, help=f"at most so many (default: {sessions})"
    )
    return parser
