#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records that are no events: each is counted under its reason and kept raw, and none around it is lost."""
import base64
import json
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import events  # noqa: E402
import oracle  # noqa: E402
import rows  # noqa: E402
from harness import SEED  # noqa: E402
from support import START, Chaos, Stores, write_config  # noqa: E402

CASES = events.ROOT / "tests/cases/interaction.jsonl"
FATES = ("counted", "rejected", "late", "duplicate", "outside")


def cases():
    """(limits, rows) of the table; without those that a line of a file without a log time cannot show."""
    head, *table = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines() if line]
    shown = []
    for row in table:
        raw = base64.b64decode(row["base64"]) if "base64" in row else row["text"].encode("utf-8")
        row["raw"] = raw + b" " * (row.get("pad_to", 0) - len(raw))
        if not (b"\n" in row["raw"] or row["raw"].endswith(b"\r") or
                {"log_time", "default_locale"} & set(row)):
            shown.append(row)
    return head["limits"], shown


def good(number, text="play some jazz"):
    return json.dumps({"event_id": f"good-{number}", "ts": START + number * 7_200_000,
                       "user_id": f"user {number % 7}", "locale": "en-US",
                       "utterance": text}).encode("utf-8")


NOTHING_SAID = {"name": "nothing said", "expect": "nothing_said", "key": "utterance",
                "raw": good(0, "?!")}


