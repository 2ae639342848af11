#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Score promoted pairs against the truth of a simulated log (simulate.py).

  precision     of the promoted (or approved) pairs: those whose two sides have a meaning in common
                (sim_truth.py says what a formulation means); pairs of chatter are left out
  in session    recall of the pairs that --support users or more said one after the other for one
                goal, the later one being understood for that many of them
  cross-user    recall of the pairs that were each said with success for one goal by that many users
                each, whether or not anybody said one after the other; and the share of these
                formulations that promoted pairs connect with another one of their goal

A pair is found directly when it is promoted in either direction, and in a cluster when promoted
true pairs connect its two sides: a goal's formulations form a star, not every pair of them is a
row. What was not found is counted by the reasons its row gives; "no candidate": there is no row.

Texts are compared in the form of sim_world.key(), on both sides.

Examples:
  scripts/eval/mined.py --binary build/release/rephrased --log log.jsonl.gz --truth truth.jsonl
  scripts/eval/mined.py --pairs pairs.jsonl --truth truth.jsonl --json
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from metrics import table, wilson
from sim_rules import as_rows
from sim_world import key, script_of

Row = dict[str, Any]
Pair = tuple[str, str]
POSITIVE = ("promoted", "approved")
SUPPORT = 5
ENGLISH = "en-US"
# Lines of the truth file that matter here; most are about single events.
TOLD = tuple(f'{{"kind": "{kind}"' for kind in ("formulation", "pair", "chatter"))
# Figures do not depend on the secret; one of our own keeps a run away from the user's.
SECRET = "a77e" + "0" * 60 + "\n"


@dataclass
class Truth:
    """The truth about one locale."""

    meanings: dict[str, set[str]] = field(default_factory=dict)
    written: dict[str, bool] = field(default_factory=dict)
    chatter: set[str] = field(default_factory=set)
    in_session: set[Pair] = field(default_factory=set)  # sorted sides
    misheard: set[Pair] = field(default_factory=set)  # of them, those with a misheard side
    by_goal: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, row: Row, support: int) -> None:
        if row["kind"] == "formulation":
            self.meanings[row["text"]] = set(row["meanings"])
            self.written[row["text"]] = row["written"]
            for goal in row["goals"]:
                if goal["worked"] >= support and goal["goal"] in row["meanings"]:
                    self.by_goal[goal["goal"]].add(row["text"])
        elif row["kind"] == "chatter":
            self.chatter.add(row["text"])
        elif row["kind"] == "pair" and row["worked"] >= support:
            pair = sides(row["source"], row["target"])
            self.in_session.add(pair)
            if any(row["misheard"]):
                self.misheard.add(pair)

    def is_true(self, source: str, target: str) -> bool:
        return bool(self.meanings.get(source, set()) & self.meanings.get(target, set()))

    def is_chatter(self, row: Row) -> bool:
        return row["source"] in self.chatter and row["target"] in self.chatter

    def cross_user(self) -> set[Pair]:
        return {
            sides(a, b)
            for texts in self.by_goal.values()
            for a, b in combinations(sorted(texts), 2)
        }


