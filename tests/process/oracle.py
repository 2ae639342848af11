#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a store must hold after a replay, recomputed from the logs by naive code of its own.

From the lines of the logs: which records are events, late, or duplicates; sessions; how turns ended; which
transitions had to be judged; and from these every row of formulation, goal, usage, user_index and vote.
The judge's verdicts (p, type) are not derived again but read from the file of `replay --evidence`, after it was
checked that it has a line for exactly those transitions.

By hand:  oracle.py --secret FILE --evidence FILE --dump FILE [--final] LOG...
compares with what `rephrased verify --dump` printed; exit code 1 and the rows that differ.

Not recomputed: session.max_open, expiry of old weeks (history.keep_weeks).
"""
import argparse
import collections
import datetime
import gzip
import json
import sys

import events
import rows
import texts


class Parameters:
    """The configuration keys that matter here, with their defaults (times in ms)."""
    gap = 30 * 60 * 1000
    grace = 5 * 60 * 1000
    max_duration = 24 * 3600 * 1000
    max_turns = 200
    max_bytes = 256 * 1024
    rephrase_gap = 90 * 1000
    max_distance = 3
    record_floor = 64  # 1/256
    accept = 128  # 1/256
    limits = events.Limits()
    begin, end = None, None  # replay --from and --to

    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


TURN_HEAD_BYTES = 72  # RPH_TURN_HEAD_BYTES of turn.h
MOST_COHORTS = 16
LOW_CONFIDENCE = 410  # friction.h, 1/1024
OBJECTED, FAILED, WENT_WELL = 2, 1, 0  # the column of signal.def


# ---- turns ---------------------------------------------------------------------------------------


class Turn:
    """An event made ready: normalised text, goal, wording, how it ended."""

    def __init__(self, event, offset):
        self.at, self.offset = event.at, offset
        self.event_id, self.user_id, self.locale = event.event_id, event.user_id, event.locale
        self.arm, self.unknown_signals = event.arm, event.unknown_signals
        self.text = self.understood = texts.normalise(event.locale, event.utterance)
        if self.arm == "treated":
            self.text = texts.normalise(event.locale, event.rewrite_from)
        if self.arm == "treated" and self.text == self.understood:
            self.arm = None
        values = [(name, texts.normalise(event.locale, value)) for name, value, _, _ in event.slots]
        self.goal = texts.goal_text(event.domain, event.intent, values)
        self.wording = wording_of(event, values, bool(self.goal))
        self.nbest = [texts.normalise(event.locale, text) for text in event.nbest]
        self.cohort = event.cohort
        self.set_end(event)
        self.said_again = False

    def set_end(self, event):
        """friction.h: the status holds unless the user objected; without one the signals decide."""
        signs = {events.SIGNALS[name] for name in event.signals}
        doubtful = event.nlu_confidence is not None and event.nlu_confidence < LOW_CONFIDENCE
        failed = OBJECTED in signs or FAILED in signs
        if event.status == "success":
            self.end = "unknown" if OBJECTED in signs else "success"
        elif event.status == "failure" or failed:
            self.end = "failure"
        else:
            self.end = "success" if WENT_WELL in signs else "unknown"
        self.friction = (failed or event.status == "failure" or
                         (doubtful and self.end != "success"))

    def packed_bytes(self):
        """What session.max_bytes counts (turn.h): the parts as they were given, not the event id, which only
        evidence keeps."""
        parts = [self.locale, self.text, self.goal, *self.nbest]
        if self.arm == "treated":
            parts.append(self.understood)
        return (TURN_HEAD_BYTES + sum(len(part.encode("utf-8")) for part in parts) +
                len(self.wording) + 4 * len(self.nbest))


def wording_of(event, values, has_goal):
    """Slots are numbered as they stand in the goal; of equal ones those with a place come first."""
    free = sorted(values, key=texts.slot_order) if has_goal else list(values)
    text, places = texts.surface(event.utterance, [slot[2:] for slot in event.slots])
    slots = []
    for value, place in zip(values, places):
        if place and place[0] < place[1] <= 65535:
            index = free.index(value)
            free[index] = None
            slots.append((index, *place))
    return texts.encode_wording(text, sorted(slots))


# ---- sessions ------------------------------------------------------------------------------------


class Session:
    def __init__(self, key, turn):
        self.key, self.turns, self.began = key, [turn], turn.offset
        self.first, self.last = turn.at, turn.at

    def stretch(self, at):
        self.first, self.last = min(self.first, at), max(self.last, at)


class Partition:
    """The sessions of one log, record by record: docs in miner/session.h and DESIGN 5.2."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.top = None
        self.open = collections.defaultdict(list)
        self.closed = []
        self.counts = collections.Counter()
        self.reasons = collections.Counter()
        self.size = 0

    def watermark(self):
        return self.top - self.parameters.grace

    def close(self, session, reason):
        self.open[session.key].remove(session)
        if not self.open[session.key]:
            del self.open[session.key]
        self.closed.append(session)
        self.reasons[reason] += 1

    def is_over(self, last):
        return last + self.parameters.gap < self.watermark()

    def advance(self, at):
        if self.top is not None and at <= self.top:
            return
        self.top = at
        for session in self.still_open():
            if self.is_over(session.last):
                self.close(session, "gap")

    def takes(self, session, at):
        """A turn whose own session would be over may fill a session, not reach back before it."""
        back = 0 if self.is_over(at) else self.parameters.gap
        return session.first - back <= at <= session.last + self.parameters.gap

    def merged(self, key, at):
        """The open session that takes a turn at `at`, those that it connects made one."""
        takers = sorted((s for s in self.open.get(key, []) if self.takes(s, at)),
                        key=lambda session: session.began)
        for other in takers[1:]:
            takers[0].turns += other.turns
            takers[0].stretch(other.first)
            takers[0].stretch(other.last)
            self.open[key].remove(other)
        return takers[0] if takers else None

    def bound_broken(self, session, turn):
        limits = self.parameters
        times = [other.at for other in session.turns] + [turn.at]
        if len(session.turns) >= limits.max_turns:
            return "turns"
        if sum(other.packed_bytes() for other in [*session.turns, turn]) > limits.max_bytes:
            return "bytes"
        return "duration" if max(times) - min(times) > limits.max_duration else None

    def add(self, key, turn):
        """What becomes of the turn: counted, late, or duplicate."""
        self.advance(turn.at)
        session = self.merged(key, turn.at)
        if session and any(other.event_id == turn.event_id for other in session.turns):
            session.stretch(turn.at)
            return "duplicate"
        broken = session and self.bound_broken(session, turn)
        if (not session or broken) and self.is_over(turn.at):
            return "late"
        if session and not broken:
            session.turns.append(turn)
            session.stretch(turn.at)
            return "counted"
        if broken:
            self.close(session, broken)
        self.open[key].append(Session(key, turn))
        return "counted"

    def record(self, raw, offset):
        event = events.decode(raw, self.parameters.limits)
        if event is None:
            return "rejected"
        begin, end = self.parameters.begin, self.parameters.end
        if begin is not None and event.at < begin or end is not None and event.at >= end:
            return "outside"
        turn = Turn(event, offset)
        if not turn.text or not turn.understood:
            return "rejected"
        fate = self.add((event.user_id, *event.parts), turn)
        if fate == "counted":
            self.counts["unknown_signals"] += turn.unknown_signals
        return fate

    def read(self, lines):
        offset = 0
        for line in lines:
            raw = line[:-1] if line.endswith(b"\n") else line
            raw = raw[:-1] if raw.endswith(b"\r") else raw
            self.counts[self.record(raw, offset)] += 1
            offset += len(line)
        self.size = offset

    def still_open(self):
        """The next to end first."""
        return sorted((session for group in self.open.values() for session in group),
                      key=lambda session: session.last)

    def finish(self):
        for session in self.still_open():
            self.close(session, "final")