class Input(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        limits, table = cases()
        cls.limits = events.Limits(max_record_bytes=limits["max_record_bytes"],
                                   max_utterance_bytes=limits["max_utterance_bytes"])
        cls.config = write_config(os.path.join(cls.place(cls()), "config.yaml"), {
            "input": {name: f"{limits[name]}B"
                      for name in ("max_record_bytes", "max_utterance_bytes")}})
        cls.bad = [row for row in table if row["expect"] != "accepted"] + [NOTHING_SAID]
        cls.accepted = [row for row in table if row["expect"] == "accepted"]

    def letters(self, place):
        folder = os.path.join(place, "store", "dead-letters")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found += [json.loads(line) for line in file]
        return found

    def interleaved(self, seed):
        """Lines, and (offset, case) of those that are no events."""
        chosen = list(self.bad)
        random.Random(seed).shuffle(chosen)
        lines, expected, offset = [], [], 0
        for number, row in enumerate(chosen):
            for raw, case in ((good(number), None), (row["raw"], row)):
                if case:
                    expected.append((offset, case))
                lines.append(raw + b"\n")
                offset += len(raw) + 1
        return lines, expected

    def test_the_table_has_a_case_for_every_reason_that_a_line_can_have(self):
        # No matter of one line: ts_ahead has a test of its own below, quarantined is the service's.
        self.assertEqual({row["expect"] for row in self.bad},
                         set(events.REASONS) - {"ts_ahead", "quarantined"})

    def test_every_bad_record_is_counted_and_kept_raw_where_it_stood(self):
        for batch in (1, 10, 50000):
            lines, expected = self.interleaved(SEED + batch)
            log = self.file("log", lines)
            with self.subTest(batch=batch):
                place = self.place()
                report = self.replay_logs(place, [log], extra=["--config", self.config, "--batch",
                                                               batch])
                self.check_report(report, lines, expected)
                self.check_letters(self.letters(place), expected, log)

    def test_one_wrong_clock_is_refused_and_makes_no_other_event_late(self):
        lines = [good(number) + b"\n" for number in range(60)]
        wrong = json.dumps({"event_id": "wrong", "ts": "2999-01-01T00:00:00Z", "user_id": "clock",
                            "locale": "en-US", "utterance": "play"}).encode("utf-8")
        lines.insert(30, wrong + b"\n")
        place = self.place()
        report = self.replay_logs(place, [self.file("log", lines)], True)
        self.assertEqual((report["counted"], report["late"]), (60, 0))
        self.assertEqual(report["rejects"]["ts_ahead"], 1)
        letters = self.letters(place)
        self.assertEqual([base64.b64decode(letter["raw_base64"]) for letter in letters], [wrong])

    def test_a_log_that_is_not_there_leaves_no_store_behind(self):
        place = self.place()
        done = self.run_program(self.arguments(place, [os.path.join(place, "no-such-log")]))
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn("no-such-log", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(place, "store")))

    def check_report(self, report, lines, expected):
        self.assertEqual(report["records"], len(lines))
        self.assertEqual(sum(report[name] for name in FATES), len(lines), "a record is lost")
        self.assertEqual(report["rejected"], len(expected))
        self.assertEqual(report["counted"], len(lines) - len(expected))
        counted = {}
        for _, row in expected:
            counted[row["expect"]] = counted.get(row["expect"], 0) + 1
        self.assertEqual({name: count for name, count in report["rejects"].items() if count}, counted)

    def check_letters(self, letters, expected, log):
        self.assertEqual([letter["offset"] for letter in letters], [at for at, _ in expected])
        for letter, (_, row) in zip(letters, expected):
            with self.subTest(row["name"]):
                self.assertEqual(base64.b64decode(letter["raw_base64"], validate=True), row["raw"])
                self.assertEqual((letter["reason"], letter["key"], letter["topic"]),
                                 (row["expect"], row["key"], log))

    def test_the_good_records_between_bad_ones_count_as_if_alone(self):
        lines, expected = self.interleaved(SEED)
        bad = {at for at, _ in expected}
        offset, alone = 0, []
        for line in lines:
            if offset not in bad:
                alone.append(line)
            offset += len(line)
        extra = ["--config", self.config]
        tables = [rows.split(self.dump(self.replayed([self.file("log", some)], extra=extra)))
                  for some in (lines, alone)]
        for name in rows.MINED:
            self.assertEqual(tables[0][name], tables[1][name], name)
        self.assertGreater(len(tables[0]["usage"]), 0)

    def test_an_interrupted_replay_keeps_each_bad_record_once(self):
        lines, expected = self.interleaved(SEED)
        place, log = self.place(), self.file("log", lines)
        extra = ["--config", self.config, "--batch", 9]
        grows = self.file("grows", [])
        with open(grows, "ab") as file:
            for at in range(0, len(lines), 31):
                file.writelines(lines[at:at + 31])
                file.flush()
                self.replay_logs(place, [grows], at + 31 >= len(lines), extra)
        self.check_letters(self.letters(place), expected, grows)
        self.assertEqual(self.rows_of(place),
                         self.rows_of(self.replayed([log], extra=["--config", self.config])))

    def test_the_oracle_reads_the_table_of_cases_as_the_decoder_does(self):
        for row in [*self.bad, *self.accepted]:
            if row is not NOTHING_SAID:
                with self.subTest(row["name"]):
                    event = events.decode(row["raw"], self.limits)
                    self.assertEqual(event is not None, row["expect"] == "accepted")

    def test_random_damage_is_told_apart_as_the_oracle_tells_it(self):
        """Bytes changed, lost and doubled in good lines: both sides agree which are still events."""
        chance = random.Random(SEED)
        lines = [self.damaged(line, chance) for line in Chaos(SEED, people=30).lines(1500)]
        report = self.replay_logs(self.place(), [self.file("log", lines)])
        partition = oracle.Partition(oracle.Parameters())
        partition.read(lines)
        self.assertGreater(report["rejected"], 400)
        for name in FATES:
            self.assertEqual(report[name], partition.counts[name], name)

    @staticmethod
    def damaged(line, chance):
        body = bytearray(line.rstrip(b"\r\n"))
        for _ in range(chance.choice([0, 1, 1, 2])):
            at = chance.randrange(len(body) + 1)
            kind = chance.randrange(3)
            if kind == 0:
                body[at:at + 1] = bytes([chance.choice(b'0"{}[]:,\\ex\x01\xc3 ')])
            elif kind == 1:
                del body[at:at + chance.randint(1, 3)]
            else:
                body[at:at] = body[max(0, at - 8):at]
        return bytes(body).replace(b"\n", b" ") + b"\n"


if __name__ == "__main__":
    unittest.main()
