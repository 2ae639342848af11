#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the simulated logs. Run: python3 -m unittest discover -s scripts/eval -p 'test_sim*.py'

They use a small set of their own in the form of MASSIVE; what needs the real one is skipped.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import lzma
import random
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sim_log  # noqa: E402
import sim_noise  # noqa: E402
import sim_nlu  # noqa: E402
import sim_truth  # noqa: E402
import sim_users  # noqa: E402
import sim_world  # noqa: E402
import simulate  # noqa: E402

SEED = 20261120
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HEAD = "id locale partition scenario intent worker_id worker_en utt annot_utt".split()

# Our own: frames by intent, with the value's place as {}.
FRAMES = {
    "lamp_on": [
        "switch on the {} lamp",
        "lamp on in the {}",
        "light up the {}",
        "i want light in the {}",
    ],
    "lamp_off": [
        "switch off the {} lamp",
        "lamp off in the {}",
        "make the {} dark",
        "no light in the {}",
    ],
    "kettle_start": ["boil water", "start the kettle", "kettle please", "heat some water now"],
    "general_joke": ["tell me a joke", "say something funny"],
}
ROOMS = ("attic", "cellar", "kitchen", "hall", "garage")


def fixture_rows() -> list[list[str]]:
    rows: list[list[str]] = []
    for intent, frames in FRAMES.items():
        for frame in frames:
            for room in ROOMS if "{}" in frame else ("",):
                number = str(len(rows))
                partition = "train" if len(rows) % 5 else "dev"
                text, annotated = frame.format(room), frame.format(f"[room : {room}]")
                rows.append(
                    [
                        number,
                        "en-US",
                        partition,
                        intent.split("_")[0],
                        intent,
                        "",
                        "",
                        text,
                        annotated,
                    ]
                )
    return rows


