#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Readers of Rasa YAML, MASSIVE and BIO, each written from its format's rules, get the very rows of train.jsonl and
holdout.jsonl back: text, label, and what stands in every slot."""
import collections
import json
import os
import re
import sys
import unittest

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SEED  # noqa: E402
from support import Stores  # noqa: E402

LOCALES = ("en-US", "de-DE", "th-TH", "ja-JP", "ar-SA", "tr-TR")
BY_CHARACTER = ("ja", "zh")
# Rasa's annotation: [text]{"entity": ...} or [text](entity:value).
ENTITY = re.compile(r"\[([^\]]+?)\](?:\(([^:)]+?)(?::([^)]+))?\)|\{([^}]+?)\})")


def bare(text):
    """Without white space: formats may set more of it around slots."""
    return "".join(text.split())


def label_of(row):
    domain, intent = row["domain"], row["intent"]
    return intent if not domain or intent.startswith(domain + "_") else f"{domain}_{intent}"


def row_of(text, label, slots):
    return bare(text), label, tuple((name, bare(value)) for name, value in slots)


def read_json_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def read_rasa(path):
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    if document["version"] != "3.1" or list(document) != ["version", "nlu"]:
        raise AssertionError(f"{path}: {list(document)}")
    for block in document["nlu"]:
        for line in block["examples"].splitlines():
            if not line.startswith("- "):
                raise AssertionError(f"{path}: an item without a dash: {line!r}")
            slots, text, done = [], "", 0
            for found in ENTITY.finditer(line, 2):
                if found.group(4) is None:
                    raise AssertionError(f"{path}: not the JSON form: {line!r}")
                entity = json.loads("{" + found.group(4) + "}")
                if list(entity) != ["entity"]:
                    raise AssertionError(f"{path}: {entity} would be a synonym")
                slots.append((entity["entity"], found.group(1)))
                text += line[done or 2:found.start()] + found.group(1)
                done = found.end()
            yield row_of(text + line[done or 2:], block["intent"], slots)


def massive_tags(annotated, by_character):
    """The tag of every token, as MASSIVE's own conversion finds it: a slot runs from a token that begins with '[' over
    a colon to a token that ends with ']'."""
    tags, label, colon = [], None, False
    for token in annotated.split():
        if token.startswith("["):
            label, colon = token[1:], False
            continue
        if label and not colon:
            if token != ":":
                raise AssertionError(f"no colon after a label: {annotated!r}")
            colon = True
            continue
        ends = token.endswith("]")
        word = token[:-1] if ends else token
        tags += [(part, label or "Other") for part in (word if by_character else [word])]
        if ends:
            label = None
    if label:
        raise AssertionError(f"a slot without an end: {annotated!r}")
    return tags


def read_massive(path):
    ids = set()
    for row in read_json_lines(path):
        if any(not isinstance(value, str) for value in row.values()):
            raise AssertionError(f"{path}: a value that is no string")
        ids.add(row["id"])
        cut = row["locale"][:2] in BY_CHARACTER
        words = list(bare(row["utt"])) if cut else row["utt"].split()
        tags = massive_tags(row["annot_utt"], cut)
        if [word for word, _ in tags] != words:
            raise AssertionError(f"{path}: the two texts differ: {row}")
        slots = [(name, value) for name, value in re.findall(r"\[(\S+) : ([^\]]+)\]", row["annot_utt"])]
        inside = [name for _, name in tags if name != "Other"]
        if sorted(set(inside)) != sorted({name for name, _ in slots}):
            raise AssertionError(f"{path}: a slot is lost: {row}")
        yield row["partition"], row_of(row["utt"], row["intent"], slots)
    if len(ids) != len(read_json_lines(path)):
        raise AssertionError(f"{path}: an id twice")


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        text = file.read()
    if text and not text.endswith("\n"):
        raise AssertionError(f"{path}: no newline at the end")
    return text.split("\n")[:-1]


def read_bio(folder):
    columns = [read_lines(os.path.join(folder, name)) for name in ("seq.in", "seq.out", "label")]
    if len({len(column) for column in columns}) != 1:
        raise AssertionError(f"{folder}: files of unequal length")
    for words, tags, label in zip(*(iter(column) for column in columns)):
        words, tags, slots, before = words.split(" "), tags.split(" "), [], "O"
        if len(words) != len(tags) or any(not word or bare(word) != word for word in words):
            raise AssertionError(f"{folder}: {words} {tags}")
        for word, tag in zip(words, tags):
            if tag.startswith("B-"):
                slots.append((tag[2:], word))
            elif tag.startswith("I-"):
                if before[2:] != tag[2:]:
                    raise AssertionError(f"{folder}: {tag} after {before}")
                slots[-1] = (slots[-1][0], slots[-1][1] + word)
            elif tag != "O":
                raise AssertionError(f"{folder}: tag {tag!r}")
            before = tag
        yield row_of("".join(words), label, slots)


class Formats(Stores):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        log = cls.generate(cls(), "--seed", SEED, "--sessions", 40000, "--weeks", 4, "--users", 900,
                           *[word for locale in LOCALES for word in ("--locale", locale)])
        cls.config = os.path.join(cls.place(cls()), "config.yaml")
        with open(cls.config, "w", encoding="utf-8") as file:
            file.write("promotion:\n  min_users: 3\n  synonymy: 0.5\n")
        cls.out = os.path.join(cls.place(cls()), "exports")
        store = os.path.join(cls.place(cls()), "store")
        done = cls.run_program(["replay", "--config", cls.config, "--secret", cls.secret, "--store", store, *log])
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.store = store
        done = cls.export(cls.out, "rasa", "massive", "bio", "rasa")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.week = os.path.join(cls.out, "2026-W04")
        cls.rows = collections.defaultdict(collections.Counter)
        for split in ("train", "holdout"):
            for row in read_json_lines(os.path.join(cls.week, split + ".jsonl")):
                slots = [(slot["name"], row["text"][slot["start"]:slot["end"]]) for slot in row["slots"]]
                cls.rows[row["locale"], split][row_of(row["text"], label_of(row), slots)] += 1

    @classmethod
    def export(cls, out, *formats):
        return cls.run_program(["export", "--config", cls.config, "--secret", cls.secret, "--store", cls.store, "--week", "2026-W04", "--out",
                                out, *[word for name in formats for word in ("--format", name)]])

    def test_there_is_something_to_read_in_every_locale(self):
        self.assertEqual({locale for locale, _ in self.rows}, set(LOCALES))
        slots = sum(len(row[2]) for rows in self.rows.values() for row in rows)
        self.assertGreater(slots, 50)
        self.assertGreater(sum(sum(rows.values()) for (_, split), rows in self.rows.items() if split == "holdout"), 3)

    def test_a_chain_leads_from_source_to_target_over_formulations_that_are_in_the_set(self):
        voted = {(pair["locale"], pair["source"], pair["target"])
                 for pair in read_json_lines(os.path.join(self.week, "pairs.jsonl")) if pair["users"]}
        lengths = collections.Counter()
        for split in ("train", "holdout"):
            for row in read_json_lines(os.path.join(self.week, split + ".jsonl")):
                chain = row["chain"]
                lengths[row["kind"], len(chain)] += 1
                if chain:
                    self.assertEqual((chain[0], chain[-1]), (row["source"], row["target"]))
                    self.assertIn((row["locale"], chain[0], chain[1]), voted)
        self.assertGreater(lengths["mined", 2], 10)
        self.assertEqual({length for kind, length in lengths if kind == "confirmed"}, {0})
        self.assertLessEqual({length for _, length in lengths}, {0, 2, 3})

    def test_rasa_reads_every_row(self):
        for locale in LOCALES:
            for split in ("train", "holdout"):
                read = collections.Counter(read_rasa(os.path.join(self.week, "rasa", f"{locale}.{split}.yml")))
                self.assertEqual(read, self.rows[locale, split], (locale, split))

    def test_massive_reads_every_row(self):
        for locale in LOCALES:
            read = collections.defaultdict(collections.Counter)
            for partition, row in read_massive(os.path.join(self.week, "massive", locale + ".jsonl")):
                read[partition][row] += 1
            self.assertEqual(read["train"], self.rows[locale, "train"], locale)
            self.assertEqual(read["test"], self.rows[locale, "holdout"], locale)
        self.assertEqual(sorted(os.listdir(os.path.join(self.week, "massive"))),
                         sorted(locale + ".jsonl" for locale in LOCALES), "the loader reads every file that is there")

    def test_bio_reads_every_row_and_its_label_files_name_every_label(self):
        for locale in LOCALES:
            folder = os.path.join(self.week, "bio", locale)
            names = set()
            for split, part in (("train", "train"), ("holdout", "test")):
                rows = list(read_bio(os.path.join(folder, part)))
                self.assertEqual(collections.Counter(rows), self.rows[locale, split], (locale, split))
                names |= {row[1] for row in rows}
            self.assertEqual(read_lines(os.path.join(folder, "intent_label.txt")), ["UNK"] + sorted(names))
            tags = read_lines(os.path.join(folder, "slot_label.txt"))
            self.assertEqual(tags[:3], ["PAD", "UNK", "O"])
            used = {tag for part in ("train", "test") for line in read_lines(os.path.join(folder, part, "seq.out"))
                    for tag in line.split()}
            self.assertLessEqual(used, set(tags))

    def test_the_manifest_says_how_many_rows_each_format_holds_and_the_sums_cover_them(self):
        with open(os.path.join(self.week, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        total = sum(sum(rows.values()) for rows in self.rows.values())
        self.assertEqual([(item["name"], item["rows"], item["left_out"]) for item in manifest["formats"]],
                         [(name, total, 0) for name in ("rasa", "massive", "bio")])
        self.check_sums(self.week)
        with open(os.path.join(self.week, "SHA256SUMS"), encoding="utf-8") as file:
            self.assertIn("bio/th-TH/train/seq.out", file.read())

    def test_the_same_store_gives_the_same_bytes_and_jsonl_alone_has_no_further_folder(self):
        again = os.path.join(self.place(), "again")
        self.assertEqual(self.export(again, "bio", "massive", "rasa").returncode, 0)
        self.assertEqual(self.files(again), self.files(self.out))
        plain = os.path.join(self.place(), "plain")
        self.assertEqual(self.export(plain, "jsonl").returncode, 0)
        self.assertFalse(any("/rasa/" in path for path in self.files(plain)))

    @staticmethod
    def files(folder):
        result = {}
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    result[os.path.relpath(path, folder)] = file.read()
        return result

    def test_the_loaders_of_the_field_read_the_directory_also_without_a_held_out_row(self):
        """Hugging Face datasets and the reference reader of Croissant."""
        try:
            import datasets
            import mlcroissant
        except ImportError as problem:
            self.skipTest(f"SKIP: {problem.name} is not installed (pip install datasets mlcroissant)")
        plain = os.path.join(self.place(), "plain")
        with open(os.path.join(self.place(), "config.yaml"), "w", encoding="utf-8") as file:
            file.write("promotion:\n  min_users: 3\n  synonymy: 0.5\nexport:\n  holdout: 0\n")
        done = self.run_program(["export", "--config", file.name, "--secret", self.secret, "--store", self.store,
                                 "--week", "2026-W04", "--out", plain])
        self.assertEqual(done.returncode, 0, done.stderr)
        for folder in (self.week, os.path.join(plain, "2026-W04")):
            for name, files in (("default", {"train": "train", "test": "holdout"}), ("pairs", {"train": "pairs"})):
                loaded = datasets.load_dataset(folder, name, cache_dir=os.path.join(self.place(), "cache"))
                for split, stem in files.items():
                    rows = read_json_lines(os.path.join(folder, stem + ".jsonl"))
                    self.assertEqual(list(loaded[split]) if split in loaded else [], rows, (folder, split))
        described = mlcroissant.Dataset(jsonld=os.path.join(self.week, "croissant.json"))
        for stem in ("train", "holdout", "pairs"):
            rows = read_json_lines(os.path.join(self.week, stem + ".jsonl"))
            text = "source" if stem == "pairs" else "text"
            read = [record[f"{stem}/{text}"].decode() for record in described.records(record_set=stem)]
            self.assertEqual(read, [row[text] for row in rows])

    def test_a_format_that_there_is_not_is_refused_by_name(self):
        done = self.export(os.path.join(self.place(), "no"), "conll")
        self.assertEqual(done.returncode, 64)
        self.assertIn("rasa, massive, bio", done.stderr)

    def test_the_limit_per_intent_holds_and_is_counted(self):
        out = os.path.join(self.place(), "capped")
        config = os.path.join(self.place(), "config.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("export:\n  max_intent_rows: 2\npromotion:\n  min_users: 3\n  synonymy: 0.5\n")
        done = self.run_program(["export", "--config", config, "--secret", self.secret, "--store", self.store, "--week",
                                 "2026-W04", "--out", out])
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = collections.Counter()
        for split in ("train", "holdout"):
            for row in read_json_lines(os.path.join(out, "2026-W04", split + ".jsonl")):
                counts[row["locale"], row["domain"], row["intent"]] += 1
        with open(os.path.join(out, "2026-W04", "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        total = sum(sum(rows.values()) for rows in self.rows.values())
        self.assertEqual(max(counts.values()), 2)
        self.assertEqual(manifest["dropped"]["intent_full"], total - sum(counts.values()))
        self.assertGreater(manifest["dropped"]["intent_full"], 0)


if __name__ == "__main__":
    unittest.main()
