#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The job of `rephrased replay` as a careful Python programmer would write it: what scripts/bench compares with.

Reads a log, keeps sessions by event time with a watermark, compares neighbouring turns by text similarity and
outcome, and adds votes and usage up in dictionaries. It leaves out what costs rephrased time and this program
would need too: a store, transactions, offsets, keyed ids, validation beyond JSON, n-best and phonetic features,
slots, wordings. orjson and rapidfuzz are used where they can be imported.

    same_job.py LOG      prints one JSON line
"""
import collections
import datetime
import functools
import heapq
import json
import math
import sys
import time
import unicodedata

try:
    from orjson import loads
    PARSER = "orjson"
except ImportError:
    loads = json.loads
    PARSER = "json"

try:
    from rapidfuzz.fuzz import ratio

    def similarity(a, b):
        return ratio(a, b) / 100
    SIMILARITY = "rapidfuzz"
except ImportError:
    from difflib import SequenceMatcher

    def similarity(a, b):
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        # The cheap upper bound first: most pairs of turns have nothing in common.
        return matcher.ratio() if matcher.quick_ratio() > 0.3 else 0.0
    SIMILARITY = "difflib"

GAP, GRACE, REPHRASE_GAP, DISTANCE = 30 * 60000, 5 * 60000, 90000, 3
PUNCTUATION = "!\"'(),-.:;?[]{}\u3001\u3002\uff01\uff1f\u061f\u060c "
BAD = frozenset(["no_match", "fallback", "barge_in", "cancel", "low_confidence", "same_response",
                 "reprompt", "negative_feedback", "abandoned", "handover", "undo", "error"])
WEIGHTS = (4.0, 1.5, 1.2, -1.0, -2.5)


@functools.lru_cache(maxsize=1 << 20)
def normalise(text):
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split()).strip(PUNCTUATION)


@functools.lru_cache(maxsize=1 << 20)
def alike(a, b):
    words_a, words_b = set(a.split()), set(b.split())
    return similarity(a, b), len(words_a & words_b) / len(words_a | words_b)


def time_of(value):
    if isinstance(value, str):
        return int(datetime.datetime.fromisoformat(value).timestamp() * 1000)
    return value


def end_of(outcome):
    status = outcome.get("status")
    if status in ("success", "failure"):
        return status
    return "failure" if BAD.intersection(outcome.get("signals") or ()) else "unknown"


class Job:
    def __init__(self):
        self.sessions, self.deadlines = {}, []
        self.votes, self.usage = {}, {}
        self.top = 0
        self.counts = collections.Counter()

    def read(self, line):
        event = loads(line)
        at = time_of(event["ts"])
        nlu = event.get("nlu") or {}
        slots = tuple(sorted((slot["name"], normalise(slot["value"]))
                             for slot in nlu.get("slots") or ()))
        goal = (nlu.get("domain"), nlu.get("intent"), slots) if nlu else None
        turn = (at, normalise(event["utterance"]), event["locale"], goal,
                end_of(event.get("outcome") or {}), event["event_id"])
        key = (event["user_id"], event.get("device_id"), event.get("speaker_id"),
               event.get("session_id"))
        self.add(key, turn)

    def add(self, key, turn):
        at = turn[0]
        if at > self.top:
            self.top = at
            self.close_before(at - GRACE - GAP)
        session = self.sessions.get(key)
        if session is None or at > session[0] + GAP:
            if at + GAP < self.top - GRACE:
                self.counts["late"] += 1
                return
            if session:
                self.mine(key[0], session[1])
            self.sessions[key] = [at, [turn]]
            heapq.heappush(self.deadlines, (at, key))
            return
        if any(other[5] == turn[5] for other in session[1]):
            self.counts["duplicate"] += 1
            return
        session[0] = max(session[0], at)
        session[1].append(turn)

    def close_before(self, limit):
        while self.deadlines and self.deadlines[0][0] < limit:
            _, key = heapq.heappop(self.deadlines)
            session = self.sessions.get(key)
            if session is None:
                continue
            if session[0] >= limit:
                heapq.heappush(self.deadlines, (session[0], key))
                continue
            del self.sessions[key]
            self.mine(key[0], session[1])

    def mine(self, user, turns):
        turns.sort(key=lambda turn: turn[0])
        for i, later in enumerate(turns):
            self.count_usage(user, later)
            for earlier in turns[max(0, i - DISTANCE):i]:
                if later[0] - earlier[0] <= REPHRASE_GAP and later[2] == earlier[2]:
                    self.judge(user, earlier, later)

    def count_usage(self, user, turn):
        row = self.usage.setdefault((turn[2], turn[1], turn[3], turn[0] // 604800000), {})
        counts = row.setdefault(user, [0, 0, 0])
        counts[("success", "failure", "unknown").index(turn[4])] += 1

    def judge(self, user, earlier, later):
        self.counts["transitions"] += 1
        text, words = alike(earlier[1], later[1])
        features = (text, words, earlier[4] == "failure", 1.0, earlier[4] == "success")
        p = 1 / (1 + math.exp(-sum(map(lambda w, x: w * x, WEIGHTS, features))))
        if p < 0.25 or earlier[1] == later[1]:
            return
        key = later[2], earlier[1], later[1], user, later[0] // 604800000
        vote = self.votes.setdefault(key, [0, 0, 0, 0])
        vote[0] += 1
        vote[1] += int(p * 256)
        vote[2] += earlier[4] == "failure" and later[4] == "success"
        vote[3] |= 1 << later[0] // 86400000 % 7

    def finish(self):
        for key, session in self.sessions.items():
            self.mine(key[0], session[1])
        self.sessions.clear()


def main():
    job, events, started = Job(), 0, time.perf_counter()
    with open(sys.argv[1], "rb") as file:
        for line in file:
            events += 1
            job.read(line)
    job.finish()
    seconds = time.perf_counter() - started
    print(json.dumps({"events": events, "seconds": seconds, "votes": len(job.votes),
                      "usage": len(job.usage), "transitions": job.counts["transitions"],
                      "parser": PARSER, "similarity": SIMILARITY}))


if __name__ == "__main__":
    main()
