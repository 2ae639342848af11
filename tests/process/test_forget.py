#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One person in a store: forgotten, it is as if that person had never been; alone, a person teaches nothing."""
import collections
import json
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402
import rows  # noqa: E402
from harness import SEED, rounds  # noqa: E402
from support import EXPORTS, START, Chaos, Stores  # noqa: E402

MINUTE = 60_000


def user_of(line):
    try:
        return json.loads(line)["user_id"]
    except (ValueError, KeyError, TypeError):
        return None


def without(lines, user):
    return [line for line in lines if user_of(line) != user]


def fates(lines, kept=lambda line: True):
    """What becomes of the records that are `kept`, in a log of all `lines`."""
    partition = oracle.Partition(oracle.Parameters())
    result = []
    for offset, line in enumerate(lines):
        fate = partition.record(line.rstrip(b"\r\n"), offset)
        if kept(line):
            result.append(fate)
    return result


class Forget(Stores):
    def forget(self, place, user):
        done = self.run_program(["forget", "--secret", self.secret, "--store",
                                 os.path.join(place, "store"), user])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_sound(place)

    def users_by_events(self, logs):
        counted = collections.Counter(user_of(line) for log in logs for line in log)
        del counted[None]
        return [user for user, _ in counted.most_common()]

    def leaves_others_alone(self, logs, user):
        """Event time is the partition's: without somebody's events those of others may come late or not.
        Such a user is no fair test."""
        return all(fates(log, lambda line: user_of(line) != user) == fates(without(log, user))
                   for log in logs)

    def chosen(self, logs, count):
        """The busiest users, the quietest, and some between; of whom the others do not depend."""
        users = self.users_by_events(logs)
        order = users[:2] + users[-2:]
        order += random.Random(SEED).sample(users[2:-2], min(3 * count, len(users) - 4))
        fair = []
        for user in order:
            if len(fair) < count and self.leaves_others_alone(logs, user):
                fair.append(user)
        self.assertGreaterEqual(len(fair), min(count, 2))
        return fair

    def forgotten(self, logs, user):
        """(tables after forgetting, tables of a replay without the user's lines), undecoded."""
        paths = [self.file("log", lines) for lines in logs]
        place = self.replayed(paths)
        self.forget(place, user)
        # The first line names a log; who had it must not change how the others are read.
        other = self.replayed([self.file("log", without(lines, user)) for lines in logs])
        return self.rows_of(place), self.rows_of(other)

    def test_forgotten_it_is_as_if_the_user_had_never_been(self):
        paths = self.generate("--seed", SEED, "--sessions", 1200, "--weeks", 3, "--users", 60,
                              "--partitions", 2)
        logs = [oracle.lines_of(path) for path in paths]
        for user in self.chosen(logs, rounds(6)):
            with self.subTest(user):
                found, wanted = self.forgotten(logs, user)
                self.assertGreater(len(wanted["vote"]), 50)
                for name in rows.MINED:
                    self.assertEqual(found[name], wanted[name], f"table {name}")

    def test_forgotten_in_a_log_of_odd_events_it_is_the_same(self):
        for seed in range(SEED, SEED + rounds(4)):
            logs = [Chaos(seed, people=40, step=60_000, jitter=100_000).lines(800)]
            for user in self.chosen(logs, 2):
                with self.subTest(seed=seed, user=user):
                    found, wanted = self.forgotten(logs, user)
                    for name in rows.MINED:
                        self.assertEqual(found[name], wanted[name], f"table {name}")

    def test_where_more_users_speak_than_are_kept_all_else_is_as_if_never_been(self):
        paths = self.generate("--seed", SEED, "--sessions", 4000, "--weeks", 1, "--users", 1500,
                              "--locale", "en-US")
        logs = [oracle.lines_of(path) for path in paths]
        for user in self.chosen(logs, rounds(3)):
            with self.subTest(user):
                place = self.replayed(paths)
                before = rows.decode(self.dump(place))
                crowded = {key for key, row in before["usage"].items() if row["more_users"]}
                self.assertTrue(crowded)
                self.forget(place, user)
                found = rows.decode(self.dump(place))
                other = self.replayed([self.file("log", without(log, user)) for log in logs])
                wanted = rows.decode(self.dump(other))
                for name in rows.MINED:
                    self.assert_like(found[name], wanted[name], crowded, name)
                self.assert_not_counted(found, user)

    def assert_like(self, found, wanted, but, name):
        self.assertEqual({key: row for key, row in found.items() if key not in but},
                         {key: row for key, row in wanted.items() if key not in but}, name)

    def assert_not_counted(self, tables, user):
        person = self.keys.user(user)
        self.assertFalse([key for key in tables["vote"] if key[2] == person])
        self.assertFalse([key for key in tables["user_index"] if key[1] == person])
        self.assertFalse([key for key, row in tables["usage"].items() if person in row["users"]])

    def rows_but_the_note_of_publishing(self, place):
        """Forgetting, whomever, has the rewrites made anew: the note of what they were made from goes."""
        tables = self.rows_of(place)
        tables["meta"] = [row for row in tables["meta"] if bytes.fromhex(row[0]) != b"published_by"]
        return tables

    def test_forgetting_twice_and_forgetting_a_stranger_changes_nothing(self):
        log = self.file("log", Chaos(SEED, people=5).lines(200))
        place = self.replayed([log])
        before = self.rows_but_the_note_of_publishing(place)
        self.forget(place, "a stranger")
        self.assertEqual(self.rows_but_the_note_of_publishing(place), before)
        self.forget(place, "person 1")
        after = self.rows_but_the_note_of_publishing(place)
        self.assertNotEqual(after, before)
        self.forget(place, "person 1")
        self.assertEqual(self.rows_but_the_note_of_publishing(place), after)


