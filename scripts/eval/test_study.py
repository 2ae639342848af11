#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the evaluation's figures, on cases counted by hand and on laws.

Run: python3 -m unittest discover -s scripts/eval
"""

from __future__ import annotations

import random
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import baselines  # noqa: E402
import bootstrap  # noqa: E402
import chart  # noqa: E402
import compare  # noqa: E402
import defs  # noqa: E402
import metrics  # noqa: E402
import report  # noqa: E402
import splits  # noqa: E402
import study  # noqa: E402
from bootstrap import Item, Ranking  # noqa: E402

SEED = 20261120


def user_in(part: str, number: int = 0) -> str:
    """The number-th user of that part."""
    found = [name for name in map("user-{}".format, range(400)) if splits.part_of(name) == part]
    return found[number]


def items(*rows: tuple[str, float | None, bool]) -> list[Item]:
    return [Item(*row) for row in rows]


def random_items(rng: random.Random, count: int = 80) -> list[Item]:
    scores = [None, 0.0, 0.25, 0.5, 0.75, 1.0]
    return [
        Item(f"u{rng.randrange(7)}", rng.choice(scores), rng.random() < 0.4) for _ in range(count)
    ]


def reference_distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (x != y)))
    return row[-1]


class Splits(unittest.TestCase):
    def test_the_report_part_is_the_test_half(self) -> None:
        for i in range(500):
            is_test = metrics.user_part(f"u{i}") == "test"
            self.assertEqual(splits.part_of(f"u{i}") == "report", is_test)

    def test_the_other_half_is_cut_in_two(self) -> None:
        parts = [splits.part_of(str(i)) for i in range(4000)]
        self.assertTrue(900 < parts.count("fit") < 1100)
        self.assertTrue(900 < parts.count("choose") < 1100)


class Tables(unittest.TestCase):
    def test_types_and_signals_are_those_of_the_program(self) -> None:
        self.assertEqual(defs.same_types(), {"repeat", "repair", "paraphrase"})
        self.assertIn("no_match", defs.friction_signals())
        self.assertNotIn("confirmed", defs.friction_signals())
        self.assertNotIn("control", defs.friction_signals())


class EditDistance(unittest.TestCase):
    def test_by_hand(self) -> None:
        self.assertEqual(baselines.edit_distance("kitten", "sitting"), 3)
        self.assertEqual(baselines.edit_distance("", "abc"), 3)
        self.assertEqual(baselines.edit_similarity("", ""), 0.0)
        self.assertEqual(baselines.edit_similarity("lamp", "lamb"), 0.75)

    def test_it_is_the_same_as_the_table_of_all_prefixes(self) -> None:
        rng = random.Random(SEED)
        for _ in range(500):
            a, b = ("".join(rng.choices("abé", k=rng.randrange(12))) for _ in range(2))
            self.assertEqual(baselines.edit_distance(a, b), reference_distance(a, b))


class BaselinesOfALog(unittest.TestCase):
    def setUp(self) -> None:
        said = {
            "a1": ("u1", "Lamp on", {"status": "failure"}),
            "a2": ("u1", "light  on", {"status": "success"}),
            "b1": ("u2", "lamp on", {"status": "unknown", "signals": ["confirmed"]}),
            "b2": ("u2", "play jazz", {}),
            "c1": ("u3", "play jazz", {"signals": ["barge_in"]}),
        }
        events = [
            {"event_id": key, "user_id": user, "utterance": text, "outcome": outcome}
            for key, (user, text, outcome) in said.items()
        ]
        self.scores = baselines.Baselines(events, [("a1", "a2"), ("b1", "b2"), ("x", "a1")])

    def test_texts_are_compared_folded(self) -> None:
        self.assertEqual(self.scores.overlap(("a1", "b1")), 1.0)
        self.assertAlmostEqual(self.scores.overlap(("a1", "a2")) or 0, 1 / 3)

    def test_co_occurrence_is_users_of_both_squared_over_users_of_each(self) -> None:
        # "lamp on": u1, u2; "light on": u1; "play jazz": u2, u3
        self.assertEqual(self.scores.together(("a1", "a2")), 1 / 2)
        self.assertEqual(self.scores.together(("b1", "b2")), 1 / 4)
        self.assertEqual(self.scores.together(("a2", "b2")), 0.0)

    def test_after_failure_needs_friction_and_a_shared_word(self) -> None:
        self.assertEqual(self.scores.after_failure(("a1", "a2")), 1.0)
        self.assertEqual(self.scores.after_failure(("a1", "b2")), 0.0)
        self.assertEqual(self.scores.after_failure(("b1", "a1")), 0.0)
        self.assertEqual(self.scores.after_failure(("c1", "b2")), 1.0)

    def test_a_turn_that_is_no_event_has_no_score(self) -> None:
        for score in (self.scores.overlap, self.scores.edit, self.scores.together):
            self.assertIsNone(score(("x", "a1")))


class Rankings(unittest.TestCase):
    def test_figures_by_hand(self) -> None:
        found = Ranking(
            items(
                ("u", 0.9, True),
                ("u", 0.8, False),
                ("v", 0.6, True),
                ("v", 0.2, True),
                ("v", None, True),
                ("v", 0.1, False),
            ),
            0.5,
        )
        figures = found.figures(found.users)
        self.assertAlmostEqual(figures["precision"], 2 / 3)
        self.assertAlmostEqual(figures["recall"], 2 / 4)
        self.assertAlmostEqual(figures["f1"], 4 / 7)
        self.assertAlmostEqual(figures["false_accept"], 1 / 2)
        self.assertAlmostEqual(figures["ap"], (1 + 2 / 3 + 3 / 4) / 4)

    def test_they_are_the_figures_of_metrics(self) -> None:
        rng = random.Random(SEED)
        for _ in range(40):
            rows = random_items(rng)
            scored = [(row.score, row.truth) for row in rows if row.score is not None]
            missed = sum(row.truth for row in rows if row.score is None)
            found = Ranking(rows, 0.5)
            self.assertEqual(found.counts(), metrics.counts_at(scored, 0.5, missed))
            self.assertAlmostEqual(
                found.figures(found.users)["ap"], metrics.average_precision(scored, missed)
            )

    def test_a_user_drawn_twice_counts_twice(self) -> None:
        rows = items(("u", 0.9, True), ("v", 0.9, False), ("v", 0.1, True))
        doubled = Ranking([*rows, rows[0]], 0.5)
        self.assertEqual(
            Ranking(rows, 0.5).figures(["u", "u", "v"]), doubled.figures(doubled.users)
        )

    def test_users_who_are_all_alike_give_an_interval_without_width(self) -> None:
        rows = [
            Item(f"u{i}", score, truth)
            for i in range(9)
            for score, truth in ((0.9, True), (0.7, False), (0.2, True))
        ]
        found = Ranking(rows, 0.5)
        for name, (low, high) in bootstrap.intervals(found, 30, SEED).items():
            self.assertEqual(low, high, name)
            self.assertAlmostEqual(low, found.figures(found.users)[name])

    def test_the_interval_holds_the_figure_and_is_the_same_again(self) -> None:
        rng = random.Random(SEED)
        found = Ranking(random_items(rng, 400), 0.5)
        between = bootstrap.intervals(found, 100, SEED)
        self.assertEqual(between, bootstrap.intervals(found, 100, SEED))
        for name, value in found.figures(found.users).items():
            low, high = between[name]
            self.assertTrue(low <= value <= high, name)

    def test_nobody_to_resample_gives_no_interval(self) -> None:
        self.assertEqual(bootstrap.intervals(Ranking(items(("u", 1.0, True)), 0.5), 10, 1), {})

    def test_percentiles(self) -> None:
        self.assertEqual(bootstrap.percentile_interval(range(1, 201)), (6, 195))
        self.assertEqual(bootstrap.percentile_interval([7]), (7, 7))

    def test_the_gain_over_itself_is_nothing(self) -> None:
        found = Ranking(random_items(random.Random(SEED)), 0.5)
        self.assertEqual(bootstrap.paired_gain(found, found, "ap", 20, 1), (0.0, (0.0, 0.0)))


def gold_row(number: int, user: str, same: bool, **more: Any) -> dict[str, Any]:
    row = {"from": f"e{number}a", "to": f"e{number}b", "user": user, "same": same}
    return row | {"reworded": True, "gap_ms": 8_000, "turns_apart": 1} | more


def event(name: str, user: str, text: str) -> dict[str, Any]:
    return {"event_id": name, "user_id": user, "utterance": text}


class Studies(unittest.TestCase):
    def setUp(self) -> None:
        here = [user_in("report", 0), user_in("report", 1)]
        there = user_in("choose")
        self.gold = [
            gold_row(0, here[0], True),
            gold_row(1, here[0], False, gap_ms=20_000),
            gold_row(2, here[1], True, reworded=False),
            gold_row(3, here[1], True),  # never judged
            gold_row(4, there, True),
            gold_row(5, there, False),
        ]
        p = {0: 0.9, 1: 0.6, 2: 0.3, 4: 0.8, 5: 0.4, 9: 0.7}
        kinds = {0: "repair", 1: "paraphrase", 2: "new_request"}
        evidence = {
            (f"e{i}a", f"e{i}b"): {"p": value, "type": kinds.get(i, "repair")}
            for i, value in p.items()
        }
        events = [
            event(f"e{i}{end}", row["user"], f"text {i if end == 'a' else 'more'}")
            for i, row in enumerate(self.gold)
            for end in "ab"
        ]
        log = baselines.Baselines(events, [(row["from"], row["to"]) for row in self.gold])
        self.study = study.Study(self.gold, evidence, log, 20, SEED)
        self.result = self.study.result()

    def test_only_the_report_part_is_told(self) -> None:
        told = {key: self.result[key] for key in ("users", "pairs", "said_again", "never_judged")}
        self.assertEqual(told, {"users": 2, "pairs": 4, "said_again": 3, "never_judged": 1})
        self.assertEqual(self.result["evidence_without_gold"], 1)

    def test_the_shipped_threshold_by_hand(self) -> None:
        row = self.result["figures"][0]
        self.assertEqual((row["what"], row["threshold"]), ("judge", 0.5))
        self.assertEqual(row["precision"]["value"], 0.5)
        self.assertEqual(row["recall"]["value"], round(1 / 3, 4))
        self.assertEqual(row["ap"]["value"], round((1 + 2 / 3) / 3, 4))

    def test_the_other_threshold_is_chosen_on_other_users(self) -> None:
        row = self.result["figures"][1]
        self.assertEqual((row["chosen"], row["threshold"]), ("on other users", 0.8))

    def test_a_slice_has_only_figures_that_it_can_give(self) -> None:
        late = self.result["slices"]["gap"]["15 to 30 s"]
        self.assertEqual(late["false_accept"]["value"], 1.0)
        self.assertIsNone(late["ap"]["value"])
        verbatim = self.result["slices"]["wording"]["verbatim"]
        self.assertEqual(verbatim["recall"]["value"], 0.0)
        self.assertIsNone(verbatim["false_accept"]["value"])

    def test_edge_types(self) -> None:
        types = self.result["edge_types"]
        self.assertEqual(types["repair"]["right"], 1.0)
        self.assertEqual(types["paraphrase"]["right"], 0.0)
        self.assertEqual(types["new_request"]["right"], 0.0)
        self.assertEqual(types["new_request"]["accepted"], 0)

    def test_a_slice_has_a_baseline_beside_it(self) -> None:
        beside = self.result["slices"]["turns apart"]["1"]["edit_similarity"]
        # "text 0" and "text more": 4 of 9 characters differ at the most alike.
        self.assertEqual(beside["recall"]["value"], 0.0)
        self.assertIsNone(beside["recall"]["interval"])

    def test_types_of_kinds_count_every_pair_once(self) -> None:
        for row in self.gold:
            row["kind"] = "again" if row["same"] else "other"
        counted = self.study.types_of_kinds()
        self.assertEqual(counted["again"], {"repair": 1, "new_request": 1, "not judged": 1})
        self.assertEqual(counted["other"], {"paraphrase": 1})
        self.assertIn("| again | 1 |", report.kinds_table(counted))

    def test_calibration_by_hand(self) -> None:
        # 0.9 true, 0.6 false, 0.3 true
        told = self.result["calibration"]
        self.assertAlmostEqual(told["ece"], round((0.1 + 0.6 + 0.7) / 3, 4))
        self.assertAlmostEqual(told["brier"], round((0.01 + 0.36 + 0.49) / 3, 4))
        self.assertEqual([cell["from"] for cell in told["bins"]], [0.3, 0.6, 0.9])

    def test_gaps_are_in_order_and_names_in_the_alphabet(self) -> None:
        bands = [study.gap_band(1_000 * s) for s in (3, 7, 20, 45, 70)]
        self.assertEqual(sorted(reversed(bands), key=study.by_number), bands)
        self.assertEqual(sorted(["b", "a"], key=study.by_number), ["a", "b"])

    def test_the_curve_falls_nowhere_in_recall_and_ends_at_its_highest(self) -> None:
        points = self.result["curves"]["judge"]
        recalls = [point[0] for point in points]
        self.assertEqual(recalls, sorted(recalls))
        self.assertEqual(recalls[-1], round(2 / 3, 4))

    def test_the_report_names_every_scorer_and_reads_back(self) -> None:
        text = report.study_text(self.result, ("gap", "wording"))
        for name in ("judge ≥ 0.5", "word overlap ≥ 0.38", "edit similarity", "PMI^2"):
            self.assertIn(name, text)
        self.assertIn("4 gold pairs, of which 3", text)
        self.assertIn("| set |", report.summary_text([("set", self.result)]))

    def test_charts_are_well_formed_and_stay_on_their_page(self) -> None:
        pictures = [
            chart.precision_recall("a < b", self.result["curves"]),
            chart.reliability("r", self.result["calibration"]["bins"]),
            chart.bars("l", [("en & de", 0.5, (0.4, 0.6)), ("x", 1.0, None)]),
        ]
        for svg in pictures:
            root = xml.etree.ElementTree.fromstring(svg)
            _, _, width, height = map(float, root.attrib["viewBox"].split())
            for node in root.iter():
                for key in ("x", "x1", "x2", "cx"):
                    self.assertTrue(0 <= float(node.get(key, 0)) <= width, node.attrib)
                for key in ("y", "y1", "y2", "cy"):
                    self.assertTrue(0 <= float(node.get(key, 0)) <= height, node.attrib)
                for point in node.get("points", "").split():
                    x, y = map(float, point.split(","))
                    self.assertTrue(0 <= x <= width and 0 <= y <= height, point)


class Comparison(unittest.TestCase):
    def entry(self, ap: float, slice_ap: float) -> dict[str, Any]:
        def cell(value: float) -> dict[str, Any]:
            return {"value": value, "interval": [value - 0.1, value + 0.1]}

        keys = ("ap", "f1", "precision", "recall", "false_accept")
        judge = {key: cell(ap if key == "ap" else 0.5) for key in keys}
        figures = {"gain": None, "figures": [judge], "calibration": {"ece": 0.1}}
        slices = {"gap": {"0 to 5 s": judge | {"ap": cell(slice_ap)}}}
        return {"set": {"figures": figures | {"slices": slices}}}

    def test_what_changed_is_told_and_marked_outside_the_interval(self) -> None:
        old, new = self.entry(0.5, 0.5), self.entry(0.55, 0.7)
        told = list(compare.differences(old, new, False))
        self.assertEqual(told, [("set: ap", "0.500", "0.550", "+0.050")])
        told = list(compare.differences(old, new, True))
        self.assertEqual(told[1], ("set, gap 0 to 5 s: ap", "0.500", "0.700", "+0.200 *"))

    def test_nothing_changed_is_nothing(self) -> None:
        old = self.entry(0.5, 0.5)
        self.assertEqual(list(compare.differences(old, old, True)), [])
        self.assertEqual(list(compare.differences(old, {"set": {"skipped": "x"}}, True)), [])


class Pages(unittest.TestCase):
    def test_the_template_survives_and_its_places_are_filled(self) -> None:
        page = report.page("By hand.\n{{results}}\n", {"results": "Figures."})
        self.assertEqual(page.splitlines()[1:], ["By hand.", "Figures."])

    def test_the_template_of_the_project_has_every_place(self) -> None:
        root = Path(__file__).resolve().parent.parent.parent
        template = (root / "docs" / "evaluation" / "template.md").read_text(encoding="utf-8")
        for place in ("summary", "settings", "results"):
            self.assertEqual(template.count("{{" + place + "}}"), 1)


if __name__ == "__main__":
    unittest.main()
