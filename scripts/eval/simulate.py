#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulated logs with true goals, made of real wordings.

Reads MASSIVE (wordings, intents, slots) and SLURP (what a recogniser mishears in English) and
writes interaction events as an assistant would have logged them, with the truth beside them. What
is real and what is not:

  real       the wordings, their annotation, the mishearings of English words, and the failures: the
             assistant's NLU is trained on a small labelled share (sim_nlu.py)
  made       who says what when, how people take a failure (sim_users.py), mishearings elsewhere
             (sim_noise.py), values exchanged between utterances (sim_world.py), and what the log
             says of an outcome (sim_log.py)

The truth file is described in sim_truth.py. The same arguments give the same bytes. Rows of the
data sets stand in both files: they are for measuring, not for keeping.

With --rewrites FILE (lines of `rephrased pairs --json`) promoted rewrites are applied from the
first week. With --learn PROGRAM the log so far goes through `PROGRAM replay` after every week but
the last, and what it publishes is applied from then on. --rewrites-command CMD does the same with
anything else: CMD prints such lines; {log} in it stands for a file of all events so far, {week} for
the number of the week that ended, from 1. Five per cent of the users are held out.

Examples:
  scripts/eval/simulate.py --data ../shared/data --locale en-US --locale th-TH \\
      --seed 1 --out log.jsonl.gz --truth truth.jsonl
  scripts/eval/mined.py --log log.jsonl.gz --truth truth.jsonl
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import heapq
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mined import POSITIVE, Program, Row
from sim_log import Line, Options, Rewrites, Simulation
from sim_nlu import SmallNlu
from sim_noise import Confusions, Hearing
from sim_users import Habits
from sim_world import LOCALES, build_world, key


def open_out(path: str) -> BinaryIO | gzip.GzipFile:
    """The level is low: the writer must keep up with the simulation. No name, no time inside."""
    if path.endswith(".gz"):
        file = open(path, "wb")
        return gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=1, mtime=0)
    return open(path, "wb")


def promoted(lines: list[str]) -> Iterator[Row]:
    """Promoted rewrites, of lines as `rephrased pairs --json` prints them."""
    for line in lines:
        row = json.loads(line)
        direction = row.get("direction", "rewrite")
        if row.get("status", "promoted") in POSITIVE and direction == "rewrite":
            yield row


def read_rewrites(lines: list[str]) -> dict[str, Rewrites]:
    """Locale -> rewrites; of several targets of one source, the one that most users support."""
    found: dict[str, Rewrites] = {}
    rows = sorted(promoted(lines), key=lambda row: (row.get("users", 0), row.get("p", 0)))
    for row in rows:
        locale = row["locale"]
        found.setdefault(locale, {})[key(row["source"], locale)] = row["target"]
    return found


def published(program: Program) -> dict[str, Rewrites]:
    """Locale -> rewrites that it serves."""
    sources: dict[str, set[str]] = {}
    for row in promoted(program.run("pairs", "--json")[0].splitlines()):
        sources.setdefault(row["locale"], set()).add(row["source"])
    found: dict[str, Rewrites] = {}
    for locale, texts in sorted(sources.items()):
        lines = "".join(f"{text}\n" for text in sorted(texts))
        told, _ = program.run("rewrite", "--locale", locale, "--json", text=lines)
        rows = [json.loads(line) for line in told.splitlines()]
        found[locale] = {
            key(row["utterance"], locale): row["rewrite"] for row in rows if row.get("rewrite")
        }
    return found


class Log:
    """Event and truth files; a plain copy of the events for a rewrites command."""

    def __init__(self, out: str, truth: str, copy: Path | None) -> None:
        self.out, self.truth = open_out(out), open_out(truth)
        self.copy = open(copy, "wb") if copy else None
        self.lines = 0

    def write(self, line: Line) -> None:
        event = line[1].encode()
        self.out.write(event)
        self.truth.write(line[2].encode())
        if self.copy:
            self.copy.write(event)
        self.lines += 1

    def close(self) -> None:
        for file in (self.out, self.truth, self.copy):
            if file:
                file.close()


