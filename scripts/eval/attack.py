#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks on what is learnt, through the whole program: what gets through, from how many accounts.

Takes a log of honest users (by default one of `rephrased generate`), replays it, puts hostile and
revealing turns into it, replays that, and looks at what came out.

  collusion  Accounts that do nothing else say a source, which fails, and then a target, which
             succeeds. Kinds: "hijack", a source and a target that honest users say for two
             different goals; "brand", the source with a word more, whose goal has a value more;
             "new", a source that nobody else says. Pace: "burst", everything within two days;
             "slow", one day a week for the whole log. Every attack has a source of its own. It got
             through when the pair is promoted, or the target is served in place of the source.
             "within the certificate": the honest winner of the source, in the honest log, was
             certified to tolerate that many accounts, so that the attack must fail.
  canaries   Phrases that one user alone says, over and over, with success and without: a word of
             their own in a common request, a value of their own, and a phrase that four accounts
             share (one fewer than promotion.min_users). They must be in no file of an export, no
             rewrite, no promoted pair and nothing that the program says.
  hubs       After many different requests many users say the same thing, which succeeds:
             "control", a word that stops the assistant, under an intent that no configuration
             knows; "popular", an honest request of another goal that looks like them. It must not
             become their target.

Example:
  scripts/eval/attack.py --binary build/release/rephrased --repeats 4
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from attack_log import (
    ACCOUNTS,
    KINDS,
    PACES,
    Attack,
    Injector,
    Pair,
    add_canaries,
    add_hubs,
    merge,
    plan,
    study,
    survey,
)
from mined import POSITIVE, Program, Row, share
from sim_world import key

MANY = 16  # accounts from which it is told what stopped them
CERTIFICATES = ("tolerated", "r_max")  # keys of a row that hold the certified number


def certificate(row: Row) -> int:
    return next((int(row[name]) for name in CERTIFICATES if name in row), 0)


def served(program: Program, locale: str, texts: list[str]) -> dict[str, str]:
    """Source -> what is served in its place."""
    out, _ = program.run("rewrite", "--locale", locale, "--json", text="\n".join(texts) + "\n")
    rows = [json.loads(line) for line in out.splitlines()]
    return {
        key(row["utterance"], locale): key(row["rewrite"], locale)
        for row in rows
        if row.get("rewrite")
    }


@dataclass
class Outcome:
    """What the program made of a log."""

    pairs: list[Row]
    online: dict[str, str]  # source -> what is served in its place

    def promoted(self) -> dict[Pair, Row]:
        return {
            (row["source"], row["target"]): row for row in self.pairs if row["status"] in POSITIVE
        }

    def hit(self, source: str, target: str) -> bool:
        return (source, target) in self.promoted() or self.online.get(source) == target


def judge_attacks(attacks: list[Attack], honest: Outcome, after: Outcome, locale: str) -> Row:
    certified: dict[str, int] = defaultdict(int)
    for (source, _), row in honest.promoted().items():
        certified[source] = max(certified[source], certificate(row))
    reasons = {(row["source"], row["target"]): row["reasons"] for row in after.pairs}
    promoted = set(after.promoted())
    tried: Counter[str] = Counter()
    through: Counter[str] = Counter()
    stopped: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    covered = violations = 0
    for attack in attacks:
        source, target = key(attack.source, locale), key(attack.target, locale)
        hit = (source, target) in promoted or after.online.get(source) == target
        cell = f"{attack.kind} {attack.pace} {attack.accounts}"
        tried[cell] += 1
        through[cell] += hit
        if not hit and attack.accounts >= MANY:
            stopped[attack.kind].update(reasons.get((source, target), ["no candidate"]))
        if certified[source] >= attack.accounts:
            covered += 1
            violations += hit
    return {
        "attacks": len(attacks),
        "cells": {cell: share(through[cell], count) for cell, count in tried.items()},
        "what_stopped_many": {kind: dict(counts.most_common()) for kind, counts in stopped.items()},
        "covered_by_certificate": covered,
        "against_the_certificate": violations,
    }


def judge_hubs(hubs: dict[str, list[Pair]], after: Outcome) -> Row:
    candidates = {(row["source"], row["target"]) for row in after.pairs}
    return {
        kind: {
            "sources": len(pairs),
            "candidates": sum(pair in candidates for pair in pairs),
            "through": sum(after.hit(*pair) for pair in pairs),
        }
        for kind, pairs in hubs.items()
    }