def insistence(user, number, at, speaker=None):
    """Somebody fails with one wording and succeeds with another."""
    base = {"user_id": user, "locale": "en-US", "device_id": f"device {number % 3}"}
    if speaker is not None:
        base["speaker_id"] = speaker
    nlu = {"domain": "music", "intent": "play", "confidence": 0.9,
           "slots": [{"name": "genre", "value": "jazz", "start": 5, "end": 9}]}
    yield base | {"event_id": f"{user}-{number}-a", "ts": at, "utterance": "plai sum jazz music",
                  "outcome": {"status": "failure", "signals": ["no_match", "reprompt"]}}
    yield base | {"event_id": f"{user}-{number}-b", "ts": at + 6000, "utterance": "play jazz music",
                  "nlu": nlu, "outcome": {"status": "success", "signals": ["completed"]}}


class OneVoice(Stores):
    def promoted(self, events):
        events = sorted(events, key=lambda event: event["ts"])
        place = self.replayed([self.file("log", [json.dumps(event).encode() + b"\n"
                                                 for event in events])])
        done = self.run_program(["pairs", "--json", "--secret", self.secret, "--store",
                                 os.path.join(place, "store"), "--status", "promoted"])
        self.assertEqual(done.returncode, 0, done.stderr)
        return place, [json.loads(line) for line in done.stdout.splitlines()]

    def test_no_single_user_however_busy_gets_a_pair_promoted(self):
        events = [event for number in range(10_000)
                  for event in insistence("busy", number, START + number * 33 * MINUTE,
                                          f"voice {number % 7}")]
        place, pairs = self.promoted(events)
        self.assertEqual(pairs, [])
        votes = rows.decode(self.dump(place))["vote"]
        self.assertGreater(sum(row["mass"] for row in votes.values()), 10_000 * 64)
        self.assertEqual(len({key[3] for key in votes}), 33)
        for folder, _, names in os.walk(os.path.join(place, EXPORTS)):
            for name in {"train.jsonl", "holdout.jsonl"} & set(names):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    self.assertNotIn("plai sum jazz", file.read())

    def test_many_users_do_so_that_the_test_above_tests_something(self):
        def crowd(users):
            return [event for user in range(users) for number in range(6)
                    for event in insistence(f"user {user}", number,
                                            START + (number * 1440 + user * 7) * MINUTE)]
        self.assertEqual(self.promoted(crowd(4))[1], [])
        pairs = self.promoted(crowd(40))[1]
        self.assertIn(("plai sum jazz music", "play jazz music"),
                      {(pair["source"], pair["target"]) for pair in pairs})

    def test_a_busy_user_beside_too_few_others_gets_nothing_promoted(self):
        events = [event for number in range(2000)
                  for event in insistence("busy", number, START + number * 33 * MINUTE)]
        for user in range(3):
            events += insistence(f"user {user}", 0, START + user * 1440 * MINUTE)
        self.assertEqual(self.promoted(events)[1], [])


if __name__ == "__main__":
    unittest.main()