def ask(args: argparse.Namespace, log: Path, week: int) -> dict[str, Rewrites]:
    """What is to be applied after `week`, of a program that has read the log so far."""
    if args.learn:
        program = Program(args.learn, log.parent, args.learn_config)
        program.run("replay", log)  # goes on where it stopped
        return published(program)
    words = [word.format(log=log, week=week) for word in shlex.split(args.rewrites_command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return read_rewrites(done.stdout.splitlines())


def set_rewrites(simulations: list[Simulation], rewrites: dict[str, Rewrites]) -> None:
    for simulation in simulations:
        simulation.assistant.use(rewrites.get(simulation.world.locale, {}))


def merged(parts: list[Iterator[Line]]) -> Iterator[Line]:
    return heapq.merge(*parts, key=lambda line: line[0])


def run(simulations: list[Simulation], args: argparse.Namespace, copy: Path | None) -> Log:
    if args.rewrites:
        lines = Path(args.rewrites).read_text(encoding="utf-8").splitlines()
        set_rewrites(simulations, read_rewrites(lines))
    log = Log(args.out, args.truth, copy)
    with contextlib.closing(log):
        for week in range(args.weeks):
            for line in merged([simulation.week(week) for simulation in simulations]):
                log.write(line)
            if copy and week + 1 < args.weeks:
                assert log.copy
                log.copy.flush()
                set_rewrites(simulations, ask(args, copy, week + 1))
        for line in merged([iter(simulation.finish()) for simulation in simulations]):
            log.write(line)
        for simulation in simulations:
            for row in simulation.truth_lines():
                log.truth.write(row.encode())
    return log


def build(args: argparse.Namespace) -> list[Simulation]:
    data = Path(args.data)
    confusions = Confusions.of_slurp(data)
    if args.noise is not None:
        confusions.rate = args.noise
    habits = Habits(topic_change=args.topic_changes)
    options = Options(
        seed=args.seed,
        users=args.users,
        weeks=args.weeks,
        sessions=args.sessions,
        wrong_outcomes=args.wrong_outcomes,
        drift=args.drift,
        habits=habits,
    )
    simulations: list[Simulation] = []
    for locale in args.locale:
        world = build_world(data, locale, args.seed, args.goals, args.wordings)
        nlu = SmallNlu(world, args.seed, args.labelled)
        texts = [row.wording.text for row in world.rows]
        hearing = Hearing(locale, texts, confusions, args.seed)
        world.rows.clear()  # 18 locales would otherwise take 0.7 GB
        simulations.append(Simulation(world, nlu, hearing, options))
    return simulations


def summary(simulation: Simulation) -> str:
    counts = simulation.total()
    failed = [week["failed"] / max(1, week["requests"]) for week in simulation.weeks]
    text = (
        f"{simulation.world.locale}: {len(simulation.world.goals)} goals, {simulation.sessions} "
        f"sessions, {simulation.events} events; requests failed, by week: "
        + " ".join(f"{100 * share:.1f}" for share in failed)
        + " %"
    )
    if counts["treated"]:
        text += f"; rewritten {counts['treated']}, won {counts['won']}, lost {counts['lost']}"
    return text


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = options.add_argument
    add("--data", default="../shared/data", help="folder with massive/ and slurp/")
    add("--locale", action="append", choices=LOCALES, help="may be repeated; default en-US")
    add("--seed", type=int, default=1)
    add("--users", type=int, default=1000, help="per locale (default %(default)s)")
    add("--weeks", type=int, default=4)
    add("--sessions", type=float, default=5.0, help="per user and week, on average")
    add("--goals", type=int, default=60, help="goals per locale, at most")
    add("--wordings", type=int, default=8, help="wordings per goal, at most")
    add("--labelled", type=float, default=0.05, help="share of the training part the NLU has seen")
    add("--noise", type=float, help="share of misheard utterances (default: as measured on SLURP)")
    add("--wrong-outcomes", type=float, default=0.10, help="share of turns logged with a wrong end")
    add("--topic-changes", type=float, default=0.10, help="share of failures left for another wish")
    add("--drift", action="store_true", help="what is popular changes by the week")
    add("--rewrites", metavar="FILE", help="apply these rewrites")
    add("--learn", metavar="PROGRAM", type=Path, help="applies what this rephrased learns")
    add("--learn-config", metavar="FILE", type=Path, help="its configuration")
    add("--rewrites-command", metavar="CMD", help="asks CMD for rewrites after every week")
    add("--out", required=True, help="events (.gz: compressed)")
    add("--truth", required=True, help="what they meant (.gz: compressed)")
    return options


def main() -> int:
    args = parser().parse_args()
    args.locale = args.locale or ["en-US"]
    if not (Path(args.data) / "massive").is_dir():
        print(f"SKIP: {args.data}/massive not present", file=sys.stderr)
        return 77
    simulations = build(args)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        learns = args.learn or args.rewrites_command
        log = run(simulations, args, Path(folder) / "log.jsonl" if learns else None)
    seconds = time.process_time() - started
    for simulation in simulations:
        print(summary(simulation), file=sys.stderr)
    print(
        f"{log.lines} events, {log.lines / max(seconds, 1e-3):.0f} a second of processor time",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
