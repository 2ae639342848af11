#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calibrating on generated logs: labels of the truth make the judge better for other users, the file it writes is
taken up by a replay, and what cannot be used is refused with its reason."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import program  # noqa: E402

SAME = ("repeat", "repair", "paraphrase")


def rephrased(*arguments):
    return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True)


class Calibrate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.log, truth = cls.path("log.jsonl"), cls.path("truth.jsonl")
        made = rephrased("generate", "--seed", 3, "--sessions", 3000, "--truth", truth)
        with open(cls.log, "w", encoding="utf-8") as out:
            out.write(made.stdout)
        cls.labels = cls.path("labels.jsonl")
        with open(truth, encoding="utf-8") as rows, open(cls.labels, "w", encoding="utf-8") as out:
            for row in map(json.loads, rows):
                if "from" in row:
                    label = {"from": row["from"], "to": row["to"], "same": row["type"] in SAME}
                    out.write(json.dumps(label) + "\n")

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def evidence(self, name, *options):
        path = self.path(name + ".evidence")
        secret = self.path("secret")
        done = rephrased("replay", "--final", "--secret", secret, "--store", self.path(name), "--evidence", path,
                         "--export-dir", self.path(name + ".weeks"), *options, self.log)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8") as rows:
            return [json.loads(row) for row in rows]

    def fingerprint(self, name):
        weeks = self.path(name + ".weeks")
        with open(os.path.join(weeks, sorted(os.listdir(weeks))[0], "manifest.json"), encoding="utf-8") as file:
            return json.load(file)["config_fingerprint"]

    def test_labels_make_the_judge_better_for_users_left_out_and_a_replay_takes_the_weights(self):
        weights = self.path("weights.json")
        done = rephrased("calibrate", "--labels", self.labels, "--out", weights, "--json", self.log)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertTrue(report["better"])
        self.assertGreaterEqual(report["after"]["average_precision"], report["before"]["average_precision"])
        self.assertGreater(report["users"], 100)
        self.assertEqual(report["labels_met"], report["examples"])
        with open(weights, encoding="utf-8") as file:
            written = json.load(file)
        self.assertEqual(written["bias"], report["weights_after"]["bias"])
        config = self.path("config.yaml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"judge:\n  weights: {weights}\n")
        before, after = self.evidence("plain"), self.evidence("fitted", "--config", config)
        self.assertEqual([row["features"] for row in before], [row["features"] for row in after])
        self.assertNotEqual([row["p"] for row in before], [row["p"] for row in after])
        self.assertNotEqual(self.fingerprint("plain"), self.fingerprint("fitted"))

    def test_the_same_logs_give_the_same_report_and_the_same_weights(self):
        outcomes = []
        for name in ("one.json", "two.json"):
            done = rephrased("calibrate", "--labels", self.labels, "--out", self.path(name), self.log)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(self.path(name), encoding="utf-8") as file:
                outcomes.append((done.stdout, file.read()))
        self.assertEqual(*outcomes)

    def test_too_few_examples_are_refused(self):
        done = rephrased("calibrate", self.log)
        self.assertEqual(done.returncode, 66)
        self.assertIn("too few", done.stderr)

    def test_a_line_that_is_no_label_is_named(self):
        bad = self.path("bad.jsonl")
        with open(bad, "w", encoding="utf-8") as out:
            out.write('{"from":"a","to":"b","same":true}\n{"from":"a","to":"c","same":1}\n')
        done = rephrased("calibrate", "--labels", bad, self.log)
        self.assertEqual(done.returncode, 65)
        self.assertIn("line 2", done.stderr)

    def test_two_labels_of_one_pair_are_refused(self):
        bad = self.path("torn.jsonl")
        with open(bad, "w", encoding="utf-8") as out:
            out.write('{"from":"a","to":"b","same":true}\n{"from":"a","to":"b","same":false}\n')
        self.assertEqual(rephrased("calibrate", "--labels", bad, self.log).returncode, 65)

    def test_a_log_or_a_file_of_labels_that_is_not_there_is_named(self):
        self.assertEqual(rephrased("calibrate", "/nowhere/log.jsonl").returncode, 66)
        done = rephrased("calibrate", "--labels", "/nowhere/labels.jsonl", self.log)
        self.assertEqual(done.returncode, 66)
        self.assertIn("/nowhere/labels.jsonl", done.stderr)

    def test_weights_of_another_version_stop_every_command(self):
        weights, config = self.path("old.json"), self.path("old.yaml")
        with open(weights, "w", encoding="utf-8") as out:
            out.write('{"rephrased_judge_weights":1,"bias":0,"weights":{"ngram_dice":5}}\n')
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"judge:\n  weights: {weights}\n")
        done = rephrased("replay", "--config", config, "--store", self.path("none"), self.log)
        self.assertEqual(done.returncode, 78)
        self.assertIn("other features", done.stderr)


if __name__ == "__main__":
    unittest.main()