# ---- mining --------------------------------------------------------------------------------------

MONDAY = datetime.date(1969, 12, 29)  # of the ISO week of 1970-01-01


def date_of(at):
    return (events.EPOCH + datetime.timedelta(milliseconds=at)).date()


def week_of(at):
    """Weeks since that of 1970-01-01, by way of the calendar's own ISO week."""
    year, week, _ = date_of(at).isocalendar()
    return (datetime.date.fromisocalendar(year, week, 1) - MONDAY).days // 7


def day_bit(at):
    return 1 << date_of(at).isoweekday() - 1


class Tables:
    """The rows of the store's tables, as rows.decode() gives them."""

    def __init__(self, keys):
        self.keys = keys
        self.formulation, self.goal, self.vote = {}, {}, {}
        self.usage = collections.defaultdict(dict)
        self.said = collections.defaultdict(set)
        self.cohort = collections.defaultdict(lambda: collections.defaultdict(lambda: (0, 0)))

    def count_turn(self, turn):
        canonical = turn.goal
        if not canonical and turn.end == "success":
            canonical = "=" + turn.understood
        goal = self.keys.goal(canonical) if canonical else bytes(16)
        if canonical:
            self.goal[goal] = canonical
        said = self.keys.formulation(turn.locale, turn.text)
        formulation = self.keys.formulation(turn.locale, turn.understood)
        self.formulation[said] = turn.locale, turn.text
        self.formulation[formulation] = turn.locale, turn.understood
        user, week = self.keys.user(turn.user_id), week_of(turn.at)
        self.said[week, user].add(int.from_bytes(formulation[:8], "big"))
        users = self.usage[formulation, goal, week]
        days, counts, wordings = users.get(user, (0, (0,) * len(rows.COUNTERS), set()))
        users[user] = (days | day_bit(turn.at), rows.add(counts, counts_of(turn)),
                       wordings if turn.arm == "treated" else wordings | {turn.wording})
        if turn.cohort:
            fares = self.cohort[week, user]
            defect = turn.end == "failure" or turn.friction
            fares[turn.locale, turn.cohort] = rows.add(fares[turn.locale, turn.cohort], (1, defect))
        if turn.arm:
            self.count_arm(turn, said, formulation, user, week)

    def vote_row(self, key):
        return self.vote.setdefault(key, {"days": 0, "edges": (0,) * len(events.EDGES), "mass": 0,
                                          "wins": 0, "losses": 0, "arm": (0, 0, 0)})

    def count_arm(self, turn, said, understood, user, week):
        row = self.vote_row((said, understood, user, week))
        row["days"] |= day_bit(turn.at)
        won = turn.end == "success" and not turn.said_again
        row["arm"] = rows.add(row["arm"], (1, won, turn.end == "failure" or turn.said_again))
        self.said[week, user].add(int.from_bytes(said[:8], "big"))

    def count_vote(self, earlier, later, verdict, won):
        key = (self.keys.formulation(earlier.locale, earlier.text),
               self.keys.formulation(later.locale, later.text),
               self.keys.user(later.user_id), week_of(later.at))
        row = self.vote_row(key)
        row["days"] |= day_bit(later.at)
        row["edges"] = rows.add(row["edges"], [name == verdict["type"] for name in events.EDGES])
        row["mass"] += verdict["p256"]
        row["wins"] += won
        row["losses"] += (earlier.end, later.end) == ("success", "failure")

    def decoded(self):
        return {"formulation": self.formulation, "goal": self.goal, "vote": self.vote,
                "usage": {key: usage_row(users) for key, users in self.usage.items()},
                "user_index": {key: tuple(sorted(said)) for key, said in self.said.items()},
                "cohort": {key: {name: fares[name] for name in sorted(fares, key=cohort_order)[:MOST_COHORTS]}
                           for key, fares in self.cohort.items()}}


