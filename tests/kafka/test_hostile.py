#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kind of bad record, one for each good one, as fast as they can be sent: the good ones all count, the
bad ones are all in the dead letters with their reasons, memory stays bounded, the service stays up."""
import base64
import collections
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402  (first: it makes tests/process importable)
import support  # noqa: E402

CASES = os.path.join(service.HERE, "..", "cases", "interaction.jsonl")
SOAK = bool(os.environ.get("REPHRASED_SOAK"))
SESSIONS = 60000 if SOAK else 12000
RSS_MIB = 250


def bad_records():
    """(value, reason) of every case that the decoder rejects whenever it comes and that fits on one line,
    and the limits that the cases were written for."""
    with open(CASES, encoding="utf-8") as file:
        head, *cases = map(json.loads, file)
    result = []
    for case in cases:
        value = base64.b64decode(case["base64"]) if "base64" in case else case["text"].encode()
        value = value.ljust(case.get("pad_to", 0))
        if case["expect"] != "accepted" and "log_time" not in case and b"\n" not in value:
            result.append((value, case["expect"]))
    return result, head["limits"]


def peak_rss_mib(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


class Hostile(service.Case):
    sessions = SESSIONS
    weeks = 2
    users = 2000
    locales = ("en-US",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bad, cls.limits = bad_records()

    @staticmethod
    def spoil(log):
        """The logs stay good: the bad records are put between them."""

    def mixed(self):
        """The logs with a bad record after every good one; how often each bad one was put."""
        result, times = [], collections.Counter()
        for number, log in enumerate(self.logs):
            lines = []
            for good in service.lines_of(log):
                value = self.bad[sum(times.values()) % len(self.bad)][0]
                times[value] += 1
                lines += [good, value + b"\n"]
            result.append(self.file(f"mixed-{number}", lines))
        return result, times

    def settings(self, place, topic):
        values = super().settings(place, topic)
        values["batch"] = {}
        values["input"] |= {key: f"{self.limits[key]}B" for key in ("max_record_bytes",
                                                                    "max_utterance_bytes")}
        return values

    def replayed_good(self, config):
        """What a replay of the good records alone, from files, comes to."""
        place = self.place()
        done = self.run_program([
            "replay", "--config", config, "--store", os.path.join(place, "store"), "--export-dir",
            os.path.join(place, support.EXPORTS), *self.logs])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(support.count_exports(place), 0)
        return place

    def check_letters(self, topic, letters):
        """Exactly the bad records, once each, raw, with the reason that the cases give; how many."""
        reasons = dict(self.bad)
        wanted = {(r.partition, r.offset): (r.value, reasons[r.value])
                  for r in self.broker.records(topic) if r.value in reasons}
        found = {}
        for record in self.broker.records(letters):
            headers = {name: value.decode() for name, value in record.headers}
            where = int(headers["rephrased.partition"]), int(headers["rephrased.offset"])
            self.assertNotIn(where, found)
            found[where] = record.value or b"", headers["rephrased.reason"]
        different = [where for where in set(wanted) | set(found)
                     if wanted.get(where) != found.get(where)]
        self.assertFalse(different, [(where, wanted.get(where), found.get(where))
                                     for where in different[:3]])
        return len(wanted)

    def test_at_full_speed_the_good_ones_count_and_the_bad_ones_are_letters(self):
        logs, times = self.mixed()
        self.assertEqual(set(times), {value for value, _ in self.bad}, "some kind was not sent")
        total = 2 * sum(times.values())
        self.assertGreaterEqual(total, 50_000)
        topic, letters = self.topic(full=False), self.topic(partitions=2, full=False)
        place = self.place()
        config = self.configure(place, topic, dead_letters={"topic": letters})
        daemon = self.launch(place, config)
        daemon.await_log('"ready"')
        started = time.monotonic()
        self.assertEqual(self.broker.produce(topic, logs), total)
        sent = time.monotonic() - started
        self.await_counted(daemon, place, topic, {
            partition: end for partition, (_, end) in self.broker.ends(topic).items()})
        counted = time.monotonic() - started
        peak = peak_rss_mib(daemon)
        self.assertLess(peak, RSS_MIB)
        self.assertEqual(daemon.stop()[0], 0, daemon.log[-4000:])
        self.assert_same(place, self.replayed_good(config), "the good ones", without=service.POSITIONS)
        bad = self.check_letters(topic, letters)
        self.assertEqual(bad, sum(times.values()))
        self.assertLess(len(daemon.log), 1 << 20, "bad records flood the log")
        print(f"{total} records sent in {sent:.1f} s, counted after {counted:.1f} s; {bad} letters of "
              f"{len(self.bad)} records and {len(set(dict(self.bad).values()))} reasons; peak "
              f"{peak:.0f} MiB", file=sys.stderr)

    def test_every_reason_of_the_cases_is_among_them(self):
        with open(CASES, encoding="utf-8") as file:
            wanted = {case.get("expect") for case in map(json.loads, file)} - {None, "accepted"}
        self.assertEqual({reason for _, reason in self.bad}, wanted)


if __name__ == "__main__":
    unittest.main()