def leaks(tokens: list[str], exports: Path, told: dict[str, str]) -> Row:
    """Where a canary came out: files of exports, and texts by name."""
    places = dict(told)
    for path in sorted(exports.rglob("*")):
        if path.is_file():
            places[f"export/{path.name}"] = path.read_bytes().decode("utf-8", "replace")
    found = {place: sum(word in text for word in tokens) for place, text in places.items()}
    return {
        "phrases": len(tokens),
        "looked_at": len(places),
        "leaked": {place: count for place, count in found.items() if count},
    }


def replayed(binary: Path, log: Path, folder: Path) -> Program:
    folder.mkdir()
    program = Program(binary, folder)
    (folder / "said").write_text(program.replay(log, "--export-dir", folder / "exports"))
    return program


def experiment(binary: Path, log: Path, folder: Path, repeats: int, seed: int) -> Row:
    rng = random.Random(seed)
    honest = study(log)
    before = Outcome(replayed(binary, log, folder / "honest").pairs(), {})
    choice = survey(honest, before.pairs, rng)
    injector = Injector(honest, rng)
    attacks = plan(honest, choice, repeats, rng)
    for number, attack in enumerate(attacks):
        injector.attack(attack, number)
    tokens = add_canaries(injector, rng)
    hubs = add_hubs(injector, choice, rng)
    spoilt = folder / "spoilt.jsonl"
    merge(log, injector.lines(), spoilt)
    program = replayed(binary, spoilt, folder / "after")
    texts = [attack.source for attack in attacks] + [said.text for said in honest.formulations]
    after = Outcome(program.pairs(), served(program, honest.locale, texts))
    told = {
        "replay": (folder / "after" / "said").read_text(),
        "rewrites": "\n".join(after.online.values()),
        "promoted pairs": "\n".join(f"{source}\t{target}" for source, target in after.promoted()),
    }
    return {
        "honest_promoted": len(before.promoted()),
        "collusion": judge_attacks(attacks, before, after, honest.locale),
        "canaries": leaks(tokens, folder / "after" / "exports", told),
        "hubs": judge_hubs(hubs, after),
    }


def honest_log(binary: Path, folder: Path, sessions: int, seed: int) -> Path:
    path = folder / "honest.jsonl"
    with open(path, "wb") as out:
        words = ["--seed", seed, "--sessions", sessions, "--weeks", 6, "--locale", "en-US"]
        subprocess.run([str(w) for w in [binary, "generate", *words]], stdout=out, check=True)
    return path


def print_text(result: Row) -> None:
    collusion = result["collusion"]
    print(f"{result['honest_promoted']} pairs promoted from the honest log")
    print(f"{collusion['attacks']} attacks; got through, by number of accounts:")
    for kind in KINDS:
        for pace in PACES:
            cells = [
                f"{accounts}: {cell['hits']}/{cell['of']}"
                for accounts in ACCOUNTS
                if (cell := collusion["cells"].get(f"{kind} {pace} {accounts}"))
            ]
            print(f"  {kind:7}{pace:7}{'  '.join(cells)}")
    print(
        f"attacks within the certificate: {collusion['covered_by_certificate']}, "
        f"got through: {collusion['against_the_certificate']}"
    )
    for kind, reasons in collusion["what_stopped_many"].items():
        ranked = "; ".join(f"{count} {reason}" for reason, count in reasons.items())
        print(f"what stopped {kind} from {MANY} accounts or more: {ranked or 'nothing'}")
    canaries = result["canaries"]
    print(
        f"canaries: {canaries['phrases']}, {canaries['looked_at']} outputs, "
        f"leaked: {canaries['leaked'] or 'none'}"
    )
    for kind, hub in result["hubs"].items():
        print(
            f"hub, {kind}: {hub['sources']} sources, {hub['candidates']} candidates, "
            f"{hub['through']} got through"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", type=Path, default=Path("build/release/rephrased"))
    parser.add_argument("--log", type=Path, help="honest log (default: generated)")
    parser.add_argument("--sessions", type=int, default=40_000, help="of a generated honest log")
    parser.add_argument("--repeats", type=int, default=4, help="of each kind, pace and size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = args.log or honest_log(args.binary, folder, args.sessions, args.seed)
        result = experiment(args.binary, log, folder, args.repeats, args.seed)
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        print_text(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