def cohort_order(name):
    return tuple(part.encode("utf-8") for part in name)


def counts_of(turn):
    won, lost = turn.end == "success", turn.end == "failure"
    if turn.arm == "treated":
        return 0, 0, 1, 0, int(won), int(lost), 0, 0
    held_back = turn.arm == "holdout"
    return tuple(map(int, (won, lost, turn.end == "unknown", turn.friction, 0, 0,
                           held_back and won, held_back and lost)))


def usage_row(users):
    """The 64 smallest users with their own counts, everybody in the totals."""
    days, total = 0, (0,) * len(rows.COUNTERS)
    for user_days, counts, _ in users.values():
        days, total = days | user_days, rows.add(total, counts)
    kept = {user: (*users[user][:2], first_wording(users[user][2]))
            for user in sorted(users)[:rows.USERS]}
    return {"more_users": len(users) > rows.USERS, "days": days, "total": total, "users": kept,
            "wordings": sorted({entry[2] for entry in kept.values() if entry[2]})}


def first_wording(wordings):
    """The one with the smallest hash; several and no hash function: not known; none: none."""
    if not wordings:
        return None
    if len(wordings) == 1:
        return next(iter(wordings))
    return min(wordings, key=rows.xxh3) if rows.xxh3 else None


def transitions(turns, parameters):
    """The pairs of turns that must be judged: near in time and turns, of one language."""
    for at, later in enumerate(turns):
        for distance in range(1, min(parameters.max_distance, at) + 1):
            earlier = turns[at - distance]
            if later.at - earlier.at <= parameters.rephrase_gap and earlier.locale == later.locale:
                yield earlier, later