def write_fixture(folder: Path) -> Path:
    (folder / "massive").mkdir()
    lines = ["\t".join(row) for row in [HEAD, *fixture_rows()]]
    with lzma.open(folder / "massive" / "en-US.tsv.xz", "wt", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    return folder


class WithWorld(unittest.TestCase):
    data: Path
    world: sim_world.World

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.data = write_fixture(Path(folder.name))
        cls.world = sim_world.build_world(cls.data, "en-US", SEED)

    def simulation(self, **options: Any) -> sim_log.Simulation:
        confusions = sim_noise.Confusions(())
        texts = [row.wording.text for row in self.world.rows]
        hearing = sim_noise.Hearing("en-US", texts, confusions, SEED)
        nlu = sim_nlu.SmallNlu(self.world, SEED, 0.3)
        chosen = {"seed": SEED, "users": 40, "weeks": 2, **options}
        return sim_log.Simulation(self.world, nlu, hearing, sim_log.Options(**chosen))


def events_of(simulation: sim_log.Simulation) -> list[dict[str, Any]]:
    lines = [
        line for week in range(simulation.options.weeks) for line in simulation.week(week)
    ] + simulation.finish()
    return [json.loads(event) | {"truth": json.loads(truth)} for _, event, truth in lines]


class Key(unittest.TestCase):
    def test_it_folds_case_width_space_and_edge_punctuation(self) -> None:
        self.assertEqual(sim_world.key("  Licht \t AN!? ", "de-DE"), "licht an")
        self.assertEqual(sim_world.key("ＬＡＭＰ", "ja-JP"), "lamp")
        self.assertEqual(sim_world.key("I", "tr-TR"), "ı")
        self.assertEqual(sim_world.key("İ", "tr-TR"), "i")

    def test_it_is_idempotent(self) -> None:
        rng = random.Random(SEED)
        signs = "aÄßﬁ Iİ\u200b\u0301\u0307क्षไ่ن،。!'\t"
        for _ in range(2000):
            text = "".join(rng.choice(signs) for _ in range(rng.randrange(8)))
            for locale in ("en-US", "tr-TR"):
                once = sim_world.key(text, locale)
                self.assertEqual(sim_world.key(once, locale), once)


class World(WithWorld):
    def test_catch_alls_are_chatter_and_never_a_goal(self) -> None:
        self.assertFalse([g for g in self.world.goals if g.intent.startswith("general_")])
        self.assertEqual({w.intent for w in self.world.chatter}, {"general_joke"})

    def test_slots_lie_where_they_say(self) -> None:
        for goal in self.world.goals:
            for wording in goal.wordings:
                self.assertEqual(wording.goal, goal.name)
                for _, value, start, end in wording.slots:
                    self.assertEqual(wording.text[start:end], value)

    def test_wordings_of_a_goal_are_different_formulations(self) -> None:
        for goal in self.world.goals:
            keys = [sim_world.key(wording.text) for wording in goal.wordings]
            self.assertEqual(len(set(keys)), len(keys))
            self.assertGreaterEqual(len(keys), 3)

    def test_values_are_exchanged_only_beside_a_word_they_were_seen_with(self) -> None:
        def wording(text: str, value: str) -> sim_world.Wording:
            start = text.index(value)
            slot = ("thing", value, start, start + len(value))
            return sim_world.Wording(text, (slot,), "take")

        apple = wording("take an apple now", "apple")
        pear = wording("fetch a pear today", "pear")
        plum = wording("grab a plum later", "plum")
        templates = sim_world.Templates([apple, pear, plum])
        made = {filled.text for filled in templates.filled(pear)}
        self.assertEqual(made, {"fetch a pear today", "grab a pear later"})

    def test_spaces_between_thai_letters_go_and_slots_move_along(self) -> None:
        text = "ไฟ สี แดง ab"
        slots = (("color", "สี แดง", 3, 9),)
        joined, moved = sim_world.without_spaces(text, slots)
        self.assertEqual(joined, "ไฟสีแดง ab")
        self.assertEqual(moved, (("color", "สีแดง", 2, 7),))

    def test_a_near_miss_has_the_same_shape_and_another_value(self) -> None:
        self.assertTrue(self.world.neighbours)
        for name, others in self.world.neighbours.items():
            for other in others:
                self.assertNotEqual(other.name, name)
                self.assertEqual(other.intent, name.split("|")[0])


class Noise(unittest.TestCase):
    def test_confusions_are_those_of_the_alignment(self) -> None:
        pairs = [("switch the lamp on", "switch the lump on"), ("what's up", "whats up")]
        confusions = sim_noise.Confusions(pairs)
        self.assertEqual(confusions.heard, {"lamp": [("lump", 1)]})
        self.assertEqual(confusions.rate, 0.5)

    def test_a_confused_word_is_heard_as_it_was(self) -> None:
        confusions = sim_noise.Confusions([("the lamp", "the lump")])
        hearing = sim_noise.Hearing("en-US", ["the lamp"], confusions, SEED)
        self.assertEqual(hearing.variants("lamp on"), ["lump on"])

    def test_letters_keep_their_marks(self) -> None:
        letters = sim_noise.Letters.split("กำลังไฟ")
        self.assertEqual("".join(letters), "กำลังไฟ")
        self.assertIn("ลั", letters)

    def test_the_share_of_mishearings_is_the_rate(self) -> None:
        confusions = sim_noise.Confusions(())
        hearing = sim_noise.Hearing("de-DE", ["licht aus", "zu dunkel"], confusions, SEED)
        rng = random.Random(SEED)
        spoilt = sum(hearing.hear("licht bitte aus", rng) != "licht bitte aus" for _ in range(4000))
        self.assertAlmostEqual(spoilt / 4000, sim_noise.DEFAULT_RATE, delta=0.03)


class Nlu(WithWorld):
    def test_with_all_labels_it_understands_what_it_was_taught(self) -> None:
        nlu = sim_nlu.SmallNlu(self.world, SEED, 1.0, 1.0)
        taught = [row.wording for row in nlu.labelled]
        right = [nlu.predict(wording.text).goal == wording.goal for wording in taught]
        self.assertGreater(sum(right) / len(right), 0.95)

    def test_confidence_is_a_probability(self) -> None:
        nlu = sim_nlu.SmallNlu(self.world, SEED, 0.5)
        for text in ("switch on the attic lamp", "qqqq", "kettle"):
            self.assertTrue(0.0 < nlu.predict(text).confidence <= 1.0)

    def test_the_longest_value_wins(self) -> None:
        def row(text: str, value: str) -> sim_world.Wording:
            at = text.index(value)
            return sim_world.Wording(text, (("x", value, at, at + len(value)),), "i")

        known = [row("to new york", "new york"), row("to york", "york")]
        catalogue = sim_nlu.Catalogue(known, True, random.Random(SEED), 1.0)
        self.assertEqual(catalogue.find("go to new york", "i"), (("x", "new york", 6, 14),))


class Log(WithWorld):
    def test_the_same_seed_gives_the_same_log_and_another_one_does_not(self) -> None:
        first, second = events_of(self.simulation()), events_of(self.simulation())
        self.assertEqual(first, second)
        self.assertNotEqual(first, events_of(self.simulation(seed=SEED + 1)))

    def test_events_are_in_the_order_of_time_and_complete(self) -> None:
        events = events_of(self.simulation())
        times = [event["ts"] for event in events]
        self.assertEqual(times, sorted(times))
        self.assertEqual(len({event["event_id"] for event in events}), len(events))
        for event in events:
            for slot in event["nlu"]["slots"] if "nlu" in event else ():
                if "start" in slot:
                    said = event["utterance"][slot["start"] : slot["end"]]
                    self.assertEqual(said, slot["value"])

    def test_without_wrong_outcomes_success_means_understood(self) -> None:
        for event in events_of(self.simulation(wrong_outcomes=0.0)):
            logged = event["outcome"]["status"] == "success"
            self.assertEqual(logged, event["truth"]["understood"])

    def test_the_share_of_wrong_outcomes_is_the_one_asked_for(self) -> None:
        events = events_of(self.simulation(users=200, wrong_outcomes=0.1))
        wrong = sum(
            (event["outcome"]["status"] == "success") != event["truth"]["understood"]
            for event in events
        )
        self.assertAlmostEqual(wrong / len(events), 0.1, delta=0.02)

    def test_without_topic_changes_nobody_leaves_a_wish_for_another(self) -> None:
        habits = sim_users.Habits(topic_change=0.0, give_up=0.0, another=0.0, most_tries=1)
        talk = sim_users.Conversation(self.simulation(habits=habits).users[0], random.Random(SEED))
        wishes = set()
        while said := talk.say():
            wishes.add(said.wish)
            talk.take(sim_nlu.Reading("", (), 0.0), False)
        self.assertEqual(wishes, {1})

    def test_a_user_tries_again_at_most_as_often_as_patience_lasts(self) -> None:
        simulation = self.simulation()
        for number in range(200):
            talk = sim_users.Conversation(simulation.users[number % 40], random.Random(number))
            turns = 0
            while talk.say():
                talk.take(sim_nlu.Reading("", (), 0.0), False)
                turns += 1
            self.assertLess(turns, 100)

    def test_drift_changes_what_is_popular(self) -> None:
        still, moving = self.simulation(), self.simulation(drift=True)
        before = [goal.name for goal in moving.people.goals]
        for simulation in (still, moving):
            simulation.people.turn_week(1)
        self.assertEqual([goal.name for goal in still.people.goals], before)
        self.assertNotEqual([goal.name for goal in moving.people.goals], before)

    def test_a_rewrite_is_applied_or_held_out_and_counted(self) -> None:
        works, fails = ["kettle please"], ["boil water"]

        class OneWord:
            def predict(self, text: str) -> sim_nlu.Reading:
                return sim_nlu.Reading("kettle_start" if "kettle" in text else "", (), 0.9)

        simulation = self.simulation(users=300)
        simulation.assistant.retrain(OneWord())
        simulation.assistant.use({fails[0]: works[0]})
        marked = [event for event in events_of(simulation) if "rewrite" in event]
        arms = {event["rewrite"]["arm"] for event in marked}
        self.assertEqual(arms, {"treated", "holdout"})
        for event in marked:
            wanted = works[0] if event["rewrite"]["arm"] == "treated" else fails[0]
            self.assertEqual(event["utterance"], wanted)
            self.assertEqual(event["rewrite"]["from"], fails[0])
            held_out = sim_log.in_holdout(event["user_id"])
            self.assertEqual(held_out, event["rewrite"]["arm"] == "holdout")
        counts = simulation.total()
        self.assertEqual(counts["won"], counts["treated"])
        self.assertEqual(counts["lost"], 0)

    def test_a_canary_is_said_by_its_user_alone(self) -> None:
        simulation = self.simulation(users=60, canaries=20, weeks=4)
        events = events_of(simulation)
        said: set[str] = set()
        for user, word in simulation.truth.canaries.items():
            by = {event["user_id"] for event in events if word in event["utterance"]}
            self.assertLessEqual(by, {user})
            said |= by
        self.assertTrue(said)

    def test_any_nlu_can_take_the_place_of_the_small_one(self) -> None:
        class Deaf:
            def predict(self, text: str) -> sim_nlu.Reading:
                return sim_nlu.Reading("", (), 0.0)

        simulation = self.simulation()
        simulation.assistant.retrain(Deaf())
        understood = [event["truth"]["understood"] for event in events_of(simulation)]
        # Only what is understood from its context, and control words.
        self.assertLess(sum(understood), len(understood) / 10)


class Truth(WithWorld):
    def said(self, text: str, goal: str, kind: str = "request") -> sim_users.Said:
        return sim_users.Said(sim_world.Wording(text, (), goal), goal, kind, 1000, 1)

    def rows(self, book: sim_truth.TruthBook, kind: str) -> list[dict[str, Any]]:
        return [row for row in book.rows() if row["kind"] == kind]

    def test_support_counts_distinct_users_within_reach(self) -> None:
        book = sim_truth.TruthBook(self.world, 1)
        goal = "kettle_start"
        for user, gap in (("a", 5_000), ("a", 5_000), ("b", 90_000), ("c", 90_001)):
            book.open_session()
            book.add(user, 0, self.said("boil water", goal), "Boil water", False)
            later = self.said("kettle please", goal, "rephrase")
            book.add(user, gap, later, "kettle please", user == "a")
        (pair,) = self.rows(book, "pair")
        self.assertEqual((pair["source"], pair["target"]), ("boil water", "kettle please"))
        self.assertEqual((pair["users"], pair["worked"]), (2, 1))

    def test_another_goal_a_value_alone_and_four_turns_are_no_support(self) -> None:
        book = sim_truth.TruthBook(self.world, 1)
        book.open_session()
        book.add("a", 0, self.said("boil water", "kettle_start"), "boil water", False)
        book.add("a", 1, self.said("light up the hall", "lamp_on"), "light up the hall", False)
        book.add("a", 2, self.said("hall", "kettle_start", "value"), "hall", True)
        book.add("a", 3, self.said("light up the hall", "lamp_on"), "light up the hall", False)
        book.add("a", 4, self.said("kettle please", "kettle_start"), "kettle please", True)
        self.assertEqual(self.rows(book, "pair"), [])
        self.assertEqual(book.meanings("hall"), set())

    def test_a_mishearing_means_what_two_thirds_had_in_mind(self) -> None:
        book = sim_truth.TruthBook(self.world, 1)
        for user, goal in (("a", "kettle_start"), ("b", "kettle_start"), ("c", "lamp_on")):
            book.add(user, 0, self.said("boil water", goal), "oil water", True)
        self.assertEqual(book.meanings("oil water"), {"kettle_start"})
        book.add("d", 0, self.said("boil water", "lamp_on"), "oil water", True)
        self.assertEqual(book.meanings("oil water"), set())


class Command(WithWorld):
    def run_it(self, folder: Path, *words: str) -> tuple[int, bytes, list[dict[str, Any]]]:
        log, truth = folder / "log.jsonl.gz", folder / "truth.jsonl"
        argv = ["simulate.py", "--data", str(self.data), "--users", "30", "--weeks", "2"]
        argv += ["--labelled", "0.3", "--out", str(log), "--truth", str(truth), *words]
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stderr(io.StringIO()):
            code = simulate.main()
        rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
        return code, log.read_bytes(), rows

    def test_the_files_are_the_same_again(self) -> None:
        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            self.assertEqual(self.run_it(Path(a)), self.run_it(Path(b)))

    def test_every_event_has_its_truth(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            _, packed, rows = self.run_it(Path(name))
        events = [json.loads(line)["event_id"] for line in gzip.decompress(packed).splitlines()]
        self.assertEqual(events, [row["event_id"] for row in rows if row["kind"] == "event"])
        kinds = {"event", "week", "formulation"}
        self.assertLessEqual(kinds, {row["kind"] for row in rows})

    def test_a_command_is_asked_for_rewrites_after_every_week_but_the_last(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            script = folder / "learn.py"
            script.write_text(
                "import sys\n"
                "log, week, asked = sys.argv[1:]\n"
                "lines = sum(1 for _ in open(log))\n"
                "open(asked, 'a').write(f'{week} {lines > 0}\\n')\n"
            )
            command = f"{sys.executable} {script} {{log}} {{week}} {folder / 'asked'}"
            self.run_it(folder, "--rewrites-command", command, "--weeks", "3")
            self.assertEqual((folder / "asked").read_text(), "1 True\n2 True\n")

    def test_only_promoted_rewrites_are_applied(self) -> None:
        row = {
            "locale": "en-US",
            "source": "Boil water",
            "target": "kettle",
            "direction": "rewrite",
        }
        lines = [
            json.dumps(row | {"status": "promoted", "users": 6}),
            json.dumps(row | {"status": "promoted", "users": 5, "target": "toaster"}),
            json.dumps(row | {"status": "pending", "source": "x"}),
            json.dumps(row | {"status": "promoted", "direction": "synonym", "source": "y"}),
        ]
        self.assertEqual(simulate.read_rewrites(lines), {"en-US": {"boil water": "kettle"}})

    def test_without_the_data_it_skips(self) -> None:
        argv = ["simulate.py", "--data", "/nonexistent", "--out", "x", "--truth", "y"]
        told = io.StringIO()
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stderr(told):
            self.assertEqual(simulate.main(), 77)
        self.assertIn("SKIP", told.getvalue())


@unittest.skipUnless((DATA / "massive").is_dir(), "SKIP: ../shared/data not present")
class RealData(unittest.TestCase):
    def test_every_locale_has_goals_that_can_be_learnt(self) -> None:
        for locale in ("en-US", "th-TH", "ar-SA"):
            world = sim_world.build_world(DATA, locale, SEED, 40, 8)
            nlu = sim_nlu.SmallNlu(world, SEED)
            right = [
                [nlu.predict(wording.text).goal == goal.name for wording in goal.wordings]
                for goal in world.goals
            ]
            self.assertEqual(len(world.goals), 40)
            mixed = sum(any(some) and not all(some) for some in right)
            self.assertGreater(mixed, 15, locale)


if __name__ == "__main__":
    unittest.main()
