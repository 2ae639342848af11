#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows that nobody said: there are none without files of words; with files they say what they are, stay out of the hold-out
and behind the rows they come from; the files are part of the fingerprint, and one with a bad line is refused with its
place and the remedy, before any work."""
import collections
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import jsonschema
except ImportError:
    jsonschema = None

import harness  # noqa: E402
from harness import SEED  # noqa: E402
from support import Stores, write_config  # noqa: E402

WEEK = "2026-W04"
SYNONYMS = "# licence: CC0-1.0\nlight\tlamp\nplay\tstart\nweather\tforecast\nset\tmake\nturn\tswitch\n"
FORMS = "light\tlight\tN;SG\nlight\tlights\tN;PL\nsong\tsong\tN;SG\nsong\tsongs\tN;PL\n"
MADE = ("lexicon", "morphology")


class Variants(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        log = cls.generate(cls(), "--seed", SEED, "--sessions", 12000, "--weeks", 4, "--users", 400,
                           "--locale", "en-US", "--locale", "ja-JP")
        cls.store = os.path.join(cls.place(cls()), "store")
        config = cls.config("plain")
        done = cls.run_program(["replay", "--config", config, "--secret", cls.secret, "--store", cls.store, *log])
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.words = cls.place(cls())
        cls.write(cls.words, "en.tsv", SYNONYMS)
        cls.write(cls.words, "en-US.unimorph", FORMS)
        cls.write(cls.words, "ja.tsv", "電気\t照明\n")

    @staticmethod
    def write(folder, name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return folder

    @classmethod
    def config(cls, name, **export):
        return write_config(os.path.join(cls.place(cls()), name + ".yaml"),
                            {"promotion": {"min_users": 3, "synonymy": 0.5}} | ({"export": export} if export else {}))

    def export(self, **keys):
        """The folder of the week."""
        out = os.path.join(self.place(), "out")
        done = self.run_program(["export", "--config", self.config("export", **keys), "--secret", self.secret, "--store",
                                 self.store, "--week", WEEK, "--out", out])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_sums(os.path.join(out, WEEK))
        return os.path.join(out, WEEK)

    @staticmethod
    def rows(folder, split="train"):
        with open(os.path.join(folder, split + ".jsonl"), encoding="utf-8", newline="\n") as file:
            return [json.loads(line) for line in file]

    @staticmethod
    def manifest(folder):
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_nothing_is_made_without_files(self):
        plain = self.export()
        self.assertLessEqual({row["kind"] for row in self.rows(plain) + self.rows(plain, "holdout")},
                             {"mined", "confirmed"})
        manifest = self.manifest(plain)
        self.assertEqual(manifest["word_files"], [])
        self.assertEqual(sum(manifest["refused_variants"].values()), 0)
        with open(os.path.join(plain, "README.md"), encoding="utf-8") as file:
            self.assertNotIn("morphology", file.read())

    def test_rows_that_people_said_stay_as_they_are_and_variants_are_behind_them(self):
        plain, with_words = self.export(), self.export(words_dir=self.words)
        said = self.rows(plain)
        rows = self.rows(with_words)
        self.assertEqual([row for row in rows if row["kind"] not in MADE], said)
        self.assertEqual(self.rows(with_words, "holdout"), self.rows(plain, "holdout"))
        made = [row for row in rows if row["kind"] in MADE]
        self.assertEqual({row["kind"] for row in made}, set(MADE))
        self.assertEqual({row["locale"] for row in made}, {"en-US", "ja-JP"})
        by_source = collections.defaultdict(list)
        for row in said:
            by_source[row["locale"], row["source"]].append(row)
        per_intent = collections.Counter((row["locale"], row["domain"], row["intent"]) for row in said)
        texts = {row["text"] for row in said + self.rows(plain, "holdout")}
        for row in made:
            origins = [origin for origin in by_source[row["locale"], row["source"]]
                       if origin["users"] == row["users"] and origin["target"] == row["target"]]
            self.assertTrue(origins, row)
            self.assertLess(row["weight"], max(origin["weight"] for origin in origins))
            self.assertEqual((row["type"], row["intent"]), ("", origins[0]["intent"]))
            self.assertNotIn(row["text"], texts)
            values = [[origin["text"][slot["start"]:slot["end"]] for slot in origin["slots"]] for origin in origins]
            self.assertIn([row["text"][slot["start"]:slot["end"]] for slot in row["slots"]], values)
            per_intent[row["locale"], row["domain"], row["intent"]] -= 1
        self.assertGreaterEqual(min(per_intent.values()), 0)

    @unittest.skipIf(jsonschema is None, "SKIP: jsonschema is not installed (python3-jsonschema)")
    def test_every_row_is_what_the_published_schema_says_key_by_key(self):
        path = os.path.join(os.path.dirname(__file__), "..", "..", "schemas", "training-row.v1.schema.json")
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        validator = jsonschema.Draft202012Validator(schema)
        folder = self.export(words_dir=self.words)
        rows = self.rows(folder) + self.rows(folder, "holdout")
        self.assertEqual({row["kind"] for row in rows}, {"mined", "confirmed", *MADE})
        for row in rows:
            self.assertEqual(list(row), list(schema["properties"]))
            self.assertEqual([error.message for error in validator.iter_errors(row)], [], row)

    def test_files_licences_and_refusals_are_in_manifest_and_card(self):
        folder = self.export(words_dir=self.words, max_variants=1)
        manifest = self.manifest(folder)
        counts = collections.Counter(row["kind"] for row in self.rows(folder))
        found = {item["name"]: item for item in manifest["word_files"]}
        self.assertEqual(list(found), ["en-US.unimorph", "en.tsv", "ja.tsv"])
        self.assertEqual(found["en.tsv"]["licence"], "CC0-1.0")
        self.assertEqual(found["en.tsv"]["sha256"], harness.files_of(self.words)["en.tsv"])
        self.assertEqual(found["ja.tsv"]["entries"], 1)
        self.assertEqual(found["en-US.unimorph"]["rows"], counts["morphology"])
        self.assertEqual(found["en.tsv"]["rows"] + found["ja.tsv"]["rows"], counts["lexicon"])
        self.assertEqual(manifest["thresholds"]["max_variants"], 1)
        with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
            card = file.read()
        self.assertIn("| `en.tsv` | lexicon | CC0-1.0 |", card)
        self.assertIn("| `ja.tsv` | lexicon | not stated |", card)

    def test_the_same_files_elsewhere_give_the_same_bytes_and_other_files_another_fingerprint(self):
        other = self.place()
        for name in os.listdir(self.words):
            with open(os.path.join(self.words, name), encoding="utf-8") as file:
                self.write(other, name, file.read())
        one, same = self.export(words_dir=self.words), self.export(words_dir=other)
        self.assertEqual(harness.files_of(one), harness.files_of(same))
        self.write(other, "ja.tsv", "# another day\n電気\t照明\n")
        changed = self.export(words_dir=other)
        self.assertEqual(self.rows(changed), self.rows(one))
        self.assertNotEqual(self.manifest(changed)["config_fingerprint"], self.manifest(one)["config_fingerprint"])

    def test_a_bad_line_is_refused_with_its_place_before_any_work(self):
        bad = self.write(self.place(), "en.tsv", SYNONYMS + "turn on\tstart\n")
        config = self.config("bad", words_dir=bad)
        place = os.path.join(bad, "en.tsv:7")
        nowhere = os.path.join(self.place(), "store")
        for arguments in (["check", "--config", config],
                          ["export", "--config", config, "--secret", self.secret, "--store", self.store, "--week", WEEK,
                           "--out", nowhere],
                          ["replay", "--config", config, "--secret", self.secret, "--store", nowhere, "/dev/null"]):
            done = self.run_program(arguments)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(place, done.stderr)
            self.assertIn("remove the line", done.stderr)
            self.assertFalse(os.path.exists(nowhere))
        self.assertEqual(self.run_program(["check", "--config", self.config("good", words_dir=self.words)]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