class Oracle:
    """Everything about a replay of logs (lists of lines), each a partition."""

    def __init__(self, logs, keys, parameters=Parameters(), final=False):
        self.keys, self.parameters = keys, parameters
        self.partitions = [Partition(parameters) for _ in logs]
        self.sessions = []
        self.counts, self.reasons = collections.Counter(), collections.Counter()
        for partition, lines in zip(self.partitions, logs):
            partition.read(lines)
            if final:
                partition.finish()
            self.counts += partition.counts
            self.reasons += partition.reasons
            self.sessions += [sorted(session.turns, key=lambda turn: (turn.at, turn.offset))
                              for session in partition.closed]

    def transitions(self):
        return [pair for turns in self.sessions for pair in transitions(turns, self.parameters)]

    def verdicts(self, evidence):
        """(transition, verdict) for each; raises where the evidence is not about exactly these."""
        found = collections.defaultdict(list)
        for line in evidence:
            verdict = json.loads(line)
            verdict["p256"] = round(verdict["p"] * 256)
            if verdict["accepted"] != (verdict["p256"] >= self.parameters.accept):
                raise AssertionError(f"accepted does not follow from p: {line}")
            found[verdict["from"], verdict["to"], verdict["gap_ms"]].append(verdict)
        matched = []
        for earlier, later in self.transitions():
            key = earlier.event_id, later.event_id, later.at - earlier.at
            if not found[key]:
                raise AssertionError(f"no evidence for the transition {key}")
            # Where a log uses event ids twice, sessions of one key closed in this order.
            matched.append((earlier, later, found[key].pop(0)))
        left = [key for key, verdicts in found.items() if verdicts]
        if left:
            raise AssertionError(f"{len(left)} transitions judged that are none, first {left[0]}")
        return matched

    def tables(self, evidence):
        tables = Tables(self.keys)
        verdicts = self.verdicts(evidence)
        for earlier, _, verdict in verdicts:
            earlier.said_again |= verdict["accepted"]
        for turns in self.sessions:
            successes = 0
            for turn in turns:
                tables.count_turn(turn)
                turn.successes_before = successes
                successes += turn.end == "success"
        for earlier, later, verdict in verdicts:
            again = (earlier.locale, earlier.text) == (later.locale, later.text)
            won = ((earlier.end, later.end) == ("failure", "success") and
                   earlier.successes_before == later.successes_before)
            if ((verdict["p256"] >= self.parameters.record_floor or won) and not again and
                    later.arm != "treated"):
                tables.count_vote(earlier, later, verdict, won)
        return tables.decoded()


def shown(value):
    """A key or a field for people: ids in hex."""
    if isinstance(value, tuple):
        return "(" + " ".join(map(shown, value)) + ")"
    return value.hex() if isinstance(value, bytes) and len(value) == 16 else repr(value)


def difference(ours, theirs):
    if ours is None or theirs is None:
        return "unexpected row" if ours is None else "missing row"
    if not isinstance(ours, dict):
        return f"expected {shown(ours)}, found {shown(theirs)}"
    return "; ".join(f"{name}: expected {ours[name]}, found {theirs[name]}"
                     for name in ours if ours[name] != theirs[name])


def differences(expected, found):
    """Sentences about rows that are not on both sides, or not the same."""
    result = []
    for name in rows.MINED:
        for key in sorted(set(expected[name]) | set(found[name])):
            ours, theirs = expected[name].get(key), found[name].get(key)
            if ours != theirs:
                result.append(f"{name} {shown(key)}: {difference(ours, theirs)}")
    return result


def lines_of(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        return list(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--secret", required=True)
    parser.add_argument("--evidence", required=True)
    parser.add_argument("--dump", required=True)
    parser.add_argument("--final", action="store_true")
    parser.add_argument("logs", nargs="+")
    arguments = parser.parse_args()
    oracle = Oracle([lines_of(path) for path in arguments.logs],
                    texts.Keys.of_file(arguments.secret), final=arguments.final)
    expected = oracle.tables(lines_of(arguments.evidence))
    found = differences(expected, rows.decode(lines_of(arguments.dump)))
    for sentence in found[:20]:
        print(sentence)
    sizes = ", ".join(f"{len(expected[name])} {name}" for name in rows.MINED)
    print(f"{dict(oracle.counts)}; rows: {sizes}; {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
