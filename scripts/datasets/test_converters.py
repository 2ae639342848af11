#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the converters, on small sets of our own, and on the real ones where they are.

Run: python3 -m unittest discover -s scripts/datasets
"""

from __future__ import annotations

import contextlib
import io
import json
import lzma
import random
import sys
import tempfile
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import banking  # noqa: E402
import clinc  # noqa: E402
import commands  # noqa: E402
import evi  # noqa: E402
import logs  # noqa: E402
import massive  # noqa: E402
import repair_qa  # noqa: E402
import slurp  # noqa: E402
from logs import part_of  # noqa: E402

DATA = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data"
Row = dict[str, Any]

ROOMS = ("kitchen", "hall", "cellar", "attic", "porch", "garage", "study", "nursery")
DISHES = ("soup", "rice", "bread", "salad", "stew", "pie", "pasta", "curry")


def convert(module: ModuleType, folder: Path, *words: str) -> tuple[list[Row], list[Row]]:
    """Runs a converter; its events and its gold."""
    with tempfile.TemporaryDirectory() as out:
        files = [Path(out) / "events", Path(out) / "gold"]
        line = ["x", "--data", str(folder), "--events", str(files[0]), "--gold", str(files[1])]
        with mock.patch.object(sys, "argv", [*line, *words]):
            with contextlib.redirect_stderr(io.StringIO()):
                module.main()
        events, gold = (
            [json.loads(row) for row in file.read_text(encoding="utf-8").splitlines()]
            for file in files
        )
        return events, gold


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def pack(self, name: str, lines: list[str]) -> None:
        with lzma.open(self.folder / name, "wt", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in lines))

    def pack_table(self, name: str, head: str, rows: list[tuple[object, ...]]) -> None:
        lines = ["\t".join(map(str, row)) for row in rows]
        self.pack(name, ["\t".join(head.split()), *lines])

    def check_log(self, events: list[Row], gold: list[Row]) -> None:
        """What holds for the log of every converter."""
        self.assertTrue(events and gold)
        self.assertEqual(len({event["event_id"] for event in events}), len(events))
        self.assertEqual(sorted(e["ts"] for e in events), [e["ts"] for e in events])
        known = {event["event_id"]: event for event in events}
        for row in gold:
            if row["reachable"]:
                earlier, later = known[row["from"]], known[row["to"]]
                self.assertEqual(earlier["session_id"], later["session_id"])
                self.assertEqual(later["ts"] - earlier["ts"], row["gap_ms"])
                self.assertTrue(0 < row["gap_ms"] <= logs.MAX_GAP_MS)
        for event in events:
            for slot in event.get("nlu", {}).get("slots", []):
                if "start" in slot:
                    found = event["utterance"][slot["start"] : slot["end"]]
                    self.assertEqual(found, slot["value"])

    def check_parts(self, events: list[Row]) -> None:
        """No sentence is in two parts of the split."""
        parts: dict[str, set[str]] = {}
        for event in events:
            parts.setdefault(event["utterance"], set()).add(part_of(event["user_id"]))
        self.assertEqual({text for text, found in parts.items() if len(found) > 1}, set())


class Evi(Folder):
    def setUp(self) -> None:
        super().setUp()
        rows = []
        for speaker in ("s1", evi.UNKNOWN_CALLER):
            for turn, item in enumerate(("postcode", "postcode", "name", "name")):
                heard = "" if turn == 3 else f"{item} spelled {turn}"
                nbest = json.dumps([heard, heard + " or so"]).replace('"', '""')
                call = f"call-{speaker}"
                rows.append((call, speaker, "x", turn, item, 0, "l", "w", heard, f'"{nbest}"'))
        head = "dialogue_id speaker_id scenario_id turn_num item attempt_num prime_letter"
        self.pack_table("dialogues.en.tsv.xz", head + " prime_month transcription nbest", rows)

    def test_an_item_said_again_is_the_same_goal(self) -> None:
        events, gold = convert(evi, self.folder)
        self.check_log(events, gold)
        same = {(row["from"][-1], row["to"][-1]) for row in gold if row["same"]}
        self.assertEqual(same, {("0", "1"), ("2", "3")})
        self.assertEqual(len(gold), 6)

    def test_unknown_callers_are_left_out_and_empty_texts_are_no_events(self) -> None:
        events, gold = convert(evi, self.folder)
        self.assertEqual({event["user_id"] for event in events}, {"s1"})
        self.assertEqual(len(events), 3)
        self.assertFalse(next(row for row in gold if row["to"].endswith("3"))["reachable"])

    def test_the_log_says_nothing_of_the_prompts_unless_it_is_asked_to(self) -> None:
        quiet, _ = convert(evi, self.folder)
        self.assertEqual({str(e["outcome"]["signals"]) for e in quiet}, {"[]"})
        told, _ = convert(evi, self.folder, "--signals")
        self.assertEqual([len(e["outcome"]["signals"]) for e in told], [1, 0, 1])
        self.assertEqual(quiet[0]["asr"]["nbest"][1], "postcode spelled 0 or so")


class Massive(Folder):
    def setUp(self) -> None:
        super().setUp()
        wordings = (
            ("iot", "iot_light_on", "turn on the light in the [room : {}]"),
            ("iot", "iot_light_on", "i need light in the [room : {}]"),
            ("iot", "iot_light_off", "turn off the light in the [room : {}]"),
            ("iot", "iot_light_off", "make the [room : {}] dark"),
            ("takeaway", "takeaway_order", "order some [dish : {}] now"),
            ("takeaway", "takeaway_order", "i am hungry for [dish : {}]"),
            ("general", "general_quirky", "what do you think of {}"),
        )
        rows = []
        for scenario, intent, pattern in wordings:
            for value in DISHES if "takeaway" in intent else ROOMS:
                text = pattern.format(value)
                plain = massive.SLOT.sub(lambda slot: slot[2], text)
                rows.append((len(rows), "en-US", "train", scenario, intent, "", "", plain, text))
        self.rows = rows
        head = "id locale partition scenario intent worker_id worker_en utt annot_utt"
        self.pack_table("en-US.tsv.xz", head, rows)
        thai = [(*row[:7], *(text.replace("light", "ไฟ") for text in row[7:])) for row in rows]
        self.pack_table("th-TH.tsv.xz", head, thai)

    def convert(self, *more: str) -> tuple[list[Row], list[Row]]:
        words = ["--locale", "en-US", "--locale", "th-TH", "--sessions", "60", *more]
        return convert(massive, self.folder, *words)

    def test_the_log_is_sound_and_no_sentence_is_in_two_parts(self) -> None:
        events, gold = self.convert()
        self.check_log(events, gold)
        self.check_parts(events)

    def test_the_same_seed_gives_the_same_files(self) -> None:
        self.assertEqual(self.convert("--seed", "3"), self.convert("--seed", "3"))

    def test_a_pair_is_what_its_kind_says(self) -> None:
        events, gold = self.convert()
        texts = {event["event_id"]: event["utterance"] for event in events}
        goals = {row[7]: (row[4], massive.SLOT.findall(row[8])) for row in self.rows}
        checked = set()
        for row in gold:
            if row["locale"] != "en-US" or row["from"].endswith("#0"):
                continue
            (intent, values), (later, others) = (goals[texts[row[end]]] for end in ("from", "to"))
            checked.add(row["kind"])
            self.assertEqual(row["same"], (intent, values) == (later, others), row)
            if row["kind"] == "other values":
                self.assertEqual(intent, later)
            elif not row["same"]:
                self.assertNotEqual(intent, later)
        self.assertEqual(checked, {kind for kind, _ in commands.KINDS})

    def test_catch_all_intents_are_left_out(self) -> None:
        events, _ = self.convert()
        self.assertFalse([e for e in events if e["utterance"].startswith("what do you think")])

    def test_thai_has_no_spaces_between_words(self) -> None:
        events, _ = self.convert()
        thai = [e["utterance"] for e in events if e["locale"] == "th-TH"]
        self.assertTrue(any("ไฟ" in text for text in thai))
        self.assertFalse([text for text in thai if " " in text])

    def test_the_failed_turn_is_not_told_by_the_outcome(self) -> None:
        events, gold = self.convert()
        failed = {e["event_id"]: e["outcome"]["status"] == "failure" for e in events}
        pairs = [row for row in gold if row["from"].endswith("#1")]
        for same in (True, False):
            told = [failed[row["from"]] for row in pairs if row["same"] is same]
            self.assertTrue(0.4 < sum(told) / len(told) < 0.95)


class Values(unittest.TestCase):
    def test_a_value_in_short_is_not_another_value(self) -> None:
        lights = [("device", "the lights")]
        self.assertFalse(commands.values_differ(lights, [("device", "lights")]))
        self.assertTrue(commands.values_differ(lights, [("device", "radio")]))

    def test_a_refinement_is_not_a_change(self) -> None:
        one = [("day", "monday")]
        self.assertFalse(commands.values_differ(one, [("day", "friday"), ("time", "noon")]))


class Slurp(Folder):
    def setUp(self) -> None:
        super().setUp()
        rng = random.Random(1)
        rows = []
        intents = [("iot", "lighton", "room", ROOMS), ("takeaway", "order", "dish", DISHES)]
        for scenario, action, slot, values in intents:
            for value in values:
                gold = [{"type": slot, "filler": value}]
                number = len(rows)
                for take in range(4):
                    good = take % 2 == 1
                    rows.append(
                        {
                            "slurp_id": number,
                            "file": f"take-{number}-{take}{rng.choice(('', '-headset'))}.flac",
                            "gold_text": f"{action} {value}",
                            "gold_scenario": scenario,
                            "gold_action": action,
                            "gold_slots": gold,
                            "asr_text": f"{action} {value if good else value[:3] + 'x'} {take}",
                            "pred_scenario": scenario,
                            "pred_action": action if good else "other",
                            "pred_slots": gold if good else [],
                            "intent_ok": good,
                        }
                    )
        self.pack("test_asr.jsonl.xz", [json.dumps(row) for row in rows])

    def test_a_misunderstood_take_then_one_understood(self) -> None:
        events, gold = convert(slurp, self.folder)
        self.check_log(events, gold)
        self.check_parts(events)
        known = {event["event_id"]: event for event in events}
        again = [row for row in gold if row["kind"] == "same sentence"]
        self.assertTrue(again)
        for row in again:
            earlier, later = known[row["from"]], known[row["to"]]
            self.assertTrue(row["same"])
            self.assertEqual(earlier["nlu"]["slots"], [])
            self.assertEqual(earlier["utterance"].split()[0], later["utterance"].split()[0])
            self.assertEqual(later["nlu"]["slots"][0]["value"][:3], earlier["utterance"][-6:-3])

    def test_two_microphones_are_one_take(self) -> None:
        self.assertEqual(slurp.take_of({"file": "a-headset.flac"}), "a")
        self.assertEqual(slurp.take_of({"file": "a.flac"}), "a")


class Negatives(Folder):
    def questions(self) -> list[tuple[str, str]]:
        return [
            (intent, f"{verb} my {room} lamp please")
            for intent, verb in (("light_up", "turn on"), ("go_dark", "turn off"))
            for room in ROOMS * 2
        ]

    def check(self, events: list[Row], gold: list[Row]) -> None:
        self.check_log(events, gold)
        self.check_parts(events)
        self.assertFalse([row for row in gold if row["same"]])
        words = {e["event_id"]: e["utterance"].split() for e in events}
        for row in gold:
            self.assertNotEqual(words[row["from"]][1:2], words[row["to"]][1:2])

    def test_clinc_pairs_two_intents_and_out_of_scope_with_in_scope(self) -> None:
        rows = [("train", "home", intent, text) for intent, text in self.questions()]
        rows += [("oos_test", "oos", "oos", f"paint my {room} lamp") for room in ROOMS]
        self.pack_table("clinc150.tsv.xz", "split domain intent text", rows)
        events, gold = convert(clinc, self.folder)
        self.check(events, gold)
        self.assertEqual({row["kind"] for row in gold}, {"another intent", "out of scope"})
        outside = {row["from"] for row in gold if row["kind"] == "out of scope"}
        known = {event["event_id"]: event for event in events}
        self.assertTrue(all(known[name]["utterance"].startswith("paint") for name in outside))
        self.assertFalse([name for name in outside if "nlu" in known[name]])

    def test_banking_pairs_two_intents(self) -> None:
        rows = [("train", intent, text) for intent, text in self.questions()]
        self.pack_table("banking77.tsv.xz", "split intent text", rows)
        self.check(*convert(banking, self.folder))

    def test_a_repair_is_no_rewording(self) -> None:
        row = {
            "question": "where is the old barn",
            "long-answer": "it is in the north",
            "Ref-Rewrite": "where is the new barn",
            "TPR-1": "no the new one",
            "TPR-2": "",
            "TPR-Ans": "in the south",
        }
        self.pack("repair_qa.jsonl.xz", [json.dumps(row)])
        events, gold = convert(repair_qa, self.folder)
        self.check_log(events, gold)
        self.assertEqual([row["kind"] for row in gold], ["rewrite", "repair"])
        self.assertFalse(any(row["same"] for row in gold))
        self.assertEqual(events[0]["outcome"]["response"], "it is in the north")


class Nearness(unittest.TestCase):
    def test_the_most_alike_text_that_is_allowed(self) -> None:
        texts = ["turn on the lamp", "turn off the lamp", "turn on the lamps", "go"]
        near = logs.Nearest(texts)
        self.assertEqual(near.best(0, lambda j: True), 2)
        self.assertEqual(near.best(0, lambda j: j != 2), 1)
        self.assertIsNone(near.best(3, lambda j: True))


class RealSets(Folder):
    """The converters on the real sets, a few sessions of each."""

    def test_every_converter_reads_its_set(self) -> None:
        sets: list[tuple[ModuleType, str, list[str]]] = [
            (evi, "evi", []),
            (slurp, "slurp", []),
            (massive, "massive", ["--locale", "ja-JP"]),
            (clinc, "clinc150", []),
            (banking, "banking77", []),
            (repair_qa, "repair-qa", []),
        ]
        lacking = [folder for _, folder, _ in sets if not (DATA / folder).is_dir()]
        if lacking:
            print(f"SKIP: ../shared/data/{lacking[0]} not present")
            self.skipTest(f"../shared/data/{lacking[0]} not present")
        for module, folder, more in sets:
            with self.subTest(folder):
                events, gold = convert(module, DATA / folder, "--sessions", "40", *more)
                self.check_log(events, gold)


if __name__ == "__main__":
    unittest.main()
