#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records that are no events: each is in the dead letters, raw, with its origin; none stops the service."""
import base64
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import harness  # noqa: E402
import support  # noqa: E402

PILL = "swallow this pill"
# Sent, acknowledged, committed: a letter must survive a death between any two of them.
POINTS = ["before rd_kafka_flush", "after rd_kafka_flush", "before mdb_txn_commit",
          "after mdb_txn_commit"]


class Letters(service.Case):
    def send(self, topic, partition, value, key=None, headers=()):
        """One record by kcat; a value of None is a null."""
        command = ["kcat", "-P", "-b", self.broker.bootstrap, "-t", topic, "-p", str(partition)]
        if value:
            command += ["-D", "\x01", *(["-k", key] if key else [])]
        else:
            # The only way to have it send a record without a value: a line with nothing after the key.
            command += ["-K", ":", *(["-Z"] if value is None else [])]
            value = f"{key}:\n".encode()
        for name, text in headers:
            command += ["-H", f"{name}={text}"]
        subprocess.run(command, input=value, check=True, capture_output=True)

    def rejected(self, topic):
        """(partition, offset) -> value of the records that a replay rejects, in its own words."""
        letters = {}
        config = self.configure(self.place(), topic)
        place = self.expected(topic, config)
        by_line = {}
        for record in self.broker.records(topic):
            by_line.setdefault(record.value, []).append((record.partition, record.offset))
        folder = os.path.join(place, "store", "dead-letters")
        for name in os.listdir(folder):
            for line in service.lines_of(os.path.join(folder, name)):
                letter = json.loads(line)
                raw = base64.b64decode(letter["raw_base64"])
                for where in by_line[raw]:
                    letters[where] = (raw, letter["reason"])
        return letters

    def letters_in(self, letters_topic):
        """(partition, offset) -> the records that name it."""
        found = {}
        for record in self.broker.records(letters_topic):
            headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
            where = int(headers["rephrased.partition"]), int(headers["rephrased.offset"])
            found.setdefault(where, []).append((record, headers))
        return found

    def test_every_rejected_record_is_in_the_topic_once_raw_and_with_its_origin(self):
        topic, letters, place = self.topic(), self.topic(partitions=2, full=False), self.place()
        self.send(topic, 1, b'{"event_id":"told"}', "a key", [("trace", "abc"), ("trace", "def")])
        self.run_to_end(place, self.configure(place, topic, dead_letters={"topic": letters}))
        wanted, found = self.rejected(topic), self.letters_in(letters)
        self.assertEqual(set(found), set(wanted))
        for where, records in found.items():
            self.assertEqual(len(records), 1, where)
            record, headers = records[0]
            raw, reason = wanted[where]
            self.assertEqual(record.value, raw)
            self.assertEqual(headers["rephrased.topic"], topic)
            self.assertEqual(headers["rephrased.reason"], reason)
            self.assertEqual(record.key, f"{topic}-{where[0]}-{where[1]}".encode())
        told = [record for records in found.values() for record, _ in records
                if record.value == b'{"event_id":"told"}']
        self.assertEqual([pair for pair in told[0].headers if pair[0] == "trace"],
                         [("trace", b"abc"), ("trace", b"def")])
        self.assert_like_replay(place, topic)

    def test_every_rejected_record_is_in_the_directory_once(self):
        topic, place = self.topic(), self.place()
        self.run_to_end(place, self.configure(place, topic))
        self.run_to_end(place, os.path.join(place, "rephrased.yaml"))
        found = self.in_directory(place, topic)
        self.assertEqual(found, self.rejected(topic))

    def test_killed_and_resumed_no_letter_is_missing_and_copies_are_identical(self):
        topic, letters, place = self.topic(), self.topic(partitions=1, full=False), self.place()
        config = self.configure(place, topic, dead_letters={"topic": letters},
                                batch={"records": 60, "wait": "10ms"})
        kills = 0
        for number in range(harness.rounds(10)):
            point = POINTS[number % len(POINTS)]
            marker = os.path.join(place, "marker")
            daemon = self.launch(place, config, ["--exit-at-end"], preload="kill_at", environment={
                "KILL_AT_POINT": point, "KILL_AT_AFTER": str(self.random.randint(0, 2 + number)),
                "KILL_AT_MARKER": marker})
            kills += daemon.wait() == -9
            self.assertTrue(daemon.process.returncode in (0, -9), daemon.log[-4000:])
        self.run_to_end(place, config)
        self.assertGreater(kills, 2)
        wanted, found = self.rejected(topic), self.letters_in(letters)
        self.assertEqual(set(found), set(wanted))
        copies = 0
        for records in found.values():
            copies += len(records) - 1
            self.assertEqual(len({(r.key, r.value, tuple(r.headers)) for r, _ in records}), 1)
        self.assert_like_replay(place, topic)
        print(f"{kills} kills, {len(found)} letters, {copies} copies", file=sys.stderr)

    def test_nulls_and_empty_values_are_letters_too(self):
        topic, letters, place = self.topic(), self.topic(partitions=1, full=False), self.place()
        self.send(topic, 0, None, "gone")
        self.send(topic, 2, b"", "empty")
        sent = {(r.partition, r.offset): r for r in self.broker.records(topic) if not r.value}
        self.assertEqual([(r.key, r.value) for r in sent.values()], [(b"gone", None), (b"empty", b"")])
        self.run_to_end(place, self.configure(place, topic, dead_letters={"topic": letters}))
        found = self.letters_in(letters)
        for where, record in sent.items():
            self.assertEqual(len(found[where]), 1)
            letter, headers = found[where][0]
            self.assertEqual(letter.value or b"", record.value or b"")
            self.assertEqual(headers["rephrased.key"].encode(), record.key)
        self.assertEqual(self.counted(place, topic), self.next_of(topic))

    def in_directory(self, place, topic):
        """(partition, offset) -> raw bytes and reason of the letters in the store's directory."""
        found, folder = {}, os.path.join(place, "store", "dead-letters")
        for name in os.listdir(folder):
            for line in service.lines_of(os.path.join(folder, name)):
                letter = json.loads(line)
                self.assertEqual(letter["topic"], topic)
                where = letter["partition"], letter["offset"]
                self.assertNotIn(where, found)
                found[where] = base64.b64decode(letter["raw_base64"]), letter["reason"]
        return found

    def test_a_letter_that_the_topic_refuses_goes_to_the_directory(self):
        topic, place = self.topic(), self.place()
        letters = self.topic(partitions=1, full=False, settings=("max.message.bytes=6000",))
        large = b"[" + self.random.randbytes(10000).hex().encode()  # which does not pack well
        self.send(topic, 0, large)
        self.run_to_end(place, self.configure(place, topic, dead_letters={"topic": letters}))
        in_topic, in_directory = self.letters_in(letters), self.in_directory(place, topic)
        self.assertIn(large, [raw for raw, _ in in_directory.values()])
        # What was sent together is refused together: others may be there too, but each in one place only.
        self.assertEqual(set(in_topic) & set(in_directory), set())
        self.assertEqual(set(in_topic) | set(in_directory), set(self.rejected(topic)))

    def first_lines(self, count):
        return [self.file(f"first-{number}", service.lines_of(log)[:count])
                for number, log in enumerate(self.logs)]

    def quarantine(self, place, topic, offset):
        with open(os.path.join(place, "store", "quarantine.jsonl"), "a", encoding="utf-8") as file:
            file.write(f'{{"topic":"{topic}","partition":0,"generation":0,"offset":{offset}}}\n')

    def quarantined(self, letters, topic):
        return [record.key.decode() for record in self.broker.records(letters)
                if dict(record.headers)["rephrased.reason"] == b"quarantined"
                and dict(record.headers)["rephrased.topic"] == topic.encode()]

    def test_a_quarantined_offset_means_the_record_of_the_topic_it_was_in(self):
        letters = self.topic(partitions=1, full=False)
        for anew in (False, True):
            topic, place = self.topic(full=False), self.place()
            config = self.configure(place, topic, dead_letters={"topic": letters})
            self.broker.produce(topic, self.first_lines(8))
            self.run_to_end(place, config)
            self.quarantine(place, topic, 10)
            if anew:
                self.broker.tool("delete", topic)
                self.broker.create(topic, self.partitions)
                self.broker.produce(topic, self.first_lines(1))
                self.run_to_end(place, config, ["--accept-gap"])
            self.broker.produce(topic, self.first_lines(20))
            self.send(topic, 0, b"{wrong")
            self.run_to_end(place, config)
            self.assertEqual(self.quarantined(letters, topic), [] if anew else [f"{topic}-0-10"])
            wrong = next(r for r in self.broker.records(topic) if r.value == b"{wrong")
            keys = [r.key.decode() for r in self.broker.records(letters) if r.value == b"{wrong"]
            # An offset that both topics had, so a key of the first must not be one of the second.
            self.assertIn(f"{topic}-0-{wrong.offset}{'-1' if anew else ''}", keys)

    def test_a_record_that_kills_three_times_is_passed_over_and_nothing_else_is(self):
        topic, place = self.topic(full=False), self.place()
        pill = {"event_id": "pill", "ts": support.START, "user_id": PILL, "locale": "en-US",
                "utterance": "play jazz"}
        lines = service.lines_of(self.logs[1])
        spoilt = self.file("spoilt", [*lines[:100], json.dumps(pill).encode() + b"\n", *lines[100:]])
        self.broker.produce(topic, [self.logs[0], spoilt, self.logs[2]])
        where = next((r.partition, r.offset) for r in self.broker.records(topic)
                     if PILL.encode() in r.value)
        config, marker = self.configure(place, topic), os.path.join(place, "marker")
        deaths = 0
        for _ in range(10):
            daemon = self.launch(place, config, ["--exit-at-end"], preload="kill_at", environment={
                "KILL_AT_BYTES": PILL, "KILL_AT_MARKER": marker})
            if daemon.wait() == 0:
                break
            self.assertEqual(daemon.process.returncode, -9, daemon.log[-4000:])
            deaths += 1
            self.assert_sound(place)
        self.assertEqual(deaths, 3)
        self.assertEqual(os.path.getsize(marker), 3)
        self.assertRegex(daemon.log, rf"{topic}.*{where[1]}")
        with open(os.path.join(place, "store", "quarantine.jsonl"), encoding="utf-8") as file:
            listed = [json.loads(line) for line in file]
        self.assertEqual(listed, [{"topic": topic, "partition": where[0], "generation": 0,
                                   "offset": where[1]}])
        # The same records without that one.
        other = self.topic(full=False)
        self.broker.produce(other, self.logs)
        found, wanted = self.rows_of(place), self.rows_of(self.served(other))
        for table in ("formulation", "goal", "vote", "usage", "user_index"):
            self.assertEqual(found[table], wanted[table], table)


if __name__ == "__main__":
    unittest.main()
