# SPDX-License-Identifier: Apache-2.0
"""Sets: what is never read, and which of two labels of one text holds."""

import json
import random
import unittest

import toy
from nlu import data, units
from nlu.data import BadData, Example, Slot
from nlu.labels import Labels


class Export(toy.Place):
    def setUp(self) -> None:
        super().setUp()
        self.week = toy.write_export(self.place / "2026-W46", toy.rows())

    def test_a_finished_week_is_read(self):
        self.assertEqual(len(data.check_export(self.week)), 64)
        self.assertEqual(len(data.read_set(self.week / "train.jsonl")), len(toy.rows()))

    def test_without_success_it_is_not(self):
        (self.week / "_SUCCESS").unlink()
        with self.assertRaisesRegex(BadData, "not finished"):
            data.check_export(self.week)

    def test_with_one_byte_changed_it_is_not(self):
        path = self.week / "train.jsonl"
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.write_bytes(whole)
        with self.assertRaisesRegex(BadData, "not the file that SHA256SUMS names"):
            data.check_export(self.week)

    def test_cut_short_at_any_place_it_is_not(self):
        path = self.week / "train.jsonl"
        whole = path.read_bytes()
        for size in (0, 1, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:size])
            with self.assertRaises(BadData):
                data.check_export(self.week)

    def test_sums_cannot_name_a_file_outside(self):
        (self.week / "SHA256SUMS").write_text("0" * 64 + "  ../secret\n")
        with self.assertRaises(BadData):
            data.check_export(self.week)


class Rows(toy.Place):
    def refused(self, row, why):
        path = toy.write_rows(self.place / "set.jsonl", [toy.rows()[0], row])
        with self.assertRaisesRegex(BadData, f"set.jsonl:2: .*{why}"):
            data.read_set(path)

    def test_a_bad_row_is_named_with_file_line_and_reason(self):
        good = toy.rows()[0]
        self.refused(good | {"intent": ""}, "not empty")
        self.refused(good | {"weight": 1e9}, "weight")
        self.refused(good | {"weight": "much"}, "weight")
        self.refused(good | {"slots": [{"name": "room", "value": "x", "start": 3, "end": 99}]}, "outside")
        self.refused(good | {"slots": [{"name": "room"}]}, "slot has name")
        self.refused([], "object")

    def test_what_people_labelled_wins_over_a_week_and_a_later_week_over_an_earlier(self):
        base = [Example("Lights out", "en-US", "lights", "off")]
        first = [Example("lights  OUT", "en-US", "lights", "on"), Example("dark", "en-US", "", "a")]
        second = [Example("dark", "en-US", "", "b"), Example("dark", "de-DE", "", "c")]
        merged = data.merge(base, [first, second], share=0.5)
        labels = {e.key: e.label for e in merged.examples}
        self.assertEqual(labels["en-US", "lights out"], "lights/off")
        self.assertEqual(labels["en-US", "dark"], "b")
        self.assertEqual(labels["de-DE", "dark"], "c")
        self.assertEqual([e.weight for e in merged.examples], [1.0, 0.5, 0.5])
        self.assertEqual(merged.dropped, {"in_base": 1, "in_test": 0, "superseded": 1})

    def test_rows_of_every_kind_are_read_with_their_weight_and_other_columns_are_passed_over(self):
        kinds = {"mined": 1.0, "confirmed": 0.8, "lexicon": 0.25, "morphology": 0.3}
        base = toy.rows()[0]
        more = {"chain": ["exact", "lexicon"], "confidence": 0.9, "users": 7, "days": 3, "later": {}}
        rows = [
            base | more | {"text": base["text"] + " " + kind, "kind": kind, "weight": weight}
            for kind, weight in kinds.items()
        ]
        folder = toy.write_export(self.place / "2026-W46", rows)
        data.check_export(folder)
        found = data.read_set(folder / "train.jsonl")
        self.assertEqual({one.kind: one.weight for one in found}, kinds)
        self.assertEqual([len(one.slots) for one in found], [1] * 4)
        merged = data.merge([], [found])
        self.assertEqual({one.kind: one.weight for one in merged.examples}, kinds)

    def test_a_text_of_the_test_set_is_not_learned_from_a_week(self):
        tested = [Example("Bright!", "en-US", "", "on")]
        merged = data.merge([], [[Example("bright!", "en-US", "", "off")]], tested)
        self.assertEqual(merged.examples, [])
        self.assertEqual(merged.dropped["in_test"], 1)


class Units(unittest.TestCase):
    ALPHABET = "ab Z9.,'-é\u0301ß中文ไฟ้าकि\u200d\u200b\u00a0🙂İ"

    def test_units_are_in_order_apart_and_cover_all_that_is_no_space(self):
        chance = random.Random(7)
        for _ in range(500):
            text = "".join(chance.choice(self.ALPHABET) for _ in range(chance.randrange(30)))
            parts = units.split(text)
            at, covered = 0, set()
            for part in parts:
                self.assertLessEqual(at, part.start)
                self.assertLess(part.start, part.end)
                at = part.end
                covered.update(range(part.start, part.end))
            left = "".join(c for i, c in enumerate(text) if i not in covered)
            self.assertTrue(all(c.isspace() or c == "\u200b" for c in left), (text, left))

    def test_slots_on_unit_borders_survive_the_way_to_tags_and_back(self):
        for row in toy.rows() + toy.thai_rows():
            slots = tuple(Slot(**slot) for slot in row["slots"])
            labels = Labels.of([Example(row["text"], row["locale"], "", "x", slots)])
            parts = units.split(row["text"])
            numbers = labels.tag_numbers(parts, slots)
            self.assertEqual(labels.slots(row["text"], parts, numbers), slots)

    def test_thai_needs_no_spaces(self):
        self.assertEqual([p.end - p.start for p in units.split("เปิดไฟ")], [1, 2, 1, 1, 1])

    def test_every_text_has_features_even_an_empty_one(self):
        for text in ("", " ", "\u200b", "a"):
            self.assertTrue(units.features(text).of_text)

    def test_features_do_not_depend_on_case_or_width(self):
        self.assertEqual(units.features("Ｌights OFF").of_text, units.features("lights off").of_text)


class Examples(unittest.TestCase):
    def test_rows_survive_json(self):
        row = json.loads(json.dumps(toy.thai_rows()[0], ensure_ascii=False))
        self.assertEqual(row["text"][row["slots"][0]["start"] :], row["slots"][0]["value"])


if __name__ == "__main__":
    unittest.main()