def sides(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


class Clusters:
    """Formulations that promoted true pairs connect (union-find)."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.parent: dict[str, str] = {}
        for a, b in pairs:
            self.parent[self.top(a)] = self.top(b)

    def top(self, text: str) -> str:
        while (parent := self.parent.setdefault(text, text)) != text:
            self.parent[text] = self.parent[parent]
            text = parent
        return text

    def joins(self, pair: Pair) -> bool:
        return self.top(pair[0]) == self.top(pair[1])


def share(hits: int, trials: int) -> Row:
    return {
        "hits": hits,
        "of": trials,
        "share": round(hits / trials, 4) if trials else None,
        "interval": wilson(hits, trials),
    }


def recall(wanted: set[Pair], found: set[Pair], clusters: Clusters) -> Row:
    return {
        "direct": share(len(wanted & found), len(wanted)),
        "cluster": share(sum(map(clusters.joins, wanted)), len(wanted)),
    }


def connected(wanted: set[Pair], clusters: Clusters) -> Row:
    """Formulations of wanted pairs that are in one cluster with another of them."""
    everybody = {text for pair in wanted for text in pair}
    joined = {text for pair in wanted if clusters.joins(pair) for text in pair}
    return share(len(joined), len(everybody))


def refusals(missed: Iterable[Pair], rows: dict[Pair, list[Row]]) -> Row:
    """Of pairs that were not found: by each reason, and by sets of reasons that act together."""
    alone: Counter[str] = Counter()
    together: Counter[str] = Counter()
    for pair in missed:
        found = rows.get(pair)
        if not found:
            alone["no candidate"] += 1
            together["no candidate"] += 1
            continue
        # The row that is nearest to being promoted speaks for the pair.
        reasons = min((sorted(row["reasons"]) for row in found), key=lambda some: (len(some), some))
        alone.update(reasons)
        together[" + ".join(reasons)] += 1
    return {"each": dict(alone.most_common()), "together": dict(together.most_common(12))}


def kind_of_error(truth: Truth, row: Row) -> str:
    source = truth.meanings.get(row["source"], set())
    target = truth.meanings.get(row["target"], set())
    if not source or not target:
        return "source means nothing alone" if not source else "target means nothing alone"
    intents = [{goal.split("|")[0] for goal in side} for side in (source, target)]
    return "other value" if intents[0] & intents[1] else "other intent"


def score_locale(truth: Truth, pairs: list[Row]) -> Row:
    rows: dict[Pair, list[Row]] = defaultdict(list)
    promoted: list[Row] = []
    for row in pairs:
        rows[sides(row["source"], row["target"])].append(row)
        if row["status"] in POSITIVE:
            promoted.append(row)
    judged = [row for row in promoted if not truth.is_chatter(row)]
    left_out, promoted = len(promoted) - len(judged), judged
    right = [row for row in promoted if truth.is_true(row["source"], row["target"])]
    found = {sides(row["source"], row["target"]) for row in right}
    clusters = Clusters(found)
    wanted = truth.in_session
    clean = wanted - truth.misheard
    by_direction: Row = {}
    for direction in sorted({row["direction"] for row in promoted}):
        hits = sum(row["direction"] == direction for row in right)
        by_direction[direction] = share(hits, sum(r["direction"] == direction for r in promoted))
    missed = sorted(pair for pair in wanted if not clusters.joins(pair))
    cross = truth.cross_user()
    missed_cross = sorted(pair for pair in cross if not clusters.joins(pair))
    wrong = Counter(kind_of_error(truth, row) for row in promoted if row not in right)
    return {
        "pairs": len(pairs),
        "promoted": len(promoted),
        "promoted_chatter": left_out,
        "precision": share(len(right), len(promoted)),
        "precision_by_direction": by_direction,
        "wrong": dict(wrong.most_common()),
        "in_session": recall(wanted, found, clusters),
        "in_session_written": recall(clean, found, clusters),
        "in_session_misheard": recall(truth.misheard, found, clusters),
        "cross_user": recall(cross, found, clusters),
        "cross_user_formulations": connected(cross, clusters),
        "in_session_missed": refusals(missed, rows),
        "cross_user_missed": refusals(missed_cross, rows),
    }


def add_up(results: Iterable[Row]) -> Row:
    """Counts of all locales in one; a leaf is a share or a count."""
    total: Row = {}
    for result in results:
        for name, value in result.items():
            if isinstance(value, dict) and "hits" in value:
                old = total.get(name, {"hits": 0, "of": 0})
                total[name] = share(old["hits"] + value["hits"], old["of"] + value["of"])
            elif isinstance(value, dict):
                total[name] = add_up([total.get(name, {}), value])
            else:
                total[name] = total.get(name, 0) + value
    return total


def open_text(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")


def read_truth(path: Path, support: int) -> dict[str, Truth]:
    found: dict[str, Truth] = defaultdict(Truth)
    with open_text(path) as lines:
        for line in lines:
            if line.startswith(TOLD):
                row = json.loads(line)
                found[row["locale"]].add(row, support)
    return dict(found)


def normalised(lines: Iterable[str]) -> Iterator[Row]:
    for line in lines:
        row = json.loads(line)
        row["source"] = key(row["source"], row["locale"])
        row["target"] = key(row["target"], row["locale"])
        yield row


class Program:
    """The program with a store and a secret of its own in `folder`."""

    def __init__(self, binary: Path, folder: Path, config: Path | None = None) -> None:
        self.binary, self.folder = binary, folder
        self.store = folder / "store"
        self.secret = folder / "secret"
        self.extra = ["--config", str(config)] if config else []
        if not self.secret.exists():
            self.secret.write_text(SECRET)
            self.secret.chmod(0o600)

    def run(self, command: str, *words: str | Path, text: str = "") -> tuple[str, str]:
        """Standard output and standard error; an exit code other than 0 is an error."""
        line = [self.binary, command, *self.extra, "--secret", self.secret, "--store", self.store]
        done = subprocess.run(
            [str(word) for word in [*line, *words]],
            input=text, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if done.returncode:
            told = f"rephrased {command}: exit code {done.returncode}: {done.stderr.strip()}"
            raise SystemExit(told)
        return done.stdout, done.stderr

    def replay(self, log: Path, *words: str | Path) -> str:
        """Everything it said."""
        return "".join(self.run("replay", "--final", *words, log))

    def pairs(self) -> list[Row]:
        return list(normalised(self.run("pairs", "--json")[0].splitlines()))


def replay(binary: Path, log: Path, folder: Path, config: Path | None = None) -> list[Row]:
    """Replays into a new store and lists every pair of it."""
    program = Program(binary, folder, config)
    program.replay(log)
    return program.pairs()


def score(truths: dict[str, Truth], pairs: Iterable[Row]) -> Row:
    """Figures of all locales together, and of each."""
    by_locale: dict[str, list[Row]] = {locale: [] for locale in truths}
    for row in pairs:
        by_locale.setdefault(row["locale"], []).append(row)
    locales = {
        locale: score_locale(truths.get(locale, Truth()), rows)
        for locale, rows in sorted(by_locale.items())
    }
    return {
        "all": add_up(locales.values()),
        "locales": locales,
        "behind_english": behind_english(locales),
    }


FIGURES: dict[str, Callable[[Row], Row]] = {
    "precision": lambda row: row["precision"],
    "in_session": lambda row: row["in_session"]["cluster"],
    "cross_user": lambda row: row["cross_user"]["cluster"],
}


def behind_english(locales: dict[str, Row]) -> Row:
    """By figure: the locale that is furthest behind en-US, and by how much (points of a share)."""
    found: Row = {}
    for name, of in FIGURES.items():
        shares = {locale: of(row)["share"] for locale, row in locales.items()}
        known = {locale: value for locale, value in shares.items() if value is not None}
        if ENGLISH in known:
            last = min(known, key=lambda locale: (known[locale], locale))
            found[name] = {"locale": last, "behind": round(known[ENGLISH] - known[last], 4)}
    return found


def percent(figure: Row) -> str:
    return "-" if figure["share"] is None else f"{100 * figure['share']:.1f}"


def print_text(result: Row, support: int) -> None:
    head = (
        "", "script", "pairs", "promoted", "precision", "in session", "(cluster)", "written",
        "misheard", "cross-user", "(texts)", "wanted", "wanted x",
    )  # fmt: skip

    def cells(name: str, row: Row) -> tuple[str, ...]:
        return (
            name,
            script_of(name) if name in result["locales"] else "",
            str(row["pairs"]),
            str(row["promoted"]),
            percent(row["precision"]),
            percent(row["in_session"]["direct"]),
            percent(row["in_session"]["cluster"]),
            percent(row["in_session_written"]["cluster"]),
            percent(row["in_session_misheard"]["cluster"]),
            percent(row["cross_user"]["cluster"]),
            percent(row["cross_user_formulations"]),
            str(row["in_session"]["direct"]["of"]),
            str(row["cross_user"]["direct"]["of"]),
        )

    everything = [*result["locales"].items(), ("all", result["all"])]
    everything += [(f"rule: {name}", row) for name, row in result.get("rules", {}).items()]
    print(table(head, [cells(name, row) for name, row in everything]))
    print(
        f"\nper cent; recall of pairs that {support} users support; written, misheard and "
        "cross-user count clusters"
    )
    behind = [
        f"{name} {cell['locale']} {100 * cell['behind']:.1f}"
        for name, cell in result["behind_english"].items()
    ]
    print("furthest behind en-US, in points: " + ("; ".join(behind) or "-"))
    wrong = sorted(result["all"].get("wrong", {}).items(), key=lambda item: (-item[1], item[0]))
    print("wrong pairs: " + ("; ".join(f"{n} {kind}" for kind, n in wrong) or "none"))
    for name in ("in_session_missed", "cross_user_missed"):
        missed = result["all"].get(name, {})
        for how in ("each", "together"):
            ranked = sorted(missed.get(how, {}).items(), key=lambda item: (-item[1], item[0]))
            print(f"{name}, {how}: " + "; ".join(f"{n} {reason}" for reason, n in ranked[:12]))


def show_errors(truths: dict[str, Truth], pairs: list[Row], count: int) -> None:
    """Wrong pairs, for reading; rows of the data sets, not for keeping."""
    for row in pairs:
        truth = truths.get(row["locale"], Truth())
        if count and row["status"] in POSITIVE and not truth.is_true(row["source"], row["target"]):
            count -= 1
            meanings = [sorted(truth.meanings.get(row[side], ())) for side in ("source", "target")]
            print(json.dumps(row | {"meanings": meanings}, ensure_ascii=False), file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", type=Path, default=Path("build/release/rephrased"))
    parser.add_argument("--config", type=Path, help="configuration for the replay")
    parser.add_argument("--log", type=Path, help="events of simulate.py, to be replayed")
    parser.add_argument("--pairs", type=Path, help="lines of `rephrased pairs --json` instead")
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--support", type=int, default=SUPPORT, help="users (default %(default)s)")
    parser.add_argument("--rules", action="store_true", help="simple rules on the same log, too")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong pairs")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if (args.log is None) == (args.pairs is None):
        parser.error("give --log or --pairs")
    if args.rules and args.log is None:
        parser.error("--rules reads --log")
    truths = read_truth(args.truth, args.support)
    if args.pairs:
        with open_text(args.pairs) as lines:
            pairs = list(normalised(lines))
    else:
        with tempfile.TemporaryDirectory() as folder:
            pairs = replay(args.binary, args.log, Path(folder), args.config)
    result = score(truths, pairs)
    if args.rules:
        with open_text(args.log) as lines:
            rules = as_rows(lines)
        result["rules"] = {name: score(truths, rows)["all"] for name, rows in rules.items()}
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        print_text(result, args.support)
    show_errors(truths, pairs, args.show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
